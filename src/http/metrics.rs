//! What the house counts, on a listener of its own that is never the public one.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web::Data;
use actix_web::{HttpResponse, HttpServer};

use super::Answered;
use super::error::ApiError;
use super::route::{at, get};
use crate::flows::app::App;
use crate::flows::show_metrics::show_metrics;
use crate::metrics::CONTENT_TYPE;

/// A server of `GET /metrics` on `listener`, and of nothing else.
pub fn serve_metrics(app: App, listener: TcpListener) -> std::io::Result<Server> {
    let app = Data::new(app);
    let server = HttpServer::new(move || {
        actix_web::App::new().app_data(app.clone()).service(at("/metrics", [get(show)]).resource)
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(1).listen(listener)?.run())
}

async fn show(app: Data<App>) -> Answered {
    let shown = show_metrics(&app).await.map_err(|error| ApiError::Bug(format!("writing metrics: {error}")))?;
    Ok(HttpResponse::Ok().content_type(CONTENT_TYPE).body(shown))
}
