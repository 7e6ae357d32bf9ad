//! The provider's own log of an order beside ours: what it says happened, and what the ledger holds. Asked now, written
//! nowhere; whatever differs is booked by the looks.

use std::collections::BTreeSet;

use super::app::App;
use super::pay::NoPayment;
use super::units::provider_of;
use crate::domain::attempt::Attempt;
use crate::domain::ids::OrderId;
use crate::domain::ledger::{LogLine, MovementKind, as_booked, movements};
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;
use crate::store::ledger::LedgerLine;

/// Both logs of one payment.
#[derive(Clone, Debug)]
pub struct BothLogs {
    /// The payment.
    pub attempt: Attempt,
    /// What the provider says; empty when it does not know the payment.
    pub provider: Vec<LogLine>,
    /// What the ledger holds.
    pub ledger: Vec<LedgerLine>,
    /// True when every amount that moved stands in both.
    pub agree: bool,
}

/// Both logs of each of the order's payments, oldest first. Without an answer of the provider there is nothing to show.
pub async fn read_logs(app: &App, order: OrderId) -> Result<Vec<BothLogs>, NoPayment> {
    let (order, attempts, mut lines) = app
        .store
        .read(move |tx| {
            let found = tx.order_by_id(order)?.ok_or(Refusal::NotFound)?;
            Ok((found, tx.attempts_of_order(order)?, tx.ledger_of_orders(&[order])?))
        })
        .await?;
    let vipps = provider_of(app, order.sales_unit).await?;
    let mut both = Vec::new();
    for attempt in attempts {
        let unanswered = |_error| NoPayment::ProviderUnavailable;
        let provider = match vipps.get(&attempt.payment()).await.map_err(unanswered)? {
            Some(_) => as_booked(attempt.provider, vipps.events(&attempt.payment()).await.map_err(unanswered)?),
            None => Vec::new(),
        };
        let ledger: Vec<LedgerLine> = lines.extract_if(.., |line| line.attempt == attempt.id).collect();
        let agree = do_agree(&provider, &ledger, order.price);
        both.push(BothLogs { attempt, provider, ledger, agree });
    }
    Ok(both)
}

fn do_agree(provider: &[LogLine], ledger: &[LedgerLine], price: Money) -> bool {
    type Moved = BTreeSet<(&'static str, i64, String)>;
    let of = |kind: MovementKind, amount: i64, event: &str| (kind.word(), amount, event.to_owned());
    let there: Moved =
        movements(provider, price).iter().map(|one| of(one.kind, one.amount.0, &one.provider_event)).collect();
    let here: Moved = ledger.iter().map(|line| of(line.kind, line.amount.amount.0, &line.provider_event)).collect();
    there == here
}
