//! A person signs off, or an organizer removes one. The seat is free at once and goes to the next in line; the money
//! follows, whatever state it is in.

use super::app::App;
use super::open_case::OpenCase;
use super::tell;
use crate::clock::Timestamp;
use crate::domain::event::EventDetails;
use crate::domain::ids::{EventId, RefundId, UserId};
use crate::domain::money::Ore;
use crate::domain::order::{self, Refund, RefundStatus};
use crate::domain::refusal::Refusal;
use crate::domain::registration::{EndedReason, Registration, Status};
use crate::domain::settlement::Case;
use crate::domain::trail::{Cause, Happening, Note};
use crate::store::trail::{About, ActedBy};
use crate::store::{EventTx, Stop};

/// Signs off the person who asks.
pub async fn give_up(app: &App, event: EventId, user: UserId) -> Result<(), Stop> {
    let house = app.clone();
    app.store
        .write(event, move |tx| {
            let registration = tx.active_registration(event, user)?.ok_or(Refusal::NotRegistered)?;
            let open = OpenCase::of_registration(tx, &registration)?;
            let left = open.as_ref().map_or(Ore::ZERO, |open| money_left(&open.case));
            may_sign_off(&tx.event().details, &registration.status, left, tx.now())?;
            end(&house, tx, registration, open, EndedReason::Withdrawn, ActedBy::Member(user))
        })
        .await?;
    app.signals.work_saved();
    Ok(())
}

/// An organizer removes a person. `refund_all` gives a paid seat's money back.
pub async fn remove(
    app: &App,
    event: EventId,
    user: UserId,
    organizer: UserId,
    refund_all: RefundAll,
) -> Result<(), Stop> {
    let house = app.clone();
    app.store
        .write(event, move |tx| {
            let registration = tx.active_registration(event, user)?.ok_or(Refusal::NotRegistered)?;
            let open = OpenCase::of_registration(tx, &registration)?;
            let paid = registration.status == Status::Confirmed
                && open.as_ref().is_some_and(|open| money_left(&open.case).is_positive());
            if paid && refund_all == RefundAll::No {
                return Err(Refusal::PaidRegistrationNeedsRefund.into());
            }
            end(&house, tx, registration, open, EndedReason::Removed, ActedBy::Organizer(organizer))
        })
        .await?;
    app.signals.work_saved();
    Ok(())
}

/// Whether a removal gives a paid seat's money back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundAll {
    /// All of it.
    Yes,
    /// Nobody decided so.
    No,
}

/// What was taken or is reserved, and not given back.
fn money_left(case: &Case) -> Ore {
    order::sums(&case.order, &case.attempts, &case.refunds).left()
}

/// Whether somebody may sign off who has this status, while so much of the money is left.
pub fn may_sign_off(event: &EventDetails, status: &Status, left: Ore, now: Timestamp) -> Result<(), Refusal> {
    if *status != Status::Confirmed {
        return Ok(());
    }
    if now >= event.sign_off_ends_at() {
        return Err(Refusal::SignOffDeadlinePassed);
    }
    if left.is_positive() && !event.refund_on_sign_off {
        return Err(Refusal::PaidRegistrationNeedsRefund);
    }
    Ok(())
}

pub(super) fn end(
    app: &App,
    tx: &mut EventTx<'_>,
    mut registration: Registration,
    open: Option<OpenCase>,
    reason: EndedReason,
    by: ActedBy,
) -> Result<(), Stop> {
    let now = tx.now();
    let kind = Happening::Ended(reason);
    let Some(mut open) = open else {
        let before = registration.status;
        registration.status = Status::Ended(reason);
        registration.status_since = now;
        tx.save_registration(&before, &registration)?;
        tell::about_seat(tx, Some(before), &registration, None);
        let about = About { event: Some(registration.event_id), registration: Some(registration.id), order: None };
        tx.write_down(about, by, &[Note { kind, cause: Cause::Asked, amount: None }])?;
        super::promote::promote(app, tx)?;
        return Ok(());
    };
    open.case.registration.status = Status::Ended(reason);
    open.case.registration.status_since = now;
    open.case.order.give_back_all = true;
    open.note(kind, Cause::Asked, None);
    refund_sale_by_record(app, &mut open, now);
    open.settle(app, tx, &[], by)?;
    Ok(())
}

/// What was settled outside the provider is given back outside too: the record says so.
fn refund_sale_by_record(app: &App, open: &mut OpenCase, now: Timestamp) {
    let left = order::refundable(&open.case.order, &[], &open.case.refunds);
    if !open.case.order.sale || !left.is_positive() {
        return;
    }
    open.case.refunds.push(Refund {
        id: RefundId(app.clock.id()),
        amount: left,
        reason: "signed off".to_owned(),
        status: RefundStatus::Done,
        refunded_before: None,
        requested_by: None,
        created_at: now,
    });
    open.note(Happening::RefundDone, Cause::Recorded, Some(left));
}
