//! Cards on file: a member registers one on the provider's own page, comes back, and the card is attached to him there.
//! No number of a card ever reaches us; the token of the page is kept sealed until the registration has ended.

use chrono::TimeDelta;
use tracing::{info, warn};

use super::app::App;
use super::charge::{payable, return_url};
use super::pay::NoPayment;
use super::units::provider_of;
use crate::domain::charge::customer_reference;
use crate::domain::ids::{AgreementId, SalesUnitId};
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::domain::sales_unit::Provider;
use crate::keys::Purpose;
use crate::store::cards::{CardOnFile, CardPageKept};
use crate::store::{Stop, StoreError};
use crate::vipps::{CardOutcome, NewCustomer, ProviderError};

/// A page that was opened longer ago is not asked about any more.
const PAGE_LIFE: TimeDelta = TimeDelta::days(1);

/// What is known of the card of whoever owes an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    /// There is none yet.
    None,
    /// The person went to register one and is not done, as far as the provider says.
    BeingRegistered,
    /// A press charges it.
    OnFile,
}

/// The provider that a sales unit is with.
pub async fn provider_of_unit(app: &App, unit: SalesUnitId) -> Result<Provider, Stop> {
    if unit == SalesUnitId::HOUSE {
        return Ok(Provider::VippsEpayment);
    }
    let found = app.store.read(move |tx| Ok(tx.sales_unit(unit)?)).await?;
    Ok(found.map_or(Provider::VippsEpayment, |(_, agreement)| agreement.provider))
}

async fn kept(app: &App, order: &Order) -> Result<(AgreementId, CardOnFile), Stop> {
    let (unit, user) = (order.sales_unit, order.user_id);
    app.store
        .read(move |tx| {
            let (_, agreement) = tx.sales_unit(unit)?.ok_or(Refusal::NotFound)?;
            Ok((agreement.id, tx.card(user, agreement.id)?))
        })
        .await
}

/// How it stands with the card of whoever owes this order. While one is being registered the provider is asked, and
/// what it says is kept; without an answer nothing has changed.
pub async fn card_of(app: &App, order: &Order) -> Result<Card, Stop> {
    let (agreement, known) = kept(app, order).await?;
    let on_file = |attached: bool| if attached { Card::OnFile } else { Card::None };
    let Some(page) = known.page else { return Ok(on_file(known.attached_at.is_some())) };
    let outcome = outcome_of(app, order, &page).await?;
    let attached_at = match outcome {
        CardOutcome::Waiting if known.attached_at.is_some() => return Ok(Card::OnFile),
        CardOutcome::Waiting => return Ok(Card::BeingRegistered),
        CardOutcome::Attached => Some(app.clock.now()),
        CardOutcome::Failed => None,
    };
    let user = order.user_id;
    app.store.change(move |tx| Ok(tx.end_card_page(user, agreement, &page, attached_at)?)).await?;
    info!(%agreement, attached = attached_at.is_some(), "the registration of a card has ended");
    Ok(on_file(attached_at.or(known.attached_at).is_some()))
}

async fn outcome_of(app: &App, order: &Order, page: &CardPageKept) -> Result<CardOutcome, Stop> {
    let token = app.keys.open(&page.key_id, &page.sealed, Purpose::CardPage).ok();
    let token = token.and_then(|bytes| String::from_utf8(bytes).ok());
    let is_fresh = app.clock.now() - page.opened_at < PAGE_LIFE;
    let Some(token) = token.filter(|_| is_fresh) else { return Ok(CardOutcome::Failed) };
    let provider = provider_of(app, order.sales_unit).await?;
    match provider.take_card(&customer_reference(order.user_id), &token).await {
        Ok(outcome) => Ok(outcome),
        Err(error) => {
            warn!(%error, "the provider did not say what came of registering a card");
            Ok(CardOutcome::Waiting)
        }
    }
}

/// Opens the provider's page on which a card is registered; answers where it is.
pub(super) async fn open_page(app: &App, order: &Order) -> Result<String, NoPayment> {
    let (user, unit) = (order.user_id, order.sales_unit);
    let (profile, agreement) = app
        .store
        .read(move |tx| {
            let (_, agreement) = tx.sales_unit(unit)?.ok_or(Refusal::NotFound)?;
            let user = tx.user_by_id(user)?.ok_or(Refusal::NotFound)?;
            Ok((user.profile, agreement.id))
        })
        .await?;
    let customer = NewCustomer {
        reference: customer_reference(user),
        email: profile.email,
        first_name: profile.first_name,
        last_name: profile.last_name,
    };
    let provider = provider_of(app, unit).await?;
    let page = provider.open_card_page(&customer, &return_url(app, order)).await.map_err(no_page)?;
    let sealed = app.keys.seal(page.token.as_bytes(), Purpose::CardPage);
    let sealed = sealed.map_err(|cause| Stop::from(StoreError::Corrupt(cause.to_string())))?;
    let kept = CardPageKept { sealed, key_id: app.keys.key_id().to_owned(), opened_at: app.clock.now() };
    app.store.change(move |tx| Ok(tx.keep_card_page(user, agreement, &kept)?)).await?;
    Ok(page.url)
}

/// Lets a member register another card, while an order can be paid over it.
pub async fn register_another(app: &App, order: &Order) -> Result<String, NoPayment> {
    if !provider_of_unit(app, order.sales_unit).await?.charges_stored_cards() {
        return Err(Refusal::NotFound.into());
    }
    let id = order.id;
    app.store.write(order.event_id, move |tx| payable(tx, id).map(|_case| ())).await?;
    open_page(app, order).await
}

fn no_page(error: ProviderError) -> NoPayment {
    warn!(%error, "the provider opened no page for a card");
    NoPayment::ProviderUnavailable
}
