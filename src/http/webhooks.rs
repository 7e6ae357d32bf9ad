//! Webhooks from the payment provider: verified, the bell rung, answered. Whatever follows happens afterwards.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::Answered;
use super::body::Body;
use crate::domain::ids::SalesUnitId;
use crate::domain::refusal::Refusal;
use crate::flows::app::App;
use crate::flows::hear::{self, Heard, Incoming};

/// `POST /webhooks/vipps`.
pub async fn vipps(app: Data<App>, request: HttpRequest, body: Body) -> Answered {
    take(app, SalesUnitId::HOUSE, request, body).await
}

/// `POST /webhooks/vipps/{sales_unit_id}`.
pub async fn vipps_of_unit(app: Data<App>, unit: Path<SalesUnitId>, request: HttpRequest, body: Body) -> Answered {
    take(app, unit.into_inner(), request, body).await
}

async fn take(app: Data<App>, unit: SalesUnitId, request: HttpRequest, body: Body) -> Answered {
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let incoming = Incoming {
        date: header("x-ms-date"),
        content_sha256: header("x-ms-content-sha256"),
        authorization: header("authorization"),
        body: body.bytes()?.to_vec(),
    };
    match hear::hear(&app, unit, incoming).await? {
        Heard::Stored => Ok(HttpResponse::Ok().finish()),
        Heard::Forged => Err(Refusal::Unauthenticated.into()),
    }
}
