//! The provider's own log of an order beside ours: what it says happened, and what the ledger holds. Asked now, written
//! nowhere; whatever differs is booked by the looks.

use tracing::info;

use super::app::App;
use super::pay::NoPayment;
use super::units::provider_of;
use crate::domain::attempt::Attempt;
use crate::domain::beside::{Line, beside, do_agree};
use crate::domain::ids::OrderId;
use crate::domain::ledger::{LogLine, Movement, as_booked};
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;
use crate::store::Stop;
use crate::store::ledger::LedgerLine;
use crate::vipps::PaymentProvider;

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

/// Our log of one payment, and the provider's if it answered.
#[derive(Clone, Debug)]
pub struct OurLog {
    /// The payment.
    pub attempt: Attempt,
    /// The price of its order.
    pub price: Money,
    /// What the provider says, line by line; empty when it did not answer.
    pub provider: Option<Vec<LogLine>>,
    /// What the ledger holds.
    pub ledger: Vec<LedgerLine>,
}

impl OurLog {
    /// Both in one, as it happened.
    pub fn beside(&self) -> Vec<Line> {
        let booked = self.ledger.iter().map(|line| Movement {
            kind: line.kind,
            amount: line.amount.amount,
            at: line.happened_at,
            provider_event: line.provider_event.clone(),
            provider_key: line.provider_key.clone(),
            elsewhere: line.elsewhere,
        });
        beside(self.provider.as_deref(), &booked.collect::<Vec<_>>(), self.price)
    }
}

/// Both logs of each of the order's payments, oldest first. Without an answer of the provider there is nothing to show.
pub async fn read_logs(app: &App, order: OrderId) -> Result<Vec<BothLogs>, NoPayment> {
    let both = |log: OurLog| {
        let agree = do_agree(&log.beside());
        let OurLog { attempt, price: _, provider, ledger } = log;
        let provider = provider.ok_or(NoPayment::ProviderUnavailable)?;
        Ok(BothLogs { attempt, provider, ledger, agree })
    };
    read_what_there_is(app, order).await?.into_iter().map(both).collect()
}

/// Our log of each of the order's payments, oldest first, with the provider's as far as it answers. Who did not answer
/// about one payment is not asked about the others: somebody waits.
pub async fn read_what_there_is(app: &App, order: OrderId) -> Result<Vec<OurLog>, Stop> {
    let (order, attempts, mut lines) = app
        .store
        .read(move |tx| {
            let found = tx.order_by_id(order)?.ok_or(Refusal::NotFound)?;
            Ok((found, tx.attempts_of_order(order)?, tx.ledger_of_orders(&[order])?))
        })
        .await?;
    let vipps = provider_of(app, order.sales_unit).await?;
    let (mut logs, mut answers) = (Vec::new(), true);
    for attempt in attempts {
        let provider = if answers { log_of(&*vipps, &attempt).await } else { None };
        answers = provider.is_some();
        let ledger: Vec<LedgerLine> = lines.extract_if(.., |line| line.attempt == attempt.id).collect();
        logs.push(OurLog { attempt, price: order.price, provider, ledger });
    }
    Ok(logs)
}

async fn log_of(provider: &dyn PaymentProvider, attempt: &Attempt) -> Option<Vec<LogLine>> {
    let payment = attempt.payment();
    let log = match provider.get(&payment).await {
        Ok(Some(_)) => provider.events(&payment).await,
        Ok(None) => Ok(Vec::new()),
        Err(error) => Err(error),
    };
    match log {
        Ok(log) => Some(as_booked(attempt.provider, log)),
        Err(error) => {
            info!(attempt = %attempt.id, %error, "the provider's log could not be read");
            None
        }
    }
}
