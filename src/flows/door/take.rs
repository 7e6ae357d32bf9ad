//! An organizer takes a payment at the door: starts it, sees how it stands, and calls it off.

use super::super::app::App;
use super::super::open_case::OpenCase;
use super::{give_up, give_way, plan};
use crate::clock::Timestamp;
use crate::domain::attempt::{Attempt, AttemptState, End};
use crate::domain::door::{DoorCode, WAIT_LIFE, Wait, msisdn};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::flow::Flow;
use crate::domain::ids::{EventId, OrderId, SalesUnitId, UserId, WaitId};
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::domain::registration::Status;
use crate::store::trail::ActedBy;
use crate::store::{EventTx, Reader, Stop, StoreError};
use crate::vipps::Approach;

/// How the person at the door pays.
#[derive(Clone)]
pub enum Payer {
    /// A request goes to the phone with this number, as somebody wrote it.
    Phone(String),
    /// The person scans this code.
    Code(String),
}

/// How a payment at the door stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorView {
    /// What is paid.
    pub order: Order,
    /// How it stands.
    pub state: DoorState,
    /// The code that is waited at, or was scanned.
    pub code: Option<DoorCode>,
    /// The codes of the order's sales unit.
    pub codes: Vec<DoorCode>,
}

/// What an organizer at the door has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorState {
    /// Nothing is under way.
    Idle,
    /// The next scan of the code starts the payment.
    WaitingForScan {
        /// Until when.
        until: Timestamp,
    },
    /// The payment is being made: whatever was open before it ends first.
    Starting,
    /// The person can approve on the phone.
    OnThePhone {
        /// Since when.
        since: Timestamp,
    },
    /// The provider would not: a number that it does not know, or a scan that is too old. It does not say which.
    NotReached,
    /// It was ended on the phone, or nobody approved in time.
    NotApproved,
    /// The seat is paid.
    Paid,
    /// The registration is over, or the time to pay is.
    Over,
}

impl DoorState {
    /// Every word for one.
    pub const WORDS: [&str; 8] =
        ["idle", "waiting_for_scan", "starting", "on_the_phone", "not_reached", "not_approved", "paid", "over"];

    /// The word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::WaitingForScan { .. } => "waiting_for_scan",
            Self::Starting => "starting",
            Self::OnThePhone { .. } => "on_the_phone",
            Self::NotReached => "not_reached",
            Self::NotApproved => "not_approved",
            Self::Paid => "paid",
            Self::Over => "over",
        }
    }
}

/// The order of a person's newest registration at an event.
pub async fn order_at(app: &App, event: EventId, user: UserId) -> Result<OrderId, Stop> {
    app.store
        .read(move |tx| {
            let registration = tx.newest_registration(event, user)?.ok_or(Refusal::NotFound)?;
            let order = tx.order_of_registration(registration.id)?;
            Ok(order.ok_or(Refusal::NotAPaidEvent)?.id)
        })
        .await
}

/// Starts a payment at the door.
pub async fn take_payment(app: &App, order: OrderId, payer: Payer, organizer: UserId) -> Result<DoorView, Stop> {
    let (event, unit) = find(app, order).await?;
    let house = app.clone();
    let wait = WaitId(app.clock.id());
    let payer = match payer {
        Payer::Phone(text) => Payer::Phone(msisdn(&text).ok_or_else(|| invalid("/phone", Fault::NoMobile))?),
        code @ Payer::Code(_) => code,
    };
    let view = app.store.write(event, move |tx| {
        let by = ActedBy::Organizer(organizer);
        end_wait_for(tx, order)?;
        match &payer {
            Payer::Phone(number) => {
                plan(&house, tx, order, Approach::Phone(number.clone()), by)?;
            }
            Payer::Code(code) => {
                tx.door_code(unit, code)?.ok_or_else(|| invalid("/qr_id", Fault::UnknownCode))?;
                give_way(&house, tx, order, by)?;
                free(tx, unit, code, organizer)?;
                let (now, asked_by) = (tx.now(), organizer);
                let (began_at, ends_at) = (now, now + WAIT_LIFE);
                let code = code.clone();
                tx.insert_wait(&Wait {
                    id: wait,
                    unit,
                    code,
                    event,
                    order,
                    asked_by,
                    began_at,
                    ends_at,
                    attempt: None,
                })?;
            }
        }
        view(tx, order)
    });
    let view = view.await?;
    app.signals.work_saved();
    Ok(view)
}

/// How it stands.
pub async fn see_payment(app: &App, order: OrderId) -> Result<DoorView, Stop> {
    app.store.read(move |tx| view(tx, order)).await
}

/// Calls it off: nobody waits any more, and what is not approved yet is ended. What was approved first stays.
pub async fn call_off(app: &App, order: OrderId, organizer: UserId) -> Result<DoorView, Stop> {
    let (event, _) = find(app, order).await?;
    let house = app.clone();
    let view = app.store.write(event, move |tx| {
        end_wait_for(tx, order)?;
        let mut open = OpenCase::of_order(tx, order)?.ok_or(Refusal::NotFound)?;
        if open.case.attempts.iter().any(|attempt| attempt.flow.is_on_the_phone()) {
            give_up(&mut open);
        }
        open.settle(&house, tx, &[], ActedBy::Organizer(organizer))?;
        view(tx, order)
    });
    let view = view.await?;
    app.signals.work_saved();
    Ok(view)
}

/// The event and the sales unit of an order, if that takes payments at the door.
async fn find(app: &App, order: OrderId) -> Result<(EventId, SalesUnitId), Stop> {
    app.store
        .read(move |tx| {
            let order = tx.order_by_id(order)?.ok_or(Refusal::NotFound)?;
            let (_, agreement) = tx.sales_unit(order.sales_unit)?.ok_or(Refusal::NotFound)?;
            if !agreement.provider.is_at_the_door() {
                return Err(Refusal::DoorNotAvailable.into());
            }
            Ok((order.event_id, order.sales_unit))
        })
        .await
}

fn invalid(pointer: &str, fault: Fault) -> Refusal {
    Refusal::Invalid(vec![FieldError::new(pointer, fault)])
}

/// Makes room at a code: a wait that is over, or one of the same organizer for somebody else, ends.
fn free(tx: &mut EventTx<'_>, unit: SalesUnitId, code: &str, organizer: UserId) -> Result<(), Stop> {
    let Some(other) = tx.wait_at(unit, code)? else { return Ok(()) };
    if other.is_on(tx.now()) && other.asked_by != organizer {
        return Err(Refusal::QrInUse.into());
    }
    Ok(tx.end_wait(other.id, None)?)
}

fn end_wait_for(tx: &mut EventTx<'_>, order: OrderId) -> Result<(), StoreError> {
    match tx.wait_for(order)? {
        Some(wait) => tx.end_wait(wait.id, None),
        None => Ok(()),
    }
}

fn view(tx: &mut Reader<'_>, id: OrderId) -> Result<DoorView, Stop> {
    let order = tx.order_by_id(id)?.ok_or(Refusal::NotFound)?;
    let registration = tx.registration_by_id(order.registration_id)?;
    let attempts = tx.attempts_of_order(id)?;
    let (now, wait) = (tx.now(), tx.wait_for(id)?);
    let codes = tx.door_codes(order.sales_unit)?;
    let wait = wait.filter(|wait| wait.is_on(now));
    let state = match (registration.status, &wait) {
        (Status::Confirmed, _) => DoorState::Paid,
        (Status::AwaitingPayment { payment_expiredate }, _) if now >= payment_expiredate => DoorState::Over,
        (Status::AwaitingPayment { .. }, Some(wait)) => DoorState::WaitingForScan { until: wait.ends_at },
        (Status::AwaitingPayment { .. }, None) => state_of(attempts.last()),
        (Status::Waitlisted { .. } | Status::Ended(_), _) => DoorState::Over,
    };
    let code = wait.and_then(|wait| codes.iter().find(|code| code.id == wait.code).cloned());
    Ok(DoorView { order, state, code, codes })
}

fn state_of(newest: Option<&Attempt>) -> DoorState {
    let Some(attempt) = newest.filter(|attempt| matches!(attempt.flow, Flow::Phone | Flow::Scan)) else {
        return DoorState::Idle;
    };
    match attempt.state {
        AttemptState::Dead(End::Abandoned) if attempt.session_began_at.is_some() && !attempt.giving_up => {
            DoorState::NotReached
        }
        AttemptState::Dead(End::Abandoned | End::Terminated) => DoorState::Idle,
        AttemptState::Dead(End::Aborted | End::Expired | End::Failed) => DoorState::NotApproved,
        // It was called off and its end is on its way.
        AttemptState::Planned | AttemptState::Sent | AttemptState::Open if attempt.giving_up => DoorState::Idle,
        AttemptState::Planned | AttemptState::Sent => DoorState::Starting,
        AttemptState::Open => DoorState::OnThePhone { since: attempt.opened_at.unwrap_or(attempt.created_at) },
        AttemptState::Authorized | AttemptState::Settled => DoorState::Paid,
    }
}

/// The codes that hang at an event's door: those of the sales unit that its new orders go to.
pub async fn codes_of_event(app: &App, event: EventId) -> Result<Vec<DoorCode>, Stop> {
    app.store
        .read(move |tx| {
            let event = tx.event_by_id(event)?.ok_or(Refusal::NotFound)?;
            let unit = tx.payee_of(&event)?.unit;
            Ok(tx.door_codes(unit)?)
        })
        .await
}
