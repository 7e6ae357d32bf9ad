//! The front desk of eCom: takes one call through limits, planned faults and remembered ids to the world. Pure.

use uuid::Uuid;

use super::refusal::{No, error};
use super::{answers, request};
use crate::clock::Timestamp;
use crate::sandbox::call::{Answer, Call, Operation};
use crate::sandbox::desk::Handled;
use crate::sandbox::faults::{Do, Fault, On};
use crate::sandbox::payment::{Outcome, Payment, Stamp};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::world::World;

/// The most characters of an `X-Request-Id`.
const KEY_MAX: usize = 40;

/// One address of eCom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// A payment is made.
    Initiate,
    /// Reserved money is taken.
    Capture,
    /// A payment is cancelled.
    Cancel,
    /// Taken money is given back.
    Refund,
    /// A payment is read.
    Details,
    /// The same, as it was once.
    Status,
    /// A payment is approved without its payer.
    Approve,
}

impl Endpoint {
    /// What it does, in the words of the other API: keys and faults go by that.
    pub(super) fn operation(self) -> Operation {
        match self {
            Self::Initiate => Operation::Create,
            Self::Capture => Operation::Capture,
            Self::Cancel => Operation::Cancel,
            Self::Refund => Operation::Refund,
            Self::Details | Self::Status => Operation::Get,
            Self::Approve => Operation::Approve,
        }
    }

    fn per_minute(self) -> Option<usize> {
        match self {
            Self::Initiate => Some(2),
            Self::Capture | Self::Cancel | Self::Refund => Some(5),
            Self::Details | Self::Status => Some(120),
            Self::Approve => None,
        }
    }

    fn watched(self) -> Option<On> {
        match self {
            Self::Initiate => Some(On::Create),
            Self::Capture => Some(On::Capture),
            Self::Cancel => Some(On::Cancel),
            Self::Refund => Some(On::Refund),
            Self::Details | Self::Status => Some(On::Get),
            Self::Approve => None,
        }
    }

    /// True where a repeat under the same id is the same call.
    fn is_keyed(self) -> bool {
        match self {
            Self::Capture | Self::Cancel | Self::Refund => true,
            Self::Initiate | Self::Details | Self::Status | Self::Approve => false,
        }
    }

    fn needs_key(self) -> bool {
        match self {
            Self::Capture | Self::Refund => true,
            Self::Initiate | Self::Cancel | Self::Details | Self::Status | Self::Approve => false,
        }
    }
}

/// Takes one call.
pub(super) fn handle(world: &mut World, endpoint: Endpoint, call: &Call, now: Timestamp) -> Handled {
    world.catch_up(now);
    if let Some(most) = endpoint.per_minute() {
        let caller = match endpoint {
            Endpoint::Details | Endpoint::Status => &call.subscription_key,
            Endpoint::Initiate | Endpoint::Capture | Endpoint::Cancel | Endpoint::Refund | Endpoint::Approve => {
                &call.msn
            }
        };
        let name = (endpoint.operation(), format!("ecom {caller}"), call.reference.clone());
        if let Err(seconds) = world.limits.count(name, most, now) {
            let says = format!("Rate limit is exceeded. Try again in {seconds} seconds.");
            return Handled { answer: Answer::gateway(429, &says, Some(seconds)), fault: None };
        }
    }
    let fault = endpoint.watched().and_then(|on| world.faults.draw(on, &call.reference));
    let context = world.random.uuid();
    let answer = match fault.as_ref().map(|fault| fault.kind) {
        Some(Do::ErrorBefore | Do::TimeoutBefore) => planned(fault.as_ref(), context),
        Some(Do::Status) => {
            let answer = planned(fault.as_ref(), context);
            world.keep(&named(endpoint, call), &answer);
            answer
        }
        Some(Do::ErrorAfter) => {
            keyed(world, endpoint, call, (now, context));
            planned(fault.as_ref(), context)
        }
        Some(Do::TimeoutAfter | Do::Slow | Do::Lose | Do::Double | Do::Delay | Do::Reorder) | None => {
            keyed(world, endpoint, call, (now, context))
        }
    };
    Handled { answer, fault }
}

fn planned(fault: Option<&Fault>, context: Uuid) -> Answer {
    let status = fault.map_or(500, |fault| fault.status);
    let retry_after = fault.filter(|_| status == 429).map(|fault| fault.delay.num_seconds());
    let answer = match fault.and_then(|fault| fault.code.as_deref()) {
        Some(code) => error(status, ("Payment", code, "A planned fault."), context),
        None => Answer::gateway(status, "A planned fault.", None),
    };
    Answer { retry_after, ..answer }
}

/// The call with an id that is its own for order, sales unit and address, so that it meets no other.
fn named(endpoint: Endpoint, call: &Call) -> Call {
    let key = call.key.as_ref().filter(|_| endpoint.is_keyed());
    let key = key.map(|key| format!("ecom {endpoint:?} {} {key}", call.reference));
    Call { key, ..call.clone() }
}

/// A call under a known id gets its first answer; any other is carried out.
fn keyed(world: &mut World, endpoint: Endpoint, call: &Call, (now, context): (Timestamp, Uuid)) -> Answer {
    let too_long = call.key.as_ref().is_some_and(|key| key.len() > KEY_MAX);
    if endpoint.is_keyed() && (too_long || (endpoint.needs_key() && call.key.is_none())) {
        return No::Field("X-Request-Id").answer(context);
    }
    let own = named(endpoint, call);
    match world.keys().recall(&own) {
        Some(Ok(first)) => first,
        Some(Err(_other)) => No::OtherBody.answer(context),
        None => {
            let answer = perform(world, endpoint, call, now).unwrap_or_else(|no| no.answer(context));
            world.keep(&own, &answer);
            answer
        }
    }
}

fn perform(world: &mut World, endpoint: Endpoint, call: &Call, now: Timestamp) -> Result<Answer, No> {
    if endpoint == Endpoint::Initiate {
        let (terms, begun) = request::initiate(&call.body, &call.msn)?;
        let payment = world.initiate(&call.msn, terms, begun, now)?;
        return Ok(Answer::json(200, &answers::initiated(&world.base, &payment)));
    }
    // What was made over ePayment is unknown here.
    let payment = world.payment(&call.msn, &call.reference)?;
    if payment.ecom.is_none() {
        return Err(No::UnknownOrder);
    }
    match endpoint {
        Endpoint::Initiate => Err(No::Broken),
        Endpoint::Details => Ok(Answer::json(200, &answers::details(payment))),
        Endpoint::Status => Ok(Answer::json(200, &answers::status(payment))),
        Endpoint::Approve => {
            let token = request::approve(&call.body)?;
            act(world, call, now, |payment, stamp| approve_with(payment, token.as_deref(), stamp))?;
            Ok(Answer::empty(200))
        }
        Endpoint::Capture => {
            let wanted = request::modification(&call.body, &call.msn)?;
            let value = wanted.amount.unwrap_or(payment.reserved());
            let payment = act(world, call, now, |payment, stamp| payment.capture(value, stamp))?;
            Ok(Answer::json(200, &answers::modified(&payment, ("Captured", value, &wanted.text), now)))
        }
        Endpoint::Refund => {
            let wanted = request::modification(&call.body, &call.msn)?;
            let value = wanted.amount.unwrap_or(payment.refundable());
            let payment = act(world, call, now, |payment, stamp| payment.refund(value, stamp))?;
            Ok(Answer::json(200, &answers::modified(&payment, ("Refund", value, &wanted.text), now)))
        }
        Endpoint::Cancel => {
            let wanted = request::cancel(&call.body, &call.msn)?;
            if payment.captured > 0 && !wanted.releases_rest {
                return Err(No::Captured);
            }
            let value = if payment.authorized > 0 { payment.reserved() } else { payment.terms.value };
            let payment = act(world, call, now, Payment::cancel)?;
            Ok(Answer::json(200, &answers::modified(&payment, ("Cancelled", value, &wanted.text), now)))
        }
    }
}

fn act(
    world: &mut World,
    call: &Call,
    now: Timestamp,
    act: impl FnOnce(&mut Payment, Stamp) -> Outcome,
) -> Result<Payment, Refusal> {
    world.act((&call.msn, &call.reference), call.key.clone(), now, act)
}

fn approve_with(payment: &mut Payment, token: Option<&str>, stamp: Stamp) -> Outcome {
    if token.is_some_and(|token| token != payment.landing_token) {
        return Err(Refusal::UnknownReference);
    }
    payment.approve(stamp)
}
