//! What a person owes for a seat that was just given: an order and, unless it was settled outside, its first attempt.
//! The payment itself is made by the outbox a moment later.

use super::app::App;
use super::hear::webhook_url;
use super::units::house_environment;
use crate::domain::attempt::{Attempt, AttemptState};
use crate::domain::charge::Charge;
use crate::domain::effect::{Effect, EffectKind, provider_key};
use crate::domain::ids::{AttemptId, OrderId, Reference, SalesUnitId};
use crate::domain::money::Money;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::registration::{Registration, Status};
use crate::domain::sales_unit::Provider;
use crate::domain::snapshot::Amounts;
use crate::store::{EventTx, Stop, StoreError};
use crate::vipps::{Approach, NewPayment};

/// Saves the order and the first attempt of a seat that awaits payment.
pub(super) fn owe(app: &App, tx: &mut EventTx<'_>, registration: &Registration) -> Result<Option<Order>, Stop> {
    let (Some(price), Status::AwaitingPayment { payment_expiredate }) = (price(tx), registration.status) else {
        return Ok(None);
    };
    let mut order = new_order(app, tx, registration, price)?;
    order.check_at = Some(payment_expiredate);
    tx.insert_order(&order)?;
    plan_attempt(app, tx, &order, Approach::Web)?;
    Ok(Some(order))
}

/// Saves the order of a seat that was paid outside the provider.
pub(super) fn record_sale(app: &App, tx: &mut EventTx<'_>, registration: &Registration) -> Result<Option<Order>, Stop> {
    let Some(price) = price(tx) else { return Ok(None) };
    let mut order = new_order(app, tx, registration, price)?;
    order.sale = true;
    order.status = OrderStatus::Sale;
    tx.insert_order(&order)?;
    Ok(Some(order))
}

fn price(tx: &EventTx<'_>) -> Option<Money> {
    tx.event().details.paid_information.as_ref().map(|paid| paid.price)
}

fn new_order(app: &App, tx: &mut EventTx<'_>, registration: &Registration, price: Money) -> Result<Order, StoreError> {
    let payee = tx.payee()?;
    let environment = payee.environment.unwrap_or_else(|| house_environment(app));
    Ok(Order {
        id: OrderId(app.clock.id()),
        registration_id: registration.id,
        event_id: registration.event_id,
        user_id: registration.user_id,
        price,
        sales_unit: payee.unit,
        test_mode: environment.is_test_mode(),
        status: OrderStatus::Initiate,
        pay_token: app.keys.new_pay_token().map_err(|cause| StoreError::Corrupt(cause.to_string()))?,
        sale: false,
        give_back_all: false,
        needs_attention: None,
        settled_elsewhere: None,
        check_at: None,
        bells: 0,
        bells_heard: 0,
        looked_at: None,
        look_failures: 0,
        created_at: tx.now(),
    })
}

/// Saves a new attempt and enqueues its create. While another attempt of the person at this event can take money, the
/// new one only waits: whoever ends the old one starts it.
pub(super) fn plan_attempt(
    app: &App,
    tx: &mut EventTx<'_>,
    order: &Order,
    approach: Approach,
) -> Result<Attempt, Stop> {
    let attempt = new_attempt(app, tx, order, approach)?;
    tx.insert_attempt(&attempt)?;
    if !attempt.is_before_its_press() && !tx.has_live_attempt(order.event_id, order.user_id)? {
        tx.enqueue(order.id, &[Effect::Create(attempt.id)])?;
    }
    Ok(attempt)
}

fn new_attempt(app: &App, tx: &mut EventTx<'_>, order: &Order, approach: Approach) -> Result<Attempt, StoreError> {
    let (id, flow) = (app.clock.id(), approach.flow());
    let reference = Reference::of(&app.settings.vipps.reference_prefix, AttemptId(id));
    let unit = order.sales_unit;
    let contracted = if unit == SalesUnitId::HOUSE { None } else { tx.sales_unit(unit)? };
    let provider = contracted.as_ref().map_or(Provider::VippsEpayment, |(_, agreement)| agreement.provider);
    let payment = NewPayment {
        reference: reference.clone(),
        price: order.price,
        description: tx.event().details.title.clone(),
        approach,
        return_url: format!("{}/pay/{}/return", app.settings.public_url, order.pay_token),
        merchant_serial_number: contracted.map(|(unit, _)| unit.merchant_serial_number).unwrap_or_default(),
        callback_prefix: webhook_url(app, unit),
        payer: order.user_id,
    };
    let request_body = match unit {
        SalesUnitId::HOUSE => app.vipps.compose(&payment),
        _ => app.units.compose(provider, &payment),
    };
    Ok(Attempt {
        id: AttemptId(id),
        order_id: order.id,
        event_id: order.event_id,
        user_id: order.user_id,
        provider,
        flow,
        reference,
        provider_id: None,
        state: AttemptState::Planned,
        request_body,
        create_key: provider_key(EffectKind::Create, id, None),
        redirect_url: None,
        create_ended_at: None,
        session_began_at: None,
        opened_at: None,
        giving_up: false,
        paced_until: None,
        amounts: Amounts::default(),
        created_at: tx.now(),
        charge: Charge::default(),
    })
}
