//! What goes or went to payment providers, and where it stands.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::super::error::ApiError;
use super::super::extract::Actor;
use super::super::page::Page;
use super::super::values::{Stamp, Sum};
use super::super::words::{AttemptStateWord, CurrencyWord, OperationKindWord, OperationStateWord, ProviderWord};
use super::super::{Answered, written};
use crate::domain::effect::EffectKind;
use crate::domain::fault::Fault;
use crate::domain::ids::{EffectId, EventId, OrderId, SalesUnitId};
use crate::domain::operation::{KINDS, Operation, OperationState, kind_from_word};
use crate::domain::sales_unit::Provider;
use crate::flows::app::App;
use crate::flows::read_operations;
use crate::store::operations::OperationFilter;

/// The filters of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperationsQuery {
    state: Option<String>,
    kind: Option<String>,
    event_id: Option<EventId>,
    order_id: Option<OrderId>,
    sales_unit: Option<SalesUnitId>,
    provider: Option<String>,
}

impl OperationsQuery {
    fn filter(&self) -> Result<OperationFilter, ApiError> {
        let word = |name: &str, known: Vec<&'static str>| ApiError::bad_query(name, Fault::NoneOf(known));
        let state = self.state.as_deref().map(|text| {
            let known = || OperationState::ALL.map(OperationState::word).to_vec();
            OperationState::from_word(text).ok_or_else(|| word("state", known()))
        });
        let kind = self
            .kind
            .as_deref()
            .map(|text| kind_from_word(text).ok_or_else(|| word("kind", KINDS.map(EffectKind::word).to_vec())));
        let provider = self.provider.as_deref().map(|text| {
            let known = || Provider::ALL.map(Provider::word).to_vec();
            Provider::from_word(text).ok_or_else(|| word("provider", known()))
        });
        Ok(OperationFilter {
            state: state.transpose()?,
            kind: kind.transpose()?,
            event: self.event_id,
            order: self.order_id,
            sales_unit: self.sales_unit,
            provider: provider.transpose()?,
            organizers: None,
        })
    }
}

/// One thing that goes or went to a payment provider.
#[derive(Serialize, ToSchema)]
#[schema(as = ProviderOperation)]
pub(crate) struct OperationAnswer<'o> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    operation_id: EffectId,
    /// What is done.
    #[schema(value_type = OperationKindWord)]
    kind: &'static str,
    /// Where it stands.
    #[schema(value_type = OperationStateWord)]
    state: &'static str,
    /// How much it is about; null for the end of a payment that nobody approved.
    #[schema(required)]
    amount: Option<Sum>,
    /// The currency of the order.
    #[schema(value_type = CurrencyWord)]
    currency: &'static str,
    /// The order.
    #[schema(value_type = uuid::Uuid)]
    order_id: OrderId,
    /// The event.
    #[schema(value_type = uuid::Uuid)]
    event_id: EventId,
    /// What the event is called.
    event_title: &'o str,
    /// The slug of the group that organizes it.
    organizer: &'o str,
    /// The sales unit.
    #[schema(value_type = uuid::Uuid)]
    sales_unit: SalesUnitId,
    /// The provider.
    #[schema(value_type = ProviderWord)]
    provider: &'static str,
    /// The payment's name at the provider.
    reference: &'o str,
    /// Where that payment stands by now.
    #[schema(value_type = AttemptStateWord)]
    payment_state: &'static str,
    /// True when no money is real.
    test_mode: bool,
    /// When it was first wanted.
    wanted_at: Stamp,
    /// How many calls were made; null for what is from before they were counted.
    #[schema(required, minimum = 0)]
    tries: Option<i64>,
    /// When it is tried next; null when it will not be.
    #[schema(required)]
    next_try_at: Option<Stamp>,
    /// When it ended, or was put aside for a person; null before.
    #[schema(required)]
    ended_at: Option<Stamp>,
}

fn write_operation(operation: &Operation) -> Value {
    written(&OperationAnswer {
        operation_id: operation.id,
        kind: operation.kind.word(),
        state: operation.state.word(),
        amount: operation.amount.map(Sum),
        currency: operation.currency.code(),
        order_id: operation.order,
        event_id: operation.event,
        event_title: &operation.event_title,
        organizer: &operation.organizer,
        sales_unit: operation.sales_unit,
        provider: operation.provider.word(),
        reference: &operation.reference,
        payment_state: operation.attempt.word(),
        test_mode: operation.test_mode,
        wanted_at: Stamp(operation.wanted_at),
        tries: operation.tries,
        next_try_at: operation.next_try_at.map(Stamp),
        ended_at: operation.ended_at.map(Stamp),
    })
}

/// `GET /provider-operations`.
pub(crate) async fn list(app: Data<App>, actor: Actor, page: Page<OperationsQuery>) -> Answered {
    let (filter, after) = (page.filter.filter()?, page.after()?);
    let found = read_operations::operations(&app, actor.standing(), filter, after, page.fetch()).await?;
    Ok(page.answer(found.rows, write_operation, |operation| (operation.wanted_at.timestamp_millis(), operation.id)))
}
