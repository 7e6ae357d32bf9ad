//! An organizer cancels an event. One write says so, for good; from then on nobody signs up or is promoted. The
//! registrations then end a few at a time, each with its money settled like any other, so a process that is killed goes
//! on where it stopped, and nothing is given back twice.

use std::collections::HashMap;

use super::app::App;
use super::give_up;
use super::open_case::OpenCase;
use super::sign_up::Render;
use crate::domain::event::{Cancellation, Event};
use crate::domain::ids::{EventId, RegistrationId, UserId};
use crate::domain::money::{Currency, Money, Ore};
use crate::domain::order;
use crate::domain::refusal::Refusal;
use crate::domain::registration::{EndedReason, Status};
use crate::domain::trail::{Cause, Happening, Note};
use crate::store::orders::{OrderFilter, OrderView};
use crate::store::registrations::{RegistrationFilter, RegistrationView};
use crate::store::replays::{Answer, Once};
use crate::store::trail::{About, ActedBy};
use crate::store::{EventTx, Reader, Stop};

/// How many registrations one write ends: others want the turn too.
const ENDED_PER_WRITE: i64 = 25;

/// Who cancels which event, and why.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// The event.
    pub event: EventId,
    /// Who.
    pub organizer: UserId,
    /// Why, in the organizer's words.
    pub reason: String,
    /// True when he may give money back, which an event with paid seats needs.
    pub may_refund: bool,
}

/// What a cancelled event still has to do, or what cancelling it would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The event.
    pub event: EventId,
    /// Set once it is cancelled.
    pub cancellation: Option<Cancellation>,
    /// How many registrations the cancellation ended.
    pub ended: i64,
    /// How many are still to end.
    pub left: i64,
    /// What went back through the provider.
    pub returned: Money,
    /// What is still to go back through the provider.
    pub to_return: Money,
    /// What was paid outside the provider, and goes back by hand.
    pub by_hand: Money,
    /// How many of the orders need a person.
    pub needs_attention: i64,
    /// Whom it is about; empty unless somebody asked what a cancellation would do.
    pub people: Vec<GetsBack>,
}

/// What a cancellation means for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetsBack {
    /// The person.
    pub user: UserId,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// Where the registration stands.
    pub status: Status,
    /// What goes back.
    pub amount: Money,
    /// True when it was paid outside the provider, and goes back by hand.
    pub by_hand: bool,
}

/// What a cancellation would do. Nothing changes.
pub async fn plan(app: &App, event: EventId) -> Result<Progress, Stop> {
    app.store.read(move |tx| plan_in(tx, event)).await
}

/// How far a cancellation has come.
pub async fn progress(app: &App, event: EventId) -> Result<Progress, Stop> {
    app.store.read(move |tx| progress_in(tx, event)).await
}

/// Cancels the event. One that is cancelled already stays as it is.
pub async fn cancel_event(
    app: &App,
    wish: Cancel,
    once: Option<Once>,
    render: Render<Progress>,
) -> Result<Answer, Stop> {
    let answer = app
        .store
        .write_once(wish.event, once, move |tx| {
            if tx.event().details.cancellation.is_none() {
                mark(tx, &wish)?;
            }
            let progress = progress_in(tx, wish.event)?;
            Ok(Answer::new(200, &render(&progress, tx.now())))
        })
        .await?;
    app.signals.work_saved();
    Ok(answer)
}

fn mark(tx: &mut EventTx<'_>, wish: &Cancel) -> Result<(), Stop> {
    let plan = plan_in(tx, wish.event)?;
    let has_money = plan.to_return.amount.is_positive() || plan.by_hand.amount.is_positive();
    if has_money && !wish.may_refund {
        return Err(Refusal::Forbidden.into());
    }
    let mut details = tx.event().details.clone();
    details.cancellation = Some(Cancellation { at: tx.now(), reason: wish.reason.clone() });
    tx.save_details(details)?;
    let about = About { event: Some(wish.event), ..About::default() };
    let kind = Happening::Ended(EndedReason::EventCancelled);
    let note = Note { kind, cause: Cause::Said(wish.reason.clone()), amount: None };
    Ok(tx.write_down(about, ActedBy::Organizer(wish.organizer), &[note])?)
}

/// Ends the registrations of cancelled events; true when there were any.
pub async fn wind_down(app: &App) -> Result<bool, Stop> {
    let mut worked = false;
    while let Some(event) = app.store.read(|tx| Ok(tx.event_to_wind_down()?)).await? {
        let house = app.clone();
        if app.store.write(event, move |tx| end_some(&house, tx)).await? == 0 {
            break;
        }
        worked = true;
    }
    Ok(worked)
}

fn end_some(app: &App, tx: &mut EventTx<'_>) -> Result<usize, Stop> {
    let some = tx.active_registrations(ENDED_PER_WRITE)?;
    let ended = some.len();
    for registration in some {
        let open = OpenCase::of_registration(tx, &registration)?;
        give_up::end(app, tx, registration, open, EndedReason::EventCancelled, ActedBy::System)?;
    }
    Ok(ended)
}

fn event_of(tx: &mut Reader<'_>, id: EventId) -> Result<Event, Stop> {
    Ok(tx.event_by_id(id)?.ok_or(Refusal::NotFound)?)
}

fn orders_of(tx: &mut Reader<'_>, event: EventId) -> Result<Vec<OrderView>, Stop> {
    let filter = OrderFilter { event_id: Some(event), ..OrderFilter::default() };
    Ok(tx.orders(&filter, None, i64::MAX)?)
}

fn plan_in(tx: &mut Reader<'_>, id: EventId) -> Result<Progress, Stop> {
    let event = event_of(tx, id)?;
    let orders: HashMap<RegistrationId, OrderView> =
        orders_of(tx, id)?.into_iter().map(|view| (view.order.registration_id, view)).collect();
    let active = tx.registrations_of_event(id, &RegistrationFilter::default(), None, i64::MAX)?;
    let mut plan = nothing_of(&event);
    for (_, view) in active {
        let money = orders.get(&view.registration.id).map(left_of);
        plan.left += 1;
        plan.count(money.as_ref());
        plan.people.push(gets_back(&event, view, money));
    }
    Ok(plan)
}

fn gets_back(event: &Event, view: RegistrationView, money: Option<Left>) -> GetsBack {
    GetsBack {
        user: view.registration.user_id,
        first_name: view.first_name,
        last_name: view.last_name,
        status: view.registration.status,
        by_hand: money.as_ref().is_some_and(|left| left.by_hand),
        amount: Money { amount: money.map_or(Ore::ZERO, |left| left.amount), currency: currency_of(event) },
    }
}

fn progress_in(tx: &mut Reader<'_>, id: EventId) -> Result<Progress, Stop> {
    let event = event_of(tx, id)?;
    let mut progress = nothing_of(&event);
    progress.ended = tx.count_ended(id, EndedReason::EventCancelled)?;
    progress.left = event.occupancy.seats_held + event.occupancy.waiting;
    for view in orders_of(tx, id)? {
        if matches!(view.registration, Status::Ended(reason) if reason != EndedReason::EventCancelled) {
            continue;
        }
        let sums = order::sums(&view.order, &view.attempts, &view.refunds);
        if view.order.sale {
            progress.by_hand.amount = progress.by_hand.amount + sums.captured;
            continue;
        }
        progress.to_return.amount = progress.to_return.amount + sums.kept() + sums.reserved();
        progress.returned.amount = progress.returned.amount + sums.refunded + sums.cancelled;
        progress.needs_attention += i64::from(view.order.needs_attention.is_some());
    }
    Ok(progress)
}

/// Money that an order still holds.
struct Left {
    amount: Ore,
    by_hand: bool,
}

fn left_of(view: &OrderView) -> Left {
    let sums = order::sums(&view.order, &view.attempts, &view.refunds);
    let is_settled = order::is_settled_elsewhere(&view.order, &view.attempts);
    Left { amount: sums.kept() + sums.reserved(), by_hand: view.order.sale || is_settled }
}

fn currency_of(event: &Event) -> Currency {
    event.details.paid_information.map(|paid| paid.price.currency).unwrap_or_default()
}

fn nothing_of(event: &Event) -> Progress {
    let nothing = Money { amount: Ore::ZERO, currency: currency_of(event) };
    Progress {
        event: event.id,
        cancellation: event.details.cancellation.clone(),
        ended: 0,
        left: 0,
        returned: nothing,
        to_return: nothing,
        by_hand: nothing,
        needs_attention: 0,
        people: Vec::new(),
    }
}

impl Progress {
    fn count(&mut self, money: Option<&Left>) {
        match money {
            Some(left) if left.by_hand => self.by_hand.amount = self.by_hand.amount + left.amount,
            Some(left) => self.to_return.amount = self.to_return.amount + left.amount,
            None => {}
        }
    }
}
