//! The API and the pages over HTTP. Handlers parse, ask who it is, call one flow and write the answer. Nothing here
//! decides, and no status code is picked outside `error.rs`.

pub mod api;
pub mod body;
pub mod error;
pub mod extract;
mod invite;
pub mod openapi;
pub mod page;
pub mod pages;
pub mod request_id;
mod route;
pub mod values;
pub mod webhooks;

use std::net::TcpListener;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, ServiceConfig, scope};
use actix_web::{HttpResponse, HttpServer};

use crate::domain::time::Timestamp;
use crate::flows::app::App;
use crate::store::replays::Answer;
use error::ApiError;
use route::{at, delete, get, patch, post, put};

/// How many seconds running requests have to end when the server stops.
const SHUTDOWN_PATIENCE: u64 = 10;

/// How a handler ends.
pub type Answered = Result<HttpResponse, ApiError>;

/// Every route there is.
pub fn routes(config: &mut ServiceConfig) {
    use api::{auth, events, grants, groups, health, me, orders, registrations, users};
    use pages::visit;
    config.service(
        scope("/api/v1")
            .service(at("/auth/login", [post(auth::log_in)]))
            .service(at("/auth/refresh", [post(auth::refresh)]))
            .service(at("/auth/logout", [post(auth::log_out)]))
            .service(at("/me", [get(me::show), patch(me::edit)]))
            .service(at("/me/password", [post(me::change_password)]))
            .service(at("/me/registrations", [get(registrations::list_own)]))
            .service(at("/me/orders", [get(orders::list_own)]))
            .service(at("/users", [get(users::list), post(users::add)]))
            .service(at("/users/{user_id}", [get(users::show), patch(users::edit)]))
            .service(at("/users/{user_id}/invite", [post(users::invite)]))
            .service(at("/groups", [get(groups::list), post(groups::add)]))
            .service(at("/groups/{slug}", [get(groups::show), patch(groups::edit), delete(groups::remove)]))
            .service(at("/groups/{slug}/members", [get(groups::members)]))
            .service(at("/groups/{slug}/members/{user_id}", [put(groups::put_member), delete(groups::remove_member)]))
            .service(at("/roles", [get(grants::roles)]))
            .service(at("/grants", [get(grants::list), post(grants::give)]))
            .service(at("/grants/{grant_id}", [delete(grants::take_back)]))
            .service(at("/events", [get(events::list), post(events::add)]))
            .service(at("/events/{event_id}", [get(events::show), patch(events::edit), delete(events::remove)]))
            .service(at("/events/{event_id}/registrations", [get(registrations::list), post(registrations::add)]))
            .service(at(
                "/events/{event_id}/registrations/me",
                [get(registrations::show_own), patch(registrations::edit_own), delete(registrations::give_up)],
            ))
            .service(at(
                "/events/{event_id}/registrations/{user_id}",
                [get(registrations::show), patch(registrations::edit), delete(registrations::remove)],
            ))
            .service(at("/events/{event_id}/registrations/{user_id}/mark-paid", [post(registrations::mark_paid)]))
            .service(at("/orders", [get(orders::list)]))
            .service(at("/orders/{order_id}", [get(orders::show)]))
            .service(at("/orders/{order_id}/events", [get(orders::trail)]))
            .service(at("/orders/{order_id}/pay", [post(orders::pay)]))
            .service(at("/orders/{order_id}/sync", [post(orders::sync)]))
            .service(at("/orders/{order_id}/refund", [post(orders::refund)])),
    );
    config.service(at("/pay/{token}", [get(visit::show), post(visit::open)]));
    config.service(at("/pay/{token}/return", [get(visit::come_back)]));
    config.service(at("/webhooks/vipps", [post(webhooks::vipps)]));
    config.service(at("/invite/{token}", [get(invite::show), post(invite::accept)]));
    config.service(at("/health/live", [get(health::live)]));
    config.service(at("/health/ready", [get(health::ready)]));
}

/// A server on `listener`. It runs when it is awaited; whoever runs it stops it.
pub fn serve(app: App, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let app = Data::new(app);
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(app.clone())
            .app_data(route::path_rules())
            .configure(routes)
            .default_service(route::nothing_here())
            .wrap(cors(&app.settings.frontend_origins))
            .wrap(from_fn(request_id::identify))
    });
    Ok(server.workers(workers).disable_signals().shutdown_timeout(SHUTDOWN_PATIENCE).listen(listener)?.run())
}

fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers(["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "X-Request-Id"])
        .expose_headers(["X-Request-Id", "Link", "Retry-After", "Idempotency-Replayed", "ETag"])
        .block_on_origin_mismatch(false)
        .max_age(3_600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// A moment as the API writes it: UTC, milliseconds.
pub fn write_time(at: Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// An answer that a flow wrote, or wrote before.
pub fn write_answer(answer: Answer) -> Answered {
    let status = actix_web::http::StatusCode::from_u16(answer.status)
        .map_err(|error| ApiError::Bug(format!("a remembered answer has an impossible status: {error}")))?;
    let mut response = HttpResponse::build(status);
    if answer.replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    if answer.body.is_empty() {
        return Ok(response.finish());
    }
    Ok(response.content_type("application/json").body(answer.body))
}
