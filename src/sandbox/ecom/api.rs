//! The addresses of eCom. It turns requests into calls; what is decided is decided at the desk.

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::desk::{self, Endpoint};
use super::refusal::No;
use super::request;
use crate::clock::Timestamp;
use crate::sandbox::api::{header, send};
use crate::sandbox::call::{Answer, Call};
use crate::sandbox::desk::Handled;
use crate::sandbox::faults::Do;
use crate::sandbox::office::{CallNote, Office};
use crate::sandbox::world::World;
use crate::sandbox::{answers, token};

/// All routes of eCom.
pub(in crate::sandbox) fn routes(config: &mut ServiceConfig) {
    macro_rules! call {
        ($endpoint:ident) => {
            |office: Data<Office>, request: HttpRequest, body: Bytes| serve(Endpoint::$endpoint, office, request, body)
        };
    }
    config
        .route("/ecomm/v2/payments", web::post().to(call!(Initiate)))
        .route("/ecomm/v2/payments/{name}/capture", web::post().to(call!(Capture)))
        .route("/ecomm/v2/payments/{name}/cancel", web::put().to(call!(Cancel)))
        .route("/ecomm/v2/payments/{name}/refund", web::post().to(call!(Refund)))
        .route("/ecomm/v2/payments/{name}/details", web::get().to(call!(Details)))
        .route("/ecomm/v2/payments/{name}/status", web::get().to(call!(Status)))
        .route("/ecomm/v2/integration-test/payments/{name}/approve", web::post().to(call!(Approve)));
}

async fn serve(endpoint: Endpoint, office: Data<Office>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let _under_way = office.busy.begin().await;
    let call = read(endpoint, &request, &body);
    let handled = office.change(|world, now| match gate(world, &call, &request, office.clock.machine_now()) {
        Some(answer) => Handled { answer, fault: None },
        None => desk::handle(world, endpoint, &call, now),
    });
    let Handled { answer, fault } = handled.unwrap_or_else(|error| {
        tracing::error!(error = %error, "the sandbox cannot write down what it did");
        Handled { answer: Answer::gateway(500, "Internal server error", None), fault: None }
    });
    let kind = fault.as_ref().map(|fault| fault.kind);
    let cut_off = matches!(kind, Some(Do::TimeoutBefore | Do::TimeoutAfter));
    office.note_call(CallNote {
        at: answers::moment(office.clock.now()),
        method: request.method().to_string(),
        path: call.path,
        reference: Some(call.reference),
        idempotency_key: call.key,
        status: (!cut_off).then_some(answer.status),
        fault: kind.map(Do::name),
    });
    send(answer, fault, cut_off).await
}

fn read(endpoint: Endpoint, request: &HttpRequest, body: &Bytes) -> Call {
    let reference = match endpoint {
        Endpoint::Initiate => request::order_in(body),
        Endpoint::Capture
        | Endpoint::Cancel
        | Endpoint::Refund
        | Endpoint::Details
        | Endpoint::Status
        | Endpoint::Approve => request.match_info().get("name").unwrap_or_default().to_owned(),
    };
    Call {
        operation: endpoint.operation(),
        msn: header(request, "Merchant-Serial-Number").to_owned(),
        subscription_key: header(request, "Ocp-Apim-Subscription-Key").to_owned(),
        reference,
        key: Some(header(request, "X-Request-Id").to_owned()).filter(|key| !key.is_empty()),
        path: request.path().to_owned(),
        body: body.to_vec(),
    }
}

/// Keeps out whoever does not carry what every call must carry.
fn gate(world: &mut World, call: &Call, request: &HttpRequest, machine_now: Timestamp) -> Option<Answer> {
    if call.subscription_key.is_empty() {
        return Some(Answer::gateway(401, "Access denied due to missing subscription key.", None));
    }
    if !token::is_good(&world.token_key, header(request, "Authorization"), machine_now) {
        return Some(Answer::gateway(401, "Unauthorized. Access token is missing or invalid.", None));
    }
    if call.msn.is_empty() || !call.msn.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(No::Field("Merchant-Serial-Number").answer(world.random.uuid()));
    }
    for name in ["Vipps-System-Name", "Vipps-System-Version", "Vipps-System-Plugin-Name", "Vipps-System-Plugin-Version"]
    {
        if header(request, name).len() > 30 {
            return Some(No::Field(name).answer(world.random.uuid()));
        }
    }
    if !call.body.is_empty() && !header(request, "Content-Type").starts_with("application/json") {
        return Some(Answer::gateway(415, "Unsupported Media Type", None));
    }
    None
}
