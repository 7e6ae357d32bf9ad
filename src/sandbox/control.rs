//! The control port: where a test, or a developer at the keyboard, plays payer, portal, bank and time.
//!
//! No login, so it must never answer a web page: it wants a `Host` that is this machine and JSON as content type,
//! which no page of another site can send. Every call lets everything settle before it acts and before it answers.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Bytes, Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, http::Method};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};

use super::SandboxError;
use super::answers;
use super::askell;
use super::faults::{self, Plan};
use super::office::Office;
use super::payment::{Outcome, Payment, Stamp};
use super::qr;
use super::refusal::Refusal;
use super::request::{is_loopback_host, is_reference};

/// The longest journey in time that one call may take.
const ADVANCE_MAX: TimeDelta = TimeDelta::days(366);

/// All routes of the control port.
pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("/control")
            .wrap(from_fn(admit))
            .route("/payments", web::get().to(payments))
            .route("/payments/{reference}", web::get().to(payment))
            .route("/payments/{reference}/{act}", web::post().to(act))
            .route("/qrs", web::get().to(codes))
            .route("/qrs/{msn}/{code}/scan", web::post().to(scan))
            .route("/askell/payments", web::get().to(askell_payments))
            .route("/askell/payments/{reference}/{act}", web::post().to(askell_act))
            .route("/clock", web::get().to(clock))
            .route("/clock", web::post().to(advance))
            .route("/webhooks", web::get().to(webhooks))
            .route("/calls", web::get().to(calls))
            .route("/faults", web::get().to(planned))
            .route("/faults", web::put().to(plan))
            .route("/faults", web::delete().to(unplan))
            .default_service(web::to(no_such_call)),
    );
}

/// Why a control call is not carried out.
#[derive(Debug)]
enum Trouble {
    /// The request makes no sense.
    Bad(String),
    /// The payment cannot be found, or not be treated so.
    Refused(Refusal),
    /// The sandbox itself fails.
    Broken(SandboxError),
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<SandboxError> for Trouble {
    fn from(error: SandboxError) -> Self {
        Self::Broken(error)
    }
}

/// The `Host` header of a request that a person or program on this machine made on purpose.
pub(super) fn names_this_machine(request: &HttpRequest) -> bool {
    let host = request.headers().get("Host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    is_loopback_host(name)
}

async fn admit<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let carries_json = request.headers().get("Content-Type").and_then(|value| value.to_str().ok());
    let carries_json = carries_json.is_some_and(|value| {
        value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    });
    let no = if !names_this_machine(request.request()) {
        Some((StatusCode::FORBIDDEN, "the Host must be a name of this machine"))
    } else if matches!(*request.method(), Method::POST | Method::PUT) && !carries_json {
        Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/json"))
    } else {
        None
    };
    if let Some((status, detail)) = no {
        return Ok(request.into_response(problem(status, detail)).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// Lets everything settle, does something, and lets everything settle again.
async fn settled<T: Send + 'static>(
    office: &Data<Office>,
    act: impl FnOnce(&Office) -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    let house = office.clone().into_inner();
    let done = office.home.spawn(async move {
        house.settle().await;
        let result = act(&house)?;
        house.settle().await;
        Ok(result)
    });
    done.await.unwrap_or_else(|_| Err(Trouble::Broken(SandboxError::Closed)))
}

async fn payments(office: Data<Office>) -> HttpResponse {
    let listed = settled(&office, |_| Ok(())).await.map(|()| {
        office.read(|world, _| {
            let listed = world.payments().into_iter().map(|payment| answers::controlled(&world.base, payment));
            json!({ "results": listed.collect::<Vec<Value>>() })
        })
    });
    respond(listed)
}

async fn payment(office: Data<Office>, reference: Path<String>) -> HttpResponse {
    let settled = settled(&office, |_| Ok(())).await;
    respond(settled.and_then(|()| show(&office, &reference)))
}

async fn act(office: Data<Office>, path: Path<(String, String)>, body: Bytes) -> HttpResponse {
    let (reference, act) = path.into_inner();
    let Some(act) = Act::named(&act) else { return no_such_call().await };
    let amount = match amount_in(&body) {
        Ok(amount) if amount.is_none() || act.takes_an_amount() => amount,
        Ok(_) => return respond(Err(Trouble::Bad("this act takes no amount".to_owned()))),
        Err(trouble) => return respond(Err(trouble)),
    };
    let name = reference.clone();
    let done = settled(&office, move |office| {
        let done = office.change(|world, now| {
            let msn = world.seller(&name)?;
            world.act((&msn, &name), None, now, |payment, stamp| act.on(payment, amount, stamp))
        })?;
        done.map(|_| ()).map_err(Trouble::from)
    });
    respond(done.await.and_then(|()| show(&office, &reference)))
}

async fn askell_payments(office: Data<Office>) -> HttpResponse {
    let settled = settled(&office, |_| Ok(())).await;
    respond(settled.map(|()| office.read(|world, _| askell::control::payments(world))))
}

async fn askell_act(office: Data<Office>, path: Path<(String, String)>) -> HttpResponse {
    let (reference, act) = path.into_inner();
    let done = settled(&office, move |office| {
        Ok(office.change(|world, now| askell::control::act(world, &reference, &act, now))?)
    });
    match done.await {
        Ok(None) => no_such_call().await,
        Ok(Some(Ok(payment))) => respond(Ok(payment)),
        Ok(Some(Err((404, says)))) => problem(StatusCode::NOT_FOUND, says),
        Ok(Some(Err((_, says)))) => problem(StatusCode::CONFLICT, says),
        Err(trouble) => respond(Err(trouble)),
    }
}

fn show(office: &Office, reference: &str) -> Result<Value, Trouble> {
    office.read(|world, _| {
        let msn = world.seller(reference)?;
        Ok(answers::controlled(&world.base, world.payment(&msn, reference)?))
    })
}

/// What payer, bank, time and the portal can do to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Approve,
    Decline,
    Abort,
    Expire,
    Capture,
    Refund,
    Cancel,
}

impl Act {
    fn named(name: &str) -> Option<Self> {
        match name {
            "approve" => Some(Self::Approve),
            "decline" => Some(Self::Decline),
            "abort" => Some(Self::Abort),
            "expire" => Some(Self::Expire),
            "capture" => Some(Self::Capture),
            "refund" => Some(Self::Refund),
            "cancel" => Some(Self::Cancel),
            _ => None,
        }
    }

    fn takes_an_amount(self) -> bool {
        match self {
            Self::Capture | Self::Refund | Self::Cancel => true,
            Self::Approve | Self::Decline | Self::Abort | Self::Expire => false,
        }
    }

    fn on(self, payment: &mut Payment, amount: Option<i64>, stamp: Stamp) -> Outcome {
        match self {
            Self::Approve => payment.approve(stamp),
            Self::Decline => payment.decline(stamp),
            Self::Abort => payment.abort(stamp),
            Self::Expire => payment.expire(stamp),
            Self::Capture => payment.capture(amount.unwrap_or(payment.reserved()), stamp),
            Self::Refund => payment.refund(amount.unwrap_or(payment.refundable()), stamp),
            // The provider releases everything or nothing.
            Self::Cancel if amount.is_some_and(|amount| amount != payment.reserved()) => Err(Refusal::InvalidAmount),
            Self::Cancel => payment.cancel(stamp),
        }
    }
}

fn amount_in(body: &[u8]) -> Result<Option<i64>, Trouble> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Portal {
        amount: Option<i64>,
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let portal: Portal = parse(body)?;
    Ok(portal.amount)
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body).map_err(|cause| Trouble::Bad(cause.to_string()))
}

async fn codes(office: Data<Office>) -> HttpResponse {
    let listed = settled(&office, |_| Ok(())).await.map(|()| {
        office.read(|world, _| {
            let listed = world.codes().all().map(|code| qr::written(&world.base, code));
            json!({ "results": listed.collect::<Vec<Value>>() })
        })
    });
    respond(listed)
}

/// Somebody scans a code at the door.
async fn scan(office: Data<Office>, path: Path<(String, String)>, body: Bytes) -> HttpResponse {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct ByWhom {
        phone: String,
    }
    let (msn, code) = path.into_inner();
    let by: ByWhom = match parse(&body) {
        Ok(by) => by,
        Err(trouble) => return respond(Err(trouble)),
    };
    let done = settled(&office, move |office| {
        let scanned = office.change(|world, now| world.scan((&msn, &code), &by.phone, now))?;
        if scanned { Ok(json!({ "scanned": true })) } else { Err(Refusal::UnknownReference.into()) }
    });
    respond(done.await)
}

async fn clock(office: Data<Office>) -> HttpResponse {
    let settled = settled(&office, |_| Ok(())).await;
    respond(settled.map(|()| time(&office)))
}

async fn advance(office: Data<Office>, body: Bytes) -> HttpResponse {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Advance {
        advance: String,
    }
    let wanted = parse(&body).and_then(|wanted: Advance| {
        let by = faults::span(&wanted.advance).filter(|by| *by <= ADVANCE_MAX);
        by.ok_or_else(|| Trouble::Bad("\"advance\" is written HH:MM:SS, a year at most".to_owned()))
    });
    let by = match wanted {
        Ok(by) => by,
        Err(trouble) => return respond(Err(trouble)),
    };
    let house = office.clone().into_inner();
    let moved = office.home.spawn(async move { house.advance(by).await }).await;
    let moved = moved.unwrap_or(Err(SandboxError::Closed)).map_err(Trouble::from);
    respond(moved.map(|()| time(&office)))
}

fn time(office: &Office) -> Value {
    json!({ "now": answers::moment(office.clock.now()), "offset_seconds": office.clock.offset().num_seconds() })
}

async fn webhooks(office: Data<Office>) -> HttpResponse {
    let listed = settled(&office, |_| Ok(())).await.map(|()| {
        office.read(|world, _| {
            let listed =
                world.hooks().registrations().iter().map(
                    |hook| json!({ "id": hook.id, "url": hook.url, "events": hook.events, "secret": hook.secret }),
                );
            json!({ "results": listed.collect::<Vec<Value>>() })
        })
    });
    respond(listed)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    reference: Option<String>,
}

async fn calls(office: Data<Office>, which: Query<Which>) -> HttpResponse {
    if which.reference.as_deref().is_some_and(|reference| !is_reference(reference)) {
        return respond(Err(Trouble::Bad("this is no reference".to_owned())));
    }
    let settled = settled(&office, |_| Ok(())).await;
    respond(settled.map(|()| json!({ "results": office.calls(which.reference.as_deref()) })))
}

async fn planned(office: Data<Office>) -> HttpResponse {
    let settled = settled(&office, |_| Ok(())).await;
    respond(settled.map(|()| in_force(&office)))
}

async fn plan(office: Data<Office>, body: Bytes) -> HttpResponse {
    let wanted: Plan = match parse(&body) {
        Ok(wanted) => wanted,
        Err(trouble) => return respond(Err(trouble)),
    };
    let set = settled(&office, |office| {
        let shown = office.change(|world, _| {
            world.faults.set(wanted)?;
            Ok(json!(world.faults.plan()))
        })?;
        shown.map_err(Trouble::Bad)
    });
    respond(set.await)
}

async fn unplan(office: Data<Office>) -> HttpResponse {
    let cleared = settled(&office, |office| {
        office.change(|world, _| world.faults = faults::Faults::default())?;
        Ok(())
    });
    respond(cleared.await.map(|()| in_force(&office)))
}

fn in_force(office: &Office) -> Value {
    office.read(|world, _| json!(world.faults.plan()))
}

async fn no_such_call() -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "there is no such control call")
}

fn respond(result: Result<Value, Trouble>) -> HttpResponse {
    match result {
        Ok(body) => HttpResponse::Ok().json(body),
        Err(Trouble::Bad(detail)) => problem(StatusCode::BAD_REQUEST, &detail),
        Err(Trouble::Refused(Refusal::UnknownReference)) => {
            problem(StatusCode::NOT_FOUND, Refusal::UnknownReference.says())
        }
        Err(Trouble::Refused(refusal)) => problem(StatusCode::CONFLICT, refusal.says()),
        Err(Trouble::Broken(error)) => {
            tracing::error!(error = %error, "a control call failed");
            problem(StatusCode::INTERNAL_SERVER_ERROR, "the sandbox has stopped; see its log")
        }
    }
}

fn problem(status: StatusCode, detail: &str) -> HttpResponse {
    let title = status.canonical_reason().unwrap_or("Error");
    HttpResponse::build(status).json(json!({ "title": title, "status": status.as_u16(), "detail": detail }))
}
