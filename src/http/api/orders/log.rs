//! The provider's own log of an order beside ours.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Serialize;
use utoipa::ToSchema;

use super::{no_payment, readable};
use crate::domain::ids::OrderId;
use crate::domain::ledger::LogLine;
use crate::domain::permission::{Permission, Scope};
use crate::flows::app::App;
use crate::flows::read_log::{BothLogs, read_logs};
use crate::http::Answered;
use crate::http::extract::Actor;
use crate::http::values::{Stamp, Sum};
use crate::http::words::{AttemptStateWord, CurrencyWord, MovementWord};
use crate::store::ledger::LedgerLine;

/// Both logs of each payment of an order.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderLog)]
pub(crate) struct OrderLogAnswer<'l> {
    /// The payments, oldest first.
    attempts: Vec<AttemptLogAnswer<'l>>,
}

/// Both logs of one payment.
#[derive(Serialize, ToSchema)]
#[schema(as = AttemptLog)]
struct AttemptLogAnswer<'l> {
    /// Its name at the provider.
    reference: &'l str,
    /// Where it stands here.
    #[schema(value_type = AttemptStateWord)]
    state: &'static str,
    /// True when every amount that moved stands in both logs.
    agree: bool,
    /// What the provider says, as it happened; empty when it does not know the payment.
    provider: Vec<ProviderLineAnswer<'l>>,
    /// What the ledger holds, as it happened.
    ledger: Vec<LedgerLineAnswer<'l>>,
}

/// One line of the provider's log.
#[derive(Serialize, ToSchema)]
#[schema(as = ProviderLogLine)]
struct ProviderLineAnswer<'l> {
    /// What happened, in the provider's own word.
    name: &'l str,
    /// The amount of this alone.
    amount: Sum,
    /// Its currency.
    #[schema(value_type = CurrencyWord)]
    currency: &'static str,
    /// When.
    happened_at: Stamp,
    /// The provider's id of it.
    transaction_id: &'l str,
    /// False when it failed and nothing moved.
    success: bool,
}

/// One line of the ledger.
#[derive(Serialize, ToSchema)]
#[schema(as = LedgerLogLine)]
struct LedgerLineAnswer<'l> {
    /// What the amount did.
    #[schema(value_type = MovementWord)]
    kind: &'static str,
    /// How much.
    amount: Sum,
    /// Its currency.
    #[schema(value_type = CurrencyWord)]
    currency: &'static str,
    /// When it happened, by the provider's clock.
    happened_at: Stamp,
    /// When it was written here.
    recorded_at: Stamp,
    /// The provider's id of it.
    transaction_id: &'l str,
    /// True when somebody moved it in the provider's portal.
    in_the_portal: bool,
}

fn write_provider_line(line: &LogLine) -> ProviderLineAnswer<'_> {
    ProviderLineAnswer {
        name: &line.name,
        amount: Sum(line.amount.amount),
        currency: line.amount.currency.code(),
        happened_at: Stamp(line.at),
        transaction_id: &line.psp_reference,
        success: line.success,
    }
}

fn write_ledger_line(line: &LedgerLine) -> LedgerLineAnswer<'_> {
    LedgerLineAnswer {
        kind: line.kind.word(),
        amount: Sum(line.amount.amount),
        currency: line.amount.currency.code(),
        happened_at: Stamp(line.happened_at),
        recorded_at: Stamp(line.recorded_at),
        transaction_id: &line.provider_event,
        in_the_portal: line.elsewhere,
    }
}

fn write_attempt(both: &BothLogs) -> AttemptLogAnswer<'_> {
    AttemptLogAnswer {
        reference: both.attempt.reference.as_str(),
        state: both.attempt.state.word(),
        agree: both.agree,
        provider: both.provider.iter().map(write_provider_line).collect(),
        ledger: both.ledger.iter().map(write_ledger_line).collect(),
    }
}

/// `GET /orders/{order_id}/log`.
pub(crate) async fn show(app: Data<App>, actor: Actor, id: Path<OrderId>) -> Answered {
    let found = readable(&app, &actor, *id).await?;
    actor.needs(Permission::OrdersRead, &Scope::EventsOf(found.organizer))?;
    let both = read_logs(&app, *id).await.map_err(no_payment)?;
    Ok(HttpResponse::Ok().json(OrderLogAnswer { attempts: both.iter().map(write_attempt).collect() }))
}
