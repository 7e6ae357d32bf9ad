//! The provider's QR API, as far as codes at the door go: they are listed, made, moved and deleted under the rules that
//! every call is under. Nobody pays here: a scan is what the person at the door does.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers;
use super::api::{gate, read, respond};
use super::call::{Answer, Call, Operation};
use super::codes::{Code, CodeChange};
use super::office::{CallNote, Office};
use super::request;
use super::world::World;

const ID_MAX: usize = 128;
const LOCATION_MAX: usize = 36;

/// Its routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/qr/v1/merchant-callback", web::get().to(list))
        .route("/qr/v1/merchant-callback/{name}", web::get().to(one))
        .route("/qr/v1/merchant-callback/{name}", web::put().to(put))
        .route("/qr/v1/merchant-callback/{name}", web::delete().to(delete));
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Put {
    location_description: String,
}

async fn list(office: Data<Office>, request: HttpRequest, body: Bytes) -> HttpResponse {
    serve(&office, &request, &body, |world, call| {
        let codes: Vec<Value> = world.codes().of(&call.msn).map(|code| written(&world.base, code)).collect();
        Answer::json(200, &json!(codes))
    })
    .await
}

async fn one(office: Data<Office>, request: HttpRequest, body: Bytes) -> HttpResponse {
    serve(&office, &request, &body, |world, call| match world.codes().find(&call.msn, &call.reference) {
        Some(code) => Answer::json(200, &written(&world.base, code)),
        None => missing(world, call),
    })
    .await
}

async fn put(office: Data<Office>, request: HttpRequest, body: Bytes) -> HttpResponse {
    serve(&office, &request, &body, |world, call| {
        let trace = world.random.uuid();
        let bad =
            |field: &str, says: &str| Answer::malformed(&[(field.to_owned(), says.to_owned())], &call.path, trace);
        if call.reference.is_empty() || call.reference.len() > ID_MAX {
            return bad("merchantQrId", "1 to 128 characters.");
        }
        let Ok(Put { location_description: location }) = request::parse(&call.body) else {
            return bad("locationDescription", "The field is required, and there is no other.");
        };
        if location.is_empty() || location.chars().count() > LOCATION_MAX {
            return bad("locationDescription", "1 to 36 characters.");
        }
        let code = Code { msn: call.msn.clone(), id: call.reference.clone(), location };
        world.change_codes(CodeChange::Code(code));
        Answer::empty(200)
    })
    .await
}

async fn delete(office: Data<Office>, request: HttpRequest, body: Bytes) -> HttpResponse {
    serve(&office, &request, &body, |world, call| {
        if world.codes().find(&call.msn, &call.reference).is_none() {
            return missing(world, call);
        }
        world.change_codes(CodeChange::Gone { msn: call.msn.clone(), id: call.reference.clone() });
        Answer::empty(204)
    })
    .await
}

async fn serve(
    office: &Data<Office>,
    request: &HttpRequest,
    body: &Bytes,
    act: impl FnOnce(&mut World, &Call) -> Answer,
) -> HttpResponse {
    let _under_way = office.busy.begin().await;
    // A call that is about no payment is under the rules of one that lists.
    let call = read(Operation::List, request, body);
    let machine_now = office.clock.machine_now();
    let answer = office.change(|world, _| match gate(world, &call, request, machine_now) {
        Some(answer) => answer,
        None => act(world, &call),
    });
    let answer = answer.unwrap_or_else(|error| {
        tracing::error!(error = %error, "the sandbox cannot write down what it did");
        Answer::gateway(500, "Internal server error", None)
    });
    office.note_call(CallNote {
        at: answers::moment(office.clock.now()),
        method: request.method().to_string(),
        path: call.path,
        reference: None,
        idempotency_key: call.key,
        status: Some(answer.status),
        fault: None,
    });
    respond(answer)
}

fn missing(world: &mut World, call: &Call) -> Answer {
    let trace = world.random.uuid();
    Answer::planned(404, None, &call.path, trace)
}

/// What a code says: the address of the page on which somebody plays the person who scans it.
pub(super) fn content(base: &str, code: &Code) -> String {
    format!("{base}/scan?msn={}&code={}", code.msn, code.id)
}

/// A code as the API and the control port show it.
pub(super) fn written(base: &str, code: &Code) -> Value {
    json!({
        "merchantSerialNumber": code.msn,
        "merchantQrId": code.id,
        "locationDescription": code.location,
        "qrImageUrl": format!("{base}/not-drawn.svg"),
        "qrContent": content(base, code),
    })
}
