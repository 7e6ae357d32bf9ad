//! The API and the pages over HTTP. Handlers parse, ask who it is, call one flow and write the answer. Nothing here
//! decides, and no status code is picked outside `error.rs`.

pub mod api;
pub mod body;
mod drawn;
pub mod error;
pub mod extract;
pub mod metrics;
pub mod openapi;
pub mod page;
pub mod pages;
pub mod problems;
mod public;
mod read;
pub mod request_id;
mod route;
mod sheets;
mod stream;
mod unread;
pub mod values;
pub mod webhooks;
mod words;

use std::net::TcpListener;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, ServiceConfig, scope};
use actix_web::{HttpResponse, HttpServer};
use serde::Serialize;
use serde_json::Value;

use crate::domain::time::Timestamp;
use crate::flows::app::App;
use crate::store::replays::Answer;
use error::ApiError;
use route::{Place, at, delete, get, patch, post, put};

/// Where the API begins.
const API: &str = "/api/v1";

/// How many seconds running requests have to end when the server stops.
const SHUTDOWN_PATIENCE: u64 = 10;

/// How a handler ends.
pub type Answered = Result<HttpResponse, ApiError>;

/// Every route there is.
pub fn routes(config: &mut ServiceConfig) {
    config.service(api_places().into_iter().fold(scope(API), |api, place| api.service(place.resource)));
    for place in other_places().into_iter().chain(page_places()) {
        config.service(place.resource);
    }
}

/// Every address that the API's description tells of, with the methods it takes: all but the pages for people.
pub fn listed_routes() -> Vec<(String, Vec<Method>)> {
    let api = api_places().into_iter().map(|place| (format!("{API}{}", place.path), place.methods));
    api.chain(other_places().into_iter().map(|place| (place.path.to_owned(), place.methods))).collect()
}

/// Every page for people, with the methods its address takes.
pub fn listed_pages() -> Vec<(String, Vec<Method>)> {
    page_places().into_iter().map(|place| (place.path.to_owned(), place.methods)).collect()
}

// The API, as addresses are looked through: what a crowd asks for stands first, and an address of fixed words before one
// with a parameter in their place.
fn api_places() -> Vec<Place> {
    use api::{
        agreements, auth, books, door, events, grants, groups, me, operations, orders, registrations, sales_units,
        users,
    };
    vec![
        at("/events", [get(events::list), post(events::add)]),
        at("/events/{event_id}", [get(events::show), patch(events::edit), delete(events::remove)]),
        at("/events/{event_id}/stream", [get(events::stream::watch_seats)]),
        at("/events/{event_id}/cancel", [post(events::cancel::cancel)]),
        at("/events/{event_id}/cancellation", [get(events::cancel::show_progress)]),
        at("/events/{event_id}/registrations", [get(registrations::list), post(registrations::add)]),
        at(
            "/events/{event_id}/registrations/me",
            [get(registrations::show_own), patch(registrations::edit_own), delete(registrations::give_up)],
        ),
        at(
            "/events/{event_id}/registrations/{user_id}",
            [get(registrations::show), patch(registrations::edit), delete(registrations::remove)],
        ),
        at("/events/{event_id}/registrations/{user_id}/mark-paid", [post(registrations::mark_paid)]),
        at("/events/{event_id}/qrs", [get(door::list_at_event)]),
        at("/events/{event_id}/qrs/{qr_id}/sheet.svg", [get(door::print)]),
        at("/auth/login", [post(auth::log_in)]),
        at("/auth/refresh", [post(auth::refresh)]),
        at("/auth/logout", [post(auth::log_out)]),
        at("/me", [get(me::show), patch(me::edit)]),
        at("/me/stream", [get(me::stream::watch_places)]),
        at("/me/password", [post(me::change_password)]),
        at("/me/registrations", [get(registrations::list_own)]),
        at("/me/orders", [get(orders::list_own)]),
        at("/users", [get(users::list), post(users::add)]),
        at("/users/{user_id}", [get(users::show), patch(users::edit)]),
        at("/users/{user_id}/invite", [post(users::invite)]),
        at("/groups", [get(groups::list), post(groups::add)]),
        at("/groups/{slug}", [get(groups::show), patch(groups::edit), delete(groups::remove)]),
        at("/groups/{slug}/members", [get(groups::members)]),
        at("/groups/{slug}/members/{user_id}", [put(groups::put_member), delete(groups::remove_member)]),
        at("/roles", [get(grants::roles)]),
        at("/grants", [get(grants::list), post(grants::give)]),
        at("/grants/{grant_id}", [delete(grants::take_back)]),
        at("/orders", [get(orders::list)]),
        at("/orders/{order_id}", [get(orders::show)]),
        at("/orders/{order_id}/events", [get(orders::trail)]),
        at("/orders/{order_id}/log", [get(orders::log::show)]),
        at("/orders/{order_id}/door", [get(door::show), post(door::take), delete(door::abort)]),
        at("/orders/{order_id}/pay", [post(orders::pay)]),
        at("/orders/{order_id}/sync", [post(orders::sync)]),
        at("/orders/{order_id}/refund", [post(orders::refund)]),
        at("/orders/{order_id}/resolve", [post(orders::resolve)]),
        at("/books", [get(books::report)]),
        at("/books/lines", [get(books::lines)]),
        at("/books/lines.csv", [get(books::lines_csv)]),
        at("/books/lines.xlsx", [get(books::lines_xlsx)]),
        at("/provider-operations", [get(operations::list)]),
        at("/agreements", [get(agreements::list), post(agreements::add)]),
        at("/agreements/{agreement_id}", [get(agreements::show), patch(agreements::edit)]),
        at("/agreements/{agreement_id}/credentials", [put(agreements::set_keys)]),
        at("/agreements/{agreement_id}/test", [post(agreements::test)]),
        at("/sales-units", [get(sales_units::list), post(sales_units::add)]),
        at("/sales-units/{sales_unit_id}", [get(sales_units::show), patch(sales_units::edit)]),
        at("/sales-units/{sales_unit_id}/webhooks", [get(sales_units::webhooks), post(sales_units::register_webhook)]),
        at("/sales-units/{sales_unit_id}/webhooks/{webhook_id}", [delete(sales_units::delete_webhook)]),
        at("/sales-units/{sales_unit_id}/qrs", [get(door::list)]),
        at("/sales-units/{sales_unit_id}/qrs/sync", [post(door::sync)]),
        at("/sales-units/{sales_unit_id}/qrs/{qr_id}", [put(door::put), delete(door::remove)]),
        at("/openapi.json", [get(openapi::show)]),
    ]
}

// What is outside of it: links for people without a login, the provider's door, and what watches the process.
fn other_places() -> Vec<Place> {
    use api::health;
    use pages::{code, invite, visit};
    vec![
        at("/pay/{token}", [get(visit::show), post(visit::open)]),
        at("/pay/{token}/code", [get(code::show), post(code::open)]),
        at("/pay/{token}/return", [get(visit::come_back)]),
        at("/pay/{token}/card", [post(visit::another_card)]),
        at("/webhooks/vipps", [post(webhooks::vipps)]),
        at("/webhooks/vipps/scans", [post(webhooks::scans)]),
        at("/webhooks/vipps/{sales_unit_id}", [post(webhooks::vipps_of_unit)]),
        at("/webhooks/vipps/{sales_unit_id}/scans", [post(webhooks::scans_of_unit)]),
        at("/webhooks/vipps/{sales_unit_id}/v2/payments/{reference}", [post(webhooks::vipps_callback)]),
        at("/webhooks/askell/{sales_unit_id}", [post(webhooks::askell_of_unit)]),
        at("/invite/{token}", [get(invite::show), post(invite::accept)]),
        at("/docs", [get(openapi::pages::overview)]),
        at("/docs/problems/{code}", [get(openapi::pages::problem)]),
        at("/health/live", [get(health::live)]),
        at("/health/ready", [get(health::ready)]),
    ]
}

// Pages for members, organizers and treasurers.
fn page_places() -> Vec<Place> {
    use pages::event::sign_off;
    use pages::manage::{add, books, door, events, list, operations, order, order_log, orders, paid, remove, settings};
    use pages::{assets, demo, event, letters, own, session, start};
    vec![
        at("/", [get(start::show)]),
        at("/events/{event_id}", [get(event::show)]),
        at("/events/{event_id}/sign-up", [get(event::go_back), post(event::enter)]),
        at("/events/{event_id}/sign-off", [get(sign_off::ask_again), post(sign_off::leave)]),
        at("/my", [get(own::show)]),
        at("/my/payments", [get(own::payments)]),
        at("/demo/clock", [post(demo::move_clock)]),
        at("/letters", [get(letters::list)]),
        at("/letters/{number}", [get(letters::show)]),
        at("/letters/{number}/body", [get(letters::body)]),
        at("/letters/{number}/files/{place}", [get(letters::file)]),
        at("/login", [get(session::show), post(session::log_in)]),
        at("/logout", [post(session::log_out)]),
        at("/language/{language}", [get(session::choose_language)]),
        at("/assets/{name}", [get(assets::show)]),
        at("/manage", [get(events::show)]),
        at("/manage/orders", [get(orders::show_all)]),
        at("/manage/orders/{order_id}", [get(order::show)]),
        at("/manage/orders/{order_id}/log", [get(order_log::show)]),
        at("/manage/orders/{order_id}/refund", [post(order::give_back)]),
        at("/manage/orders/{order_id}/resolve", [post(order::resolve)]),
        at("/manage/orders/{order_id}/sync", [post(order::ask_vipps)]),
        at("/manage/books", [get(books::show)]),
        at("/manage/books/lines.csv", [get(books::lines_csv)]),
        at("/manage/books/lines.xlsx", [get(books::lines_xlsx)]),
        at("/manage/operations", [get(operations::show)]),
        at("/manage/settings", [get(settings::show)]),
        at("/manage/settings/agreements", [post(settings::add)]),
        at(
            "/manage/settings/agreements/{agreement_id}",
            [get(settings::agreement::show), post(settings::agreement::change)],
        ),
        at("/manage/settings/agreements/{agreement_id}/credentials", [post(settings::agreement::set_keys)]),
        at("/manage/settings/agreements/{agreement_id}/test", [post(settings::agreement::test)]),
        at("/manage/settings/sales-units", [post(settings::add_unit)]),
        at(
            "/manage/settings/sales-units/{sales_unit_id}",
            [get(settings::sales_unit::show), post(settings::sales_unit::change)],
        ),
        at("/manage/settings/sales-units/{sales_unit_id}/webhooks", [post(settings::sales_unit::register)]),
        at("/manage/settings/sales-units/{sales_unit_id}/webhooks/delete", [post(settings::sales_unit::delete)]),
        at(
            "/manage/settings/sales-units/{sales_unit_id}/qrs",
            [get(settings::codes::show), post(settings::codes::put)],
        ),
        at("/manage/settings/sales-units/{sales_unit_id}/qrs/delete", [post(settings::codes::delete)]),
        at("/manage/events/{event_id}", [get(list::show)]),
        at("/manage/events/{event_id}/add", [get(add::show), post(add::add)]),
        at("/manage/events/{event_id}/orders", [get(orders::show_of_event)]),
        at("/manage/events/{event_id}/registrations/{user_id}/attended", [post(list::mark)]),
        at("/manage/events/{event_id}/qrs/{qr_id}/sheet.svg", [get(door::print)]),
        at("/manage/events/{event_id}/registrations/{user_id}/door", [get(door::show), post(door::take)]),
        at("/manage/events/{event_id}/registrations/{user_id}/door/abort", [post(door::abort)]),
        at("/manage/events/{event_id}/registrations/{user_id}/paid", [get(paid::show), post(paid::record)]),
        at("/manage/events/{event_id}/registrations/{user_id}/remove", [get(remove::show), post(remove::remove)]),
    ]
}

/// A server on `listener`. It runs when it is awaited; whoever runs it stops it.
pub fn serve(app: App, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let app = Data::new(app);
    let public = Data::new(public::Public::default());
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(app.clone())
            .app_data(public.clone())
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

/// An answer's body. They are structs with named fields, so there is nothing that could go wrong; should it, the log says
/// so.
pub(crate) fn written(answer: &impl Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or_else(|error| {
        crate::telemetry::log_error_chain(&error, "an answer could not be written");
        Value::Null
    })
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
