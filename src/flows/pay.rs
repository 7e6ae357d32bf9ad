//! A click on "pay": hand out a session that is fresh, or end the old one and start another. Only one session of a
//! person at an event can ever take money; no HTTP request makes one, the outbox does.

use std::time::Duration;

use chrono::TimeDelta;

use super::app::App;
use super::cards::provider_of_unit;
use super::charge;
use super::look::{Looked, look_now};
use super::open_case::{OpenCase, is_payable};
use super::owe;
use crate::clock::Timestamp;
use crate::domain::attempt::{ATTEMPTS_PER_HOUR_MAX, Attempt, AttemptState, SESSION_FRESH};
use crate::domain::ids::{AttemptId, OrderId};
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::domain::registration::{EndedReason, Status};
use crate::domain::settlement::Case;
use crate::domain::trail::{Cause, Happening};
use crate::store::trail::ActedBy;
use crate::store::{EventTx, Stop};
use crate::vipps::Approach;

/// How long a click waits before the person is told "one moment".
const PATIENCE: Duration = Duration::from_secs(5);

/// Why no payment was opened.
#[derive(Debug, thiserror::Error)]
pub enum NoPayment {
    /// A polite no, or trouble with the database.
    #[error(transparent)]
    Stop(#[from] Stop),
    /// The provider did not answer in time; nothing is lost.
    #[error("the payment provider does not answer right now")]
    ProviderUnavailable,
}

impl From<Refusal> for NoPayment {
    fn from(refusal: Refusal) -> Self {
        Self::Stop(refusal.into())
    }
}

/// What a click can do at this moment.
enum Step {
    /// Send the person there.
    Open(String),
    /// Ask the provider first: the session was opened a moment ago.
    Ask(AttemptId),
    /// Wait for the outbox.
    Wait {
        /// How often its calls failed so far.
        vain_tries: i64,
    },
    /// A new attempt was planned; wait for the outbox.
    Planned,
    /// What was planned for another way is gone: begin anew.
    Again,
    /// The outbox may not try again so soon, or the attempt of this very click was refused.
    TooSoon,
}

/// What a click has done so far.
#[derive(Clone, Copy)]
struct Click {
    /// How the payer wants to come to it.
    way: Way,
    /// The session about which the provider was asked.
    asked: Option<AttemptId>,
    /// True once it has planned an attempt. It plans no second one: a provider that refuses would be asked ten times.
    planned: bool,
}

/// How a payer wants to come to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Through the provider's page.
    Page,
    /// With a phone that scans a code on this screen.
    Code,
}

impl Way {
    fn approach(self) -> Approach {
        match self {
            Self::Page => Approach::Web,
            Self::Code => Approach::Qr,
        }
    }
}

/// Opens a payment for an order; answers where the person approves it, or what the code says that the phone scans.
pub async fn pay(app: &App, order: OrderId, way: Way, by: ActedBy) -> Result<String, NoPayment> {
    let found = app.store.read(move |tx| Ok(tx.order_by_id(order)?)).await?.ok_or(Refusal::NotFound)?;
    let provider = provider_of_unit(app, found.sales_unit).await?;
    if way == Way::Code && !provider.is_at_the_door() {
        return Err(Refusal::DoorNotAvailable.into());
    }
    if provider.charges_stored_cards() {
        return charge::press(app, &found, by).await;
    }
    let event = found.event_id;
    let watch = app.clock.stopwatch();
    let mut done = app.signals.watch();
    let mut click = Click { way, asked: None, planned: false };
    let mut vain_before = None;
    loop {
        done.borrow_and_update();
        let house = app.clone();
        let step = app.store.write(event, move |tx| next_step(&house, tx, order, click, by)).await?;
        app.signals.work_saved();
        let left = PATIENCE.checked_sub(watch.elapsed()).ok_or(NoPayment::ProviderUnavailable)?;
        match step {
            Step::Open(url) => return Ok(url),
            Step::TooSoon => return Err(NoPayment::ProviderUnavailable),
            Step::Ask(attempt) => match look_now(app, order, left).await? {
                Looked::Answered => click.asked = Some(attempt),
                Looked::Unanswered | Looked::NotDue => return Err(NoPayment::ProviderUnavailable),
            },
            Step::Planned => click.planned = true,
            Step::Again => {}
            Step::Wait { vain_tries } => {
                if vain_tries > *vain_before.get_or_insert(vain_tries) {
                    return Err(NoPayment::ProviderUnavailable);
                }
                // Another process may be the one that works: its end is not announced here.
                let pause = left.min(Duration::from_millis(500));
                if tokio::time::timeout(pause, done.changed()).await.is_err() && pause == left {
                    return Err(NoPayment::ProviderUnavailable);
                }
                rest_if_rung(app).await?;
            }
        }
    }
}

/// A look that answers a bell may be held back by the pace of questions; the click waits it out.
async fn rest_if_rung(app: &App) -> Result<(), Stop> {
    let next = app.store.read(|tx| Ok(tx.next_rung_look_at()?)).await?;
    let now = app.clock.now();
    if let Some(at) = next.filter(|at| *at > now && *at - now <= TimeDelta::seconds(1)) {
        app.clock.sleep_until(at).await;
        app.signals.work_saved();
    }
    Ok(())
}

fn next_step(app: &App, tx: &mut EventTx<'_>, order: OrderId, click: Click, by: ActedBy) -> Result<Step, Stop> {
    let mut open = OpenCase::of_order(tx, order)?.ok_or(Refusal::NotFound)?;
    let now = tx.now();
    check_payable(&open.case, now)?;
    let current = open
        .case
        .attempts
        .iter()
        .rev()
        .find(|attempt| attempt.state.is_live() || attempt.state == AttemptState::Planned);
    let Some(current) = current.cloned() else {
        if click.planned {
            return Ok(Step::TooSoon);
        }
        check_pace(&open.case.attempts, now)?;
        owe::plan_attempt(app, tx, &open.case.order, click.way.approach())?;
        return Ok(Step::Planned);
    };
    let is_another_way = current.flow != click.way.approach().flow() && !current.giving_up;
    let step = match current.state {
        AttemptState::Planned | AttemptState::Open if is_another_way => {
            if let Some(attempt) = open.attempt_mut(current.id) {
                attempt.giving_up = true;
            }
            (current.state == AttemptState::Planned).then_some(Step::Again)
        }
        AttemptState::Open if !current.giving_up => match hand_out(&current, click.asked, now) {
            Handed::Url(url) => {
                if let Some(attempt) = open.attempt_mut(current.id)
                    && attempt.opened_at.is_none()
                {
                    attempt.opened_at = Some(now);
                    open.note(Happening::PaymentOpened, Cause::Clicked, None);
                }
                Some(Step::Open(url))
            }
            Handed::AskFirst => Some(Step::Ask(current.id)),
            Handed::TooOld => {
                if let Some(attempt) = open.attempt_mut(current.id) {
                    attempt.giving_up = true;
                }
                None
            }
        },
        // Money is reserved and the look that saw it will confirm the seat.
        AttemptState::Authorized => Some(Step::Ask(current.id)),
        AttemptState::Planned
        | AttemptState::Sent
        | AttemptState::Open
        | AttemptState::Settled
        | AttemptState::Dead(_) => None,
    };
    let order = open.settle(app, tx, &[], by)?.order;
    match step {
        Some(step) => Ok(step),
        None => wait(tx, &order),
    }
}

/// Waits for the outbox, which is told to hurry: for the order's own effects or, while an attempt of an older order of
/// the person can still take money, for those that end it.
fn wait(tx: &mut EventTx<'_>, order: &Order) -> Result<Step, Stop> {
    let held_up_by = tx.order_of_live_attempt(order.event_id, order.user_id)?.unwrap_or(order.id);
    match tx.hasten_effects(held_up_by)? {
        Some(first) if first > tx.now() => Ok(Step::TooSoon),
        _ => Ok(Step::Wait { vain_tries: tx.vain_tries(held_up_by)? }),
    }
}

enum Handed {
    Url(String),
    AskFirst,
    TooOld,
}

/// A session is handed out if nobody opened it and it is young, or if the provider, asked now, says that it lives and
/// it was opened a moment ago. Going back from the provider's page ends a session, so an old one is never trusted.
fn hand_out(attempt: &Attempt, asked: Option<AttemptId>, now: Timestamp) -> Handed {
    let Some(url) = attempt.redirect_url.clone() else { return Handed::TooOld };
    let began = attempt.session_began_at.unwrap_or(attempt.created_at);
    match attempt.opened_at {
        None if now - began < SESSION_FRESH => Handed::Url(url),
        Some(opened) if now - opened < SESSION_FRESH && asked == Some(attempt.id) => Handed::Url(url),
        Some(opened) if now - opened < SESSION_FRESH => Handed::AskFirst,
        None | Some(_) => Handed::TooOld,
    }
}

pub(super) fn check_payable(case: &Case, now: Timestamp) -> Result<(), Refusal> {
    let status = &case.registration.status;
    if is_payable(status, &case.order, now) {
        return Ok(());
    }
    Err(match status {
        Status::Confirmed => Refusal::AlreadyPaid,
        Status::AwaitingPayment { .. } | Status::Ended(EndedReason::Unpaid) => Refusal::PaymentDeadlinePassed,
        Status::Waitlisted { .. } | Status::Ended(_) => Refusal::OrderEnded,
    })
}

pub(super) fn check_pace(attempts: &[Attempt], now: Timestamp) -> Result<(), Refusal> {
    let hour_ago = now - TimeDelta::hours(1);
    let recent: Vec<&Attempt> = attempts.iter().filter(|attempt| attempt.created_at > hour_ago).collect();
    match recent.first() {
        Some(oldest) if recent.len() >= ATTEMPTS_PER_HOUR_MAX => {
            Err(Refusal::TooManyAttempts { retry_at: oldest.created_at + TimeDelta::hours(1) })
        }
        _ => Ok(()),
    }
}
