//! The seats of an event, as they change. Anybody may listen; all who listen to one event share one reading.

use std::time::Duration;

use actix_web::web::{Data, Path};
use serde::Serialize;
use utoipa::ToSchema;

use super::find;
use crate::domain::admission::is_open_at;
use crate::domain::ids::EventId;
use crate::flows::app::App;
use crate::http::error::ApiError;
use crate::http::public::{Public, Said};
use crate::http::stream::follow;
use crate::http::values::Stamp;
use crate::http::{Answered, written};

/// Changes that are nearer to each other are told together.
const APART: Duration = Duration::from_millis(100);

/// The seats of an event at one moment.
#[derive(Serialize, ToSchema)]
#[schema(as = EventSeats)]
pub(crate) struct SeatsAnswer {
    /// How many seats there are; 0 means no limit.
    #[schema(minimum = 0)]
    limit: i64,
    /// How many seats are held.
    #[schema(minimum = 0)]
    list_count: i64,
    /// How many wait for a seat.
    #[schema(minimum = 0)]
    waiting_list_count: i64,
    /// True when one could sign up now.
    is_open: bool,
    /// When sign-up opens; null means that it is open.
    #[schema(required)]
    start_registration_at: Option<Stamp>,
}

/// `GET /events/{event_id}/stream`.
pub(crate) async fn watch_seats(app: Data<App>, public: Data<Public>, id: Path<EventId>) -> Answered {
    let (house, board, event) = (app.clone(), public.clone(), *id);
    let read = move || {
        let (app, public) = (house.clone(), board.clone());
        async move { public.read(&app, &format!("{}/stream", event.0), seats(&app, event)).await }
    };
    follow(&app, &public, APART, read).await
}

async fn seats(app: &App, event: EventId) -> Result<Said, ApiError> {
    let event = find(app, event).await?;
    let details = &event.details;
    let body = written(&SeatsAnswer {
        limit: details.limit,
        list_count: event.occupancy.seats_held,
        waiting_list_count: event.occupancy.waiting,
        is_open: is_open_at(details, app.clock.now()),
        start_registration_at: details.start_registration_at.map(Stamp),
    });
    Ok(Said { body, link: None })
}
