//! Whether the process lives, and whether it can work: the database answers, is migrated, and its clock agrees with
//! ours. The payment provider has no say in it: sign-ups go on without.

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::TimeDelta;
use serde::Serialize;
use tracing::warn;
use utoipa::ToSchema;

use crate::flows::app::App;
use crate::http::Answered;
use crate::http::error::ApiError;
use crate::http::words::HealthWord;
use crate::telemetry::chain;

/// How far the database's clock may be from ours: claims of two processes are compared by their clocks.
const CLOCK_SKEW_MAX: TimeDelta = TimeDelta::seconds(2);

const NOT_READY: ApiError = ApiError::Unavailable { code: "not_ready", retry_after: 5 };

/// How the process is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `live` or `ready`.
    #[schema(value_type = HealthWord)]
    status: &'static str,
}

/// `GET /health/live`
pub(crate) async fn live() -> Answered {
    Ok(HttpResponse::Ok().json(Health { status: "live" }))
}

/// `GET /health/ready`
pub(crate) async fn ready(app: Data<App>) -> Answered {
    let is_migrated = app.store.is_migrated().await.inspect_err(|error| warn!(error = %chain(error), "not ready"));
    if !is_migrated.unwrap_or(false) {
        return Err(NOT_READY);
    }
    let skew = app.store.clock_skew().await.inspect_err(|error| warn!(error = %chain(error), "not ready"));
    match skew {
        Ok(skew) if skew.abs() <= CLOCK_SKEW_MAX => Ok(HttpResponse::Ok().json(Health { status: "ready" })),
        Ok(skew) => {
            warn!(millis = skew.num_milliseconds(), "not ready: the database's clock is off");
            Err(NOT_READY)
        }
        Err(_logged) => Err(NOT_READY),
    }
}
