//! The provider's HTTP API: access token, payments and webhooks.
//!
//! It turns requests into calls and answers into responses; what is decided is decided at the desk.

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::call::{Answer, Call, Kind, Operation};
use super::desk::{self, Handled};
use super::faults::{Do, Fault};
use super::office::{CallNote, Office};
use super::world::World;
use super::{answers, request, token};
use crate::clock::{self, Timestamp};

/// All routes of the provider.
pub(super) fn routes(config: &mut ServiceConfig) {
    macro_rules! call {
        ($operation:ident) => {
            |office: Data<Office>, request: HttpRequest, body: Bytes| {
                serve(Operation::$operation, office, request, body)
            }
        };
    }
    config
        .route("/accesstoken/get", web::post().to(call!(Token)))
        .route("/accessToken/get", web::post().to(call!(Token)))
        .route("/epayment/v1/payments", web::post().to(call!(Create)))
        .route("/epayment/v1/payments/{name}", web::get().to(call!(Get)))
        .route("/epayment/v1/payments/{name}/events", web::get().to(call!(Events)))
        .route("/epayment/v1/payments/{name}/cancel", web::post().to(call!(Cancel)))
        .route("/epayment/v1/payments/{name}/capture", web::post().to(call!(Capture)))
        .route("/epayment/v1/payments/{name}/refund", web::post().to(call!(Refund)))
        .route("/epayment/v1/test/payments/{name}/approve", web::post().to(call!(Approve)))
        .route("/webhooks/v1/webhooks", web::post().to(call!(Register)))
        .route("/webhooks/v1/webhooks", web::get().to(call!(List)))
        .route("/webhooks/v1/webhooks/{name}", web::delete().to(call!(Unregister)));
}

/// The answer to a path that the provider does not have.
pub(super) async fn not_found() -> HttpResponse {
    respond(Answer::gateway(404, "Resource not found", None))
}

async fn serve(operation: Operation, office: Data<Office>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let _under_way = office.busy.begin().await;
    let call = read(operation, &request, &body);
    let handled = office.change(|world, now| match gate(world, &call, &request, office.clock.machine_now()) {
        Some(answer) => Handled { answer, fault: None },
        None => carry_out(world, &call, now, office.clock.machine_now()),
    });
    let Handled { answer, fault } = handled.unwrap_or_else(|error| {
        tracing::error!(error = %error, "the sandbox cannot write down what it did");
        Handled { answer: Answer::gateway(500, "Internal server error", None), fault: None }
    });
    let kind = fault.as_ref().map(|fault| fault.kind);
    let cut_off = matches!(kind, Some(Do::TimeoutBefore | Do::TimeoutAfter));
    let reference = match operation {
        Operation::Token | Operation::Register | Operation::List | Operation::Unregister => None,
        Operation::Create
        | Operation::Get
        | Operation::Events
        | Operation::Cancel
        | Operation::Capture
        | Operation::Refund
        | Operation::Approve => Some(call.reference),
    };
    office.note_call(CallNote {
        at: answers::moment(office.clock.now()),
        method: request.method().to_string(),
        path: call.path,
        reference,
        idempotency_key: call.key,
        status: (!cut_off).then_some(answer.status),
        fault: kind.map(Do::name),
    });
    send(answer, fault, cut_off).await
}

/// Sends an answer, or drops the connection.
pub(super) async fn send(answer: Answer, fault: Option<Fault>, cut_off: bool) -> HttpResponse {
    if cut_off {
        // The promised body fails before its first byte, so the server drops the connection with nothing sent.
        let nothing = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("a planned timeout")) });
        return HttpResponse::Ok().body(SizedStream::new(1, Box::pin(nothing)));
    }
    if let Some(late) = fault.filter(|fault| fault.kind == Do::Slow) {
        clock::sleep(late.delay.to_std().unwrap_or_default()).await;
    }
    respond(answer)
}

fn carry_out(world: &mut World, call: &Call, now: Timestamp, machine_now: Timestamp) -> Handled {
    let mut handled = desk::handle(world, call, now);
    if call.operation == Operation::Token && handled.answer.status == 200 {
        handled.answer = Answer::json(200, &token::issue(&world.token_key, machine_now));
    }
    handled
}

pub(super) fn read(operation: Operation, request: &HttpRequest, body: &Bytes) -> Call {
    let reference = match operation {
        Operation::Create => request::reference_in(body),
        Operation::Token
        | Operation::Get
        | Operation::Events
        | Operation::Cancel
        | Operation::Capture
        | Operation::Refund
        | Operation::Approve
        | Operation::Register
        | Operation::List
        | Operation::Unregister => request.match_info().get("name").unwrap_or_default().to_owned(),
    };
    Call {
        operation,
        msn: header(request, "Merchant-Serial-Number").to_owned(),
        subscription_key: header(request, "Ocp-Apim-Subscription-Key").to_owned(),
        reference,
        key: Some(header(request, "Idempotency-Key").to_owned()).filter(|key| !key.is_empty()),
        path: request.path().to_owned(),
        body: body.to_vec(),
    }
}

/// Keeps out whoever does not carry what every call must carry.
pub(super) fn gate(world: &mut World, call: &Call, request: &HttpRequest, machine_now: Timestamp) -> Option<Answer> {
    if call.subscription_key.is_empty() {
        let says = "Access denied due to missing subscription key. Make sure to include subscription key when \
                    making requests to an API.";
        return Some(Answer::gateway(401, says, None));
    }
    if call.operation == Operation::Token {
        let named = !header(request, "client_id").is_empty() && !header(request, "client_secret").is_empty();
        return (!named).then(|| Answer::gateway(401, "Access denied due to missing client credentials.", None));
    }
    if !token::is_good(&world.token_key, header(request, "Authorization"), machine_now) {
        return Some(Answer::gateway(401, "Unauthorized. Access token is missing or invalid.", None));
    }
    if !(4..=6).contains(&call.msn.len()) || !call.msn.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(malformed(world, call, "Merchant-Serial-Number", "The header is required: 4 to 6 digits."));
    }
    for name in ["Vipps-System-Name", "Vipps-System-Version", "Vipps-System-Plugin-Name", "Vipps-System-Plugin-Version"]
    {
        if header(request, name).len() > 30 {
            return Some(malformed(world, call, name, "At most 30 characters."));
        }
    }
    let is_json = header(request, "Content-Type").starts_with("application/json");
    if !call.body.is_empty() && !is_json {
        return Some(Answer::planned(415, None, &call.path, Uuid::nil()));
    }
    None
}

fn malformed(world: &mut World, call: &Call, field: &str, reason: &str) -> Answer {
    Answer::malformed(&[(field.to_owned(), reason.to_owned())], &call.path, world.random.uuid())
}

pub(super) fn header<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

pub(super) fn respond(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if let Some(seconds) = answer.retry_after {
        response.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    match answer.kind {
        Kind::Empty => response.finish(),
        Kind::Json => response.insert_header((CONTENT_TYPE, "application/json; charset=utf-8")).body(answer.body),
        Kind::Problem => response.insert_header((CONTENT_TYPE, "application/problem+json")).body(answer.body),
    }
}
