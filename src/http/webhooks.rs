//! Webhooks from the payment provider: verified, the bell rung, answered. Whatever follows happens afterwards.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::Answered;
use super::body::Body;
use super::error::ApiError;
use crate::domain::ids::SalesUnitId;
use crate::domain::refusal::Refusal;
use crate::flows::app::App;
use crate::flows::door::scan::hear_scan;
use crate::flows::hear::{self, Heard, Incoming};
use crate::flows::hear_askell::hear_askell;
use crate::flows::hear_callback::hear_callback;

/// `POST /webhooks/vipps`.
pub async fn vipps(app: Data<App>, request: HttpRequest, body: Body) -> Answered {
    take(app, SalesUnitId::HOUSE, request, body).await
}

/// `POST /webhooks/vipps/{sales_unit_id}`.
pub async fn vipps_of_unit(app: Data<App>, unit: Path<SalesUnitId>, request: HttpRequest, body: Body) -> Answered {
    take(app, unit.into_inner(), request, body).await
}

/// `POST /webhooks/vipps/scans`.
pub async fn scans(app: Data<App>, request: HttpRequest, body: Body) -> Answered {
    answer(hear_scan(&app, SalesUnitId::HOUSE, read(&request, &body)?).await?)
}

/// `POST /webhooks/vipps/{sales_unit_id}/scans`.
pub async fn scans_of_unit(app: Data<App>, unit: Path<SalesUnitId>, request: HttpRequest, body: Body) -> Answered {
    answer(hear_scan(&app, unit.into_inner(), read(&request, &body)?).await?)
}

/// `POST /webhooks/vipps/{sales_unit_id}/v2/payments/{reference}`: a provider that calls back about each payment.
pub async fn vipps_callback(
    app: Data<App>,
    path: Path<(SalesUnitId, String)>,
    request: HttpRequest,
    body: Body,
) -> Answered {
    let (unit, reference) = path.into_inner();
    let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let said = (authorization.unwrap_or_default(), body.bytes()?.as_ref());
    answer(hear_callback(&app, unit, &reference, said).await?)
}

/// `POST /webhooks/askell/{sales_unit_id}`.
pub async fn askell_of_unit(app: Data<App>, unit: Path<SalesUnitId>, request: HttpRequest, body: Body) -> Answered {
    let signature = request.headers().get("Hook-HMAC").and_then(|value| value.to_str().ok()).unwrap_or_default();
    answer(hear_askell(&app, unit.into_inner(), signature, body.bytes()?).await?)
}

async fn take(app: Data<App>, unit: SalesUnitId, request: HttpRequest, body: Body) -> Answered {
    answer(hear::hear(&app, unit, read(&request, &body)?).await?)
}

/// The signed parts of a request.
fn read(request: &HttpRequest, body: &Body) -> Result<Incoming, ApiError> {
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    Ok(Incoming {
        date: header("x-ms-date"),
        content_sha256: header("x-ms-content-sha256"),
        authorization: header("authorization"),
        body: body.bytes()?.to_vec(),
    })
}

fn answer(heard: Heard) -> Answered {
    match heard {
        Heard::Stored => Ok(HttpResponse::Ok().finish()),
        Heard::Forged => Err(Refusal::Unauthenticated.into()),
    }
}
