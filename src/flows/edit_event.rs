//! Organizers make, change and delete events. A change that makes room promotes whoever waits, at once.

use super::app::App;
use super::promote::{self, PROMOTIONS_PER_WRITE_MAX};
use super::sign_up::Render;
use super::tell;
use crate::domain::event::{Event, EventDetails, Occupancy};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::EventId;
use crate::domain::refusal::Refusal;
use crate::domain::sales_unit::Provider;
use crate::store::replays::{Answer, Once};
use crate::store::{Reader, Stop};

/// Makes an event.
pub async fn add_event(
    app: &App,
    details: EventDetails,
    once: Option<Once>,
    render: Render<Event>,
) -> Result<Answer, Stop> {
    let id = EventId(app.clock.id());
    app.store
        .change_once(once, move |tx| {
            check(tx, None, &details)?;
            let event = Event {
                id,
                details: details.clone(),
                turn: 0,
                occupancy: Occupancy { next_queue_no: 1, ..Occupancy::default() },
                created_at: tx.now(),
                updated_at: tx.now(),
            };
            tx.insert_event(&event)?;
            Ok(Answer::new(201, &render(&event, tx.now())))
        })
        .await
}

/// Changes an event: `edit` gets the details as they are and answers how they should be.
pub async fn edit_event<E>(app: &App, event: EventId, edit: E) -> Result<Event, Stop>
where
    E: Fn(EventDetails) -> Result<EventDetails, Refusal> + Send + Sync + 'static,
{
    let house = app.clone();
    let mut promoted = app
        .store
        .write(event, move |tx| {
            let before = tx.event().clone();
            let details = edit(before.details.clone())?;
            check(tx, Some(&before.details), &details)?;
            let becomes_other = details.paid_information.is_some() != before.details.paid_information.is_some();
            if becomes_other && before.occupancy.seats_held + before.occupancy.waiting > 0 {
                return Err(Refusal::EventHasRegistrations.into());
            }
            tx.save_details(details)?;
            tell::about_event(tx, &before)?;
            promote::promote(&house, tx)
        })
        .await?;
    while promoted >= PROMOTIONS_PER_WRITE_MAX {
        let house = app.clone();
        promoted = app.store.write(event, move |tx| promote::promote(&house, tx)).await?;
    }
    app.signals.work_saved();
    let event = app.store.read(move |tx| Ok(tx.event_by_id(event)?)).await?;
    Ok(event.ok_or(Refusal::NotFound)?)
}

/// Deletes an event that nobody ever signed up for.
pub async fn delete_event(app: &App, event: EventId) -> Result<(), Stop> {
    app.store.write(event, |tx| tx.delete_event()).await
}

fn check(tx: &mut Reader<'_>, before: Option<&EventDetails>, details: &EventDetails) -> Result<(), Stop> {
    let mut errors = details.errors();
    if tx.group_by_slug(&details.organizer)?.is_none() {
        errors.push(FieldError::new("/organizer", Fault::UnknownOrganizer));
    }
    // What an event has is not asked about again: a unit may be disabled once the events that name it are over.
    let paid_to = |details: &EventDetails| {
        let unit = details.paid_information.as_ref().and_then(|paid| paid.sales_unit)?;
        Some((unit, details.organizer.clone()))
    };
    if let Some((unit, _)) = paid_to(details).filter(|now| before.and_then(paid_to).as_ref() != Some(now)) {
        let at_work = tx.sales_unit(unit)?.filter(|(unit, agreement)| !unit.disabled && !agreement.disabled);
        if !at_work.is_some_and(|(unit, _)| unit.is_for(&details.organizer)) {
            errors.push(FieldError::new("/paid_information/sales_unit", Fault::UnknownSalesUnit));
        }
    }
    check_currency(tx, before, details, &mut errors)?;
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors).into()) }
}

/// A price is in a currency of the provider that it is paid over. An event that is as it was is not asked about again.
fn check_currency(
    tx: &mut Reader<'_>,
    before: Option<&EventDetails>,
    details: &EventDetails,
    errors: &mut Vec<FieldError>,
) -> Result<(), Stop> {
    let Some(paid) = &details.paid_information else { return Ok(()) };
    let paid_by = |details: &EventDetails| {
        let paid = details.paid_information.as_ref()?;
        Some((paid.price.currency, paid.sales_unit, details.organizer.clone()))
    };
    if before.and_then(paid_by) == paid_by(details) {
        return Ok(());
    }
    let agreement = match paid.sales_unit {
        Some(unit) => tx.sales_unit(unit)?.map(|(_, agreement)| agreement),
        None => tx.default_unit(&details.organizer)?.map(|(_, agreement)| agreement),
    };
    let provider = agreement.map_or(Provider::VippsEpayment, |agreement| agreement.provider);
    if !provider.takes(paid.price.currency) {
        let fault = Fault::CurrencyNotTaken(provider.currencies());
        errors.push(FieldError::new("/paid_information/currency", fault));
    }
    Ok(())
}
