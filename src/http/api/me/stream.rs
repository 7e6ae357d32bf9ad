//! One's own places, as they change. Every reading asks who listens: a login that ends ends the stream, and so does the
//! access token when its time is over.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::{EventId, RegistrationId};
use crate::domain::registration::Status;
use crate::flows::access_token::know_caller;
use crate::flows::app::App;
use crate::http::error::ApiError;
use crate::http::extract::bearer;
use crate::http::public::{Public, Said, write};
use crate::http::stream::follow;
use crate::http::values::Stamp;
use crate::http::words::RegistrationStatusWord;
use crate::http::{Answered, written};
use crate::store::registrations::RegistrationView;

/// Each listener costs a reading of their own: they are told less often.
const APART: Duration = Duration::from_secs(1);
/// Nobody is signed up for more at once than one page shows.
const PLACES_MAX: i64 = 100;

/// Where one stands at one moment.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnPlaces)]
pub(crate) struct PlacesAnswer {
    /// The registrations that have not ended, newest first.
    registrations: Vec<PlaceAnswer>,
}

/// A place at an event.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnPlace)]
struct PlaceAnswer {
    /// The registration.
    #[schema(value_type = uuid::Uuid)]
    registration_id: RegistrationId,
    /// The event.
    #[schema(value_type = uuid::Uuid)]
    event_id: EventId,
    /// Where it stands.
    #[schema(value_type = RegistrationStatusWord)]
    status: &'static str,
    /// The place in the queue, from 1; null unless one waits.
    #[schema(required)]
    wait_queue_number: Option<i64>,
    /// Until when to pay; null unless one has to.
    #[schema(required)]
    payment_expiredate: Option<Stamp>,
}

/// `GET /me/stream`.
pub(crate) async fn watch_places(app: Data<App>, public: Data<Public>, request: HttpRequest) -> Answered {
    let (house, token) = (app.clone(), bearer(&request).unwrap_or_default());
    let read = move || {
        let (app, token) = (house.clone(), token.clone());
        async move { Ok(write(places(&app, &token).await?)) }
    };
    follow(&app, &public, APART, read).await
}

async fn places(app: &App, token: &str) -> Result<Said, ApiError> {
    let user = know_caller(app, token).await?.standing.user_id;
    let views = app.store.read(move |tx| Ok(tx.registrations_of_user(user, true, None, PLACES_MAX)?)).await?;
    let registrations = views.iter().map(place).collect();
    Ok(Said { body: written(&PlacesAnswer { registrations }), link: None })
}

fn place(view: &RegistrationView) -> PlaceAnswer {
    let registration = &view.registration;
    let payment_expiredate = match registration.status {
        Status::AwaitingPayment { payment_expiredate } => Some(Stamp(payment_expiredate)),
        Status::Waitlisted { .. } | Status::Confirmed | Status::Ended(_) => None,
    };
    PlaceAnswer {
        registration_id: registration.id,
        event_id: registration.event_id,
        status: registration.status.word(),
        wait_queue_number: view.wait_queue_number,
        payment_expiredate,
    }
}
