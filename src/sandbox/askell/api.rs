//! Áskell's HTTP API: who calls, what goes wrong on purpose, and what is answered. Every path ends with a slash.

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::BASE;
use super::account::{Checkout, Customer, Payment, Stage, State};
use super::shop::{Act, No};
use super::wire::{self, NewCheckout, NewCustomer, NewHook, NewMethod, NewPayment};
use crate::clock::Timestamp;
use crate::sandbox::answers;
use crate::sandbox::api::send;
use crate::sandbox::call::Answer;
use crate::sandbox::faults::{Do, Fault, On};
use crate::sandbox::office::{CallNote, Office};
use crate::sandbox::world::World;

/// How many lines a page of a list has: few, so that whoever reads only the first one is found out.
const PAGE: usize = 3;

/// One operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `POST /customers/`.
    AddCustomer,
    /// `GET /customers/{reference}/`.
    ShowCustomer,
    /// `POST /customers/paymentmethod/`.
    AttachCard,
    /// `POST /checkouts/`.
    OpenPage,
    /// `GET /checkouts/{token}/`.
    ShowPage,
    /// `POST /payments/`.
    AddPayment,
    /// `GET /payments/`.
    ListPayments,
    /// `GET /payments/{uuid}/`.
    ShowPayment,
    /// `POST /payments/{uuid}/retry/`.
    Retry,
    /// `POST /payments/{uuid}/refund/`.
    Refund,
    /// `POST /webhooks/`.
    AddHook,
    /// `GET /webhooks/`.
    ListHooks,
    /// `DELETE /webhooks/{id}/`.
    DeleteHook,
}

impl Operation {
    /// What a fault that strikes it is planned on.
    fn watched(self) -> Option<On> {
        match self {
            Self::AddCustomer | Self::ShowCustomer | Self::AttachCard | Self::OpenPage | Self::ShowPage => {
                Some(On::Card)
            }
            Self::AddPayment => Some(On::Create),
            Self::ListPayments => Some(On::List),
            Self::ShowPayment => Some(On::Get),
            Self::Retry => Some(On::Retry),
            Self::Refund => Some(On::Refund),
            Self::AddHook | Self::ListHooks | Self::DeleteHook => None,
        }
    }
}

/// All routes.
pub(in crate::sandbox) fn routes(config: &mut ServiceConfig) {
    macro_rules! call {
        ($operation:ident) => {
            |office: Data<Office>, request: HttpRequest, body: Bytes| {
                serve(Operation::$operation, office, request, body)
            }
        };
    }
    config.service(
        web::scope(BASE)
            .route("/customers/", web::post().to(call!(AddCustomer)))
            .route("/customers/paymentmethod/", web::post().to(call!(AttachCard)))
            .route("/customers/{name}/", web::get().to(call!(ShowCustomer)))
            .route("/checkouts/", web::post().to(call!(OpenPage)))
            .route("/checkouts/{name}/", web::get().to(call!(ShowPage)))
            .route("/payments/", web::post().to(call!(AddPayment)))
            .route("/payments/", web::get().to(call!(ListPayments)))
            .route("/payments/{name}/", web::get().to(call!(ShowPayment)))
            .route("/payments/{name}/retry/", web::post().to(call!(Retry)))
            .route("/payments/{name}/refund/", web::post().to(call!(Refund)))
            .route("/webhooks/", web::post().to(call!(AddHook)))
            .route("/webhooks/", web::get().to(call!(ListHooks)))
            .route("/webhooks/{name}/", web::delete().to(call!(DeleteHook)))
            .default_service(web::to(not_found)),
    );
}

async fn not_found() -> HttpResponse {
    HttpResponse::NotFound().content_type("text/html").body("<h1>Not Found</h1>")
}

/// One call, read from its request.
pub(super) struct Call {
    pub(super) operation: Operation,
    pub(super) account: String,
    pub(super) name: String,
    pub(super) page: usize,
    pub(super) body: Vec<u8>,
    pub(super) has_json: bool,
}

async fn serve(operation: Operation, office: Data<Office>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let _under_way = office.busy.begin().await;
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let account = match account(header("Authorization")) {
        Ok(account) => account.to_owned(),
        Err(no) => return send(refused(no), None, false).await,
    };
    let query = request.query_string().split('&').find_map(|pair| pair.strip_prefix("page="));
    let call = Call {
        operation,
        account,
        name: request.match_info().get("name").unwrap_or_default().to_owned(),
        page: query.and_then(|page| page.parse().ok()).unwrap_or(1),
        body: body.to_vec(),
        has_json: header("Content-Type").starts_with("application/json"),
    };
    let handled = office.change(|world, now| handle(world, &call, now));
    let (answer, reference, fault) = handled.unwrap_or_else(|error| {
        tracing::error!(error = %error, "the sandbox cannot write down what it did");
        (refused((500, "Internal server error")), None, None)
    });
    let kind = fault.as_ref().map(|fault| fault.kind);
    let cut_off = matches!(kind, Some(Do::TimeoutBefore | Do::TimeoutAfter));
    office.note_call(CallNote {
        at: answers::moment(office.clock.now()),
        method: request.method().to_string(),
        path: request.path().to_owned(),
        reference,
        idempotency_key: None,
        status: (!cut_off).then_some(answer.status),
        fault: kind.map(Do::name),
    });
    send(answer, fault, cut_off).await
}

/// Whose key it is. A sandbox takes any private key but those that begin with "wrong".
fn account(authorization: &str) -> Result<&str, No> {
    let Some(key) = authorization.strip_prefix("Api-Key ").filter(|key| !key.is_empty()) else {
        return Err((401, "Authentication credentials were not provided."));
    };
    if key.starts_with("wrong") {
        return Err((401, "Invalid API key."));
    }
    if key.starts_with("public") {
        return Err((403, "You do not have permission to perform this action."));
    }
    Ok(key)
}

fn refused((status, says): No) -> Answer {
    Answer::json(status, &json!({ "detail": says }))
}

/// What one call does; with the reference that it is about, and the fault that struck it.
pub(super) fn handle(world: &mut World, call: &Call, now: Timestamp) -> (Answer, Option<String>, Option<Fault>) {
    world.catch_up(now);
    let reference = match call.operation {
        Operation::AddPayment => wanted_reference(&call.body),
        Operation::ShowPayment | Operation::Retry | Operation::Refund => {
            world.askell.payment(&call.account, &call.name).and_then(|payment| payment.reference.clone())
        }
        Operation::AddCustomer
        | Operation::ShowCustomer
        | Operation::AttachCard
        | Operation::OpenPage
        | Operation::ShowPage
        | Operation::ListPayments
        | Operation::AddHook
        | Operation::ListHooks
        | Operation::DeleteHook => None,
    };
    let about = reference.clone().unwrap_or_default();
    let fault = call.operation.watched().and_then(|on| world.faults.draw(on, &about));
    let planned = |fault: &Fault| refused((fault.status, "A planned fault."));
    let answer = match &fault {
        Some(planned_fault) => match planned_fault.kind {
            Do::ErrorBefore | Do::TimeoutBefore | Do::Status => planned(planned_fault),
            Do::ErrorAfter => {
                drop(carry_out(world, call, now));
                planned(planned_fault)
            }
            Do::TimeoutAfter | Do::Slow | Do::Lose | Do::Double | Do::Delay | Do::Reorder => {
                carry_out(world, call, now).unwrap_or_else(refused)
            }
        },
        None => carry_out(world, call, now).unwrap_or_else(refused),
    };
    (answer, reference, fault)
}

fn wanted_reference(body: &[u8]) -> Option<String> {
    let said: Value = serde_json::from_slice(body).ok()?;
    said.get("reference")?.as_str().map(str::to_owned)
}

fn read<T: DeserializeOwned>(call: &Call) -> Result<T, No> {
    if !call.has_json {
        return Err((415, "Unsupported media type in request."));
    }
    serde_json::from_slice(&call.body).map_err(|_cause| (400, "A field is missing, unknown or of the wrong kind."))
}

const MISSING: No = (404, "Not found.");

fn carry_out(world: &mut World, call: &Call, now: Timestamp) -> Result<Answer, No> {
    let account = call.account.clone();
    let (status, body) = match call.operation {
        Operation::AddCustomer => {
            let new: NewCustomer = read(call)?;
            if new.customer_reference.is_empty() || !new.email.contains('@') {
                return Err((400, "A customer has a reference and an email address."));
            }
            let customer = Customer {
                account,
                reference: new.customer_reference,
                email: new.email,
                first_name: new.first_name,
                last_name: new.last_name,
                card: None,
            };
            let shown = wire::customer(&customer);
            world.askell.add_customer(customer)?;
            (201, shown)
        }
        Operation::ShowCustomer => (200, wire::customer(world.askell.customer(&account, &call.name).ok_or(MISSING)?)),
        Operation::AttachCard => {
            let new: NewMethod = read(call)?;
            world.askell.attach(&account, &new.customer_reference, &new.token)?;
            (201, json!({ "customer_reference": new.customer_reference }))
        }
        Operation::OpenPage => (201, open_page(world, account, &read(call)?)?),
        Operation::ShowPage => {
            let found = world.askell.checkout(&call.name).filter(|checkout| checkout.account == account);
            (200, wire::checkout(found.ok_or(MISSING)?, &world.base))
        }
        Operation::AddPayment => (201, add_payment(world, account, read(call)?, now)?),
        Operation::ListPayments => (200, list(world, &account, call.page)),
        Operation::ShowPayment => (200, wire::payment(world.askell.payment(&account, &call.name).ok_or(MISSING)?)),
        Operation::Retry => (200, act(world, call, Act::Retry, now)?),
        Operation::Refund => (200, act(world, call, Act::Refund, now)?),
        Operation::AddHook => {
            let new: NewHook = read(call)?;
            let secret = world.random.secret();
            (201, wire::hook(&world.askell.add_hook(&account, new.url, new.events, secret)))
        }
        Operation::ListHooks => (200, world.askell.hooks(&account).map(wire::hook).collect::<Value>()),
        Operation::DeleteHook => {
            let id = call.name.parse().map_err(|_no_id| MISSING)?;
            if !world.askell.delete_hook(&account, id) {
                return Err(MISSING);
            }
            return Ok(Answer::empty(204));
        }
    };
    Ok(Answer::json(status, &body))
}

fn open_page(world: &mut World, account: String, new: &NewCheckout) -> Result<Value, No> {
    if new.currency != "ISK" || new.payment_processor.is_empty() || new.capture_only != Some(true) {
        return Err((400, "A page for a card names its acquirer and its currency."));
    }
    let checkout = Checkout {
        account,
        token: world.random.uuid().simple().to_string(),
        return_url: new.return_url.clone(),
        stage: Stage::Initial,
        attached_to: None,
    };
    let shown = wire::checkout(&checkout, &world.base);
    world.askell.add_checkout(checkout);
    Ok(shown)
}

fn add_payment(world: &mut World, account: String, new: NewPayment, now: Timestamp) -> Result<Value, No> {
    let Some(amount) = new.amount().filter(|_| new.currency == "ISK") else {
        return Err((400, "An amount is whole krónur, written as a decimal number."));
    };
    let payment = Payment {
        number: 0,
        account,
        uuid: world.random.uuid().to_string(),
        customer: new.customer_reference,
        amount,
        currency: new.currency,
        description: new.description.unwrap_or_default(),
        // Nothing says that a reference is there once only.
        reference: new.reference,
        state: State::Pending,
        transaction: world.random.uuid().to_string(),
        failures: 0,
        retries: 0,
        due_at: None,
        refund_code: None,
        created_at: now,
        updated_at: now,
    };
    Ok(wire::payment(&world.askell.add_payment(payment, &mut world.faults, now)?))
}

/// A page of the list. Nothing says that it can be filtered, so it cannot.
fn list(world: &World, account: &str, page: usize) -> Value {
    let all = world.askell.payments(account);
    let results: Vec<Value> =
        all.iter().skip(page.saturating_sub(1).saturating_mul(PAGE)).take(PAGE).map(|one| wire::payment(one)).collect();
    let has_more = page.saturating_mul(PAGE) < all.len();
    let next = has_more.then(|| format!("{}{BASE}/payments/?page={}", world.base, page.saturating_add(1)));
    json!({ "count": all.len(), "next": next, "previous": null, "results": results })
}

fn act(world: &mut World, call: &Call, act: Act, now: Timestamp) -> Result<Value, No> {
    if !call.body.is_empty() && call.body != b"{}" {
        return Err((400, "This takes no fields."));
    }
    let number = world.askell.payment(&call.account, &call.name).ok_or(MISSING)?.number;
    let chance = (&mut world.faults, &mut world.random);
    Ok(wire::payment(&world.askell.act(number, act, chance, now)?))
}
