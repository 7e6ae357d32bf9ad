//! A seat came free: the next in line gets it, with a deadline of their own and a letter. Runs in the write that freed
//! the seat.

use super::app::App;
use super::owe;
use super::tell;
use crate::domain::trail::{Cause, Happening, Note};
use crate::domain::waitlist;
use crate::store::trail::{About, ActedBy};
use crate::store::{EventTx, Stop};

/// How many people one write promotes: a limit that grows by thousands must not hold the turn for long.
pub(super) const PROMOTIONS_PER_WRITE_MAX: usize = 200;

/// Gives free seats to whoever waits; answers how many were given. At the maximum there may be more to do.
pub(super) fn promote(app: &App, tx: &mut EventTx<'_>) -> Result<usize, Stop> {
    let mut promoted = 0;
    while promoted < PROMOTIONS_PER_WRITE_MAX {
        let now = tx.now();
        let event = tx.event();
        let Some(status) = waitlist::next_in_line(&event.details, &event.occupancy, now) else { break };
        let Some(mut registration) = tx.first_in_queue()? else { break };
        let before = registration.status;
        registration.status = status;
        registration.status_since = now;
        tx.save_registration(&before, &registration)?;
        let order = owe::owe(app, tx, &registration)?;
        tell::about_seat(tx, Some(before), &registration, order.as_ref());
        let about = About {
            event: Some(registration.event_id),
            registration: Some(registration.id),
            order: order.map(|order| order.id),
        };
        tx.write_down(
            about,
            ActedBy::System,
            &[Note { kind: Happening::Promoted, cause: Cause::SeatCameFree, amount: None }],
        )?;
        promoted += 1;
    }
    Ok(promoted)
}
