//! The provider's front desk: takes one call through limits, planned faults and remembered keys to the world.
//!
//! Pure. The order is the provider's own: the gateway counts first, then a fault may strike, then the key decides
//! whether anything happens at all.

use serde_json::json;
use uuid::Uuid;

use super::answers;
use super::call::{Answer, Call, Operation};
use super::faults::{Do, Fault, On};
use super::hooks::Registration;
use super::payment::{Payment, Stamp};
use super::refusal::Refusal;
use super::request::{self, No};
use super::wire;
use super::world::World;
use crate::clock::Timestamp;

const KEY_MAX: usize = 50;

/// What becomes of a call.
#[derive(Debug)]
pub(super) struct Handled {
    /// What would be answered.
    pub(super) answer: Answer,
    /// What goes wrong on the way out, if anything.
    pub(super) fault: Option<Fault>,
}

/// Takes one call.
pub(super) fn handle(world: &mut World, call: &Call, now: Timestamp) -> Handled {
    world.catch_up(now);
    if let Err(seconds) = world.limits.admit(call, now) {
        let says = format!("Rate limit is exceeded. Try again in {seconds} seconds.");
        return Handled { answer: Answer::gateway(429, &says, Some(seconds)), fault: None };
    }
    let fault = watched(call.operation).and_then(|on| world.faults.draw(on, &call.reference));
    let trace = world.random.uuid();
    let answer = match fault.as_ref().map(|fault| fault.kind) {
        Some(Do::ErrorBefore | Do::TimeoutBefore) => planned(fault.as_ref(), call, trace),
        Some(Do::Status) => {
            let answer = planned(fault.as_ref(), call, trace);
            world.keep(call, &answer);
            answer
        }
        Some(Do::ErrorAfter) => {
            keyed(world, call, now, trace);
            planned(fault.as_ref(), call, trace)
        }
        Some(Do::TimeoutAfter | Do::Slow | Do::Lose | Do::Double | Do::Delay | Do::Reorder) | None => {
            keyed(world, call, now, trace)
        }
    };
    Handled { answer, fault }
}

fn planned(fault: Option<&Fault>, call: &Call, trace: Uuid) -> Answer {
    let status = fault.map_or(500, |fault| fault.status);
    let answer = Answer::planned(status, fault.and_then(|fault| fault.code.as_deref()), &call.path, trace);
    // Who counts calls also says when the next one may come.
    let retry_after = fault.filter(|_| status == 429).map(|fault| fault.delay.num_seconds());
    Answer { retry_after, ..answer }
}

/// A call under a known key gets its first answer; any other is carried out.
fn keyed(world: &mut World, call: &Call, now: Timestamp, trace: Uuid) -> Answer {
    if let Some(reason) = key_trouble(call) {
        return Answer::malformed(&[("Idempotency-Key".to_owned(), reason.to_owned())], &call.path, trace);
    }
    let changes_state = match call.operation {
        Operation::Create | Operation::Cancel | Operation::Capture | Operation::Refund => true,
        Operation::Token
        | Operation::Get
        | Operation::Events
        | Operation::Approve
        | Operation::Register
        | Operation::List
        | Operation::Unregister => false,
    };
    if !changes_state {
        return perform(world, call, now).unwrap_or_else(|no| refused(no, call, trace));
    }
    match world.keys().recall(call) {
        Some(Ok(first)) => first,
        Some(Err(conflict)) => Answer::refused(conflict, &call.path, trace),
        None => {
            let answer = perform(world, call, now).unwrap_or_else(|no| refused(no, call, trace));
            world.keep(call, &answer);
            answer
        }
    }
}

fn key_trouble(call: &Call) -> Option<&'static str> {
    match call.operation {
        Operation::Create | Operation::Capture | Operation::Refund if call.key.is_none() => {
            Some("The header is required.")
        }
        Operation::Create | Operation::Capture | Operation::Refund | Operation::Cancel
            if call.key.as_ref().is_some_and(|key| key.len() > KEY_MAX) =>
        {
            Some("At most 50 characters.")
        }
        Operation::Create
        | Operation::Capture
        | Operation::Refund
        | Operation::Cancel
        | Operation::Token
        | Operation::Get
        | Operation::Events
        | Operation::Approve
        | Operation::Register
        | Operation::List
        | Operation::Unregister => None,
    }
}

fn refused(no: No, call: &Call, trace: Uuid) -> Answer {
    match no {
        No::Refused(refusal) => Answer::refused(refusal, &call.path, trace),
        No::Malformed(fields) => Answer::malformed(&fields, &call.path, trace),
    }
}

fn perform(world: &mut World, call: &Call, now: Timestamp) -> Result<Answer, No> {
    let name = (call.msn.as_str(), call.reference.as_str());
    let key = call.key.clone();
    match call.operation {
        // The token is made outside: it lives by machine time.
        Operation::Token => Ok(Answer::empty(200)),
        Operation::Create => {
            let terms = request::new_payment(&call.body)?;
            let payment = world.create(&call.msn, terms, key, now)?;
            Ok(Answer::json(201, &answers::created(&world.base, &payment)))
        }
        Operation::Get => {
            let payment = world.payment(name.0, name.1)?;
            Ok(Answer::json(200, &answers::payment(&world.base, payment)))
        }
        Operation::Events => Ok(Answer::json(200, &answers::events(world.payment(name.0, name.1)?))),
        Operation::Cancel => {
            let wanted: wire::Cancel = request::parse_or_default(&call.body)?;
            let only_unapproved = wanted.cancel_transaction_only.unwrap_or(false);
            let cancel = if only_unapproved { Payment::cancel_unapproved } else { Payment::cancel };
            modified(world.act(name, key, now, cancel)?)
        }
        Operation::Capture => {
            let value = request::modification(&call.body)?;
            modified(world.act(name, key, now, |payment, stamp| payment.capture(value, stamp))?)
        }
        Operation::Refund => {
            let value = request::modification(&call.body)?;
            modified(world.act(name, key, now, |payment, stamp| payment.refund(value, stamp))?)
        }
        Operation::Approve => {
            let token = request::force_approve(&call.body)?;
            world.act(name, None, now, |payment, stamp| approve_with(payment, token.as_deref(), stamp))?;
            Ok(Answer::empty(200))
        }
        Operation::Register => register(world, call),
        Operation::List => {
            let own = world.hooks().registrations().iter().filter(|hook| hook.msn == call.msn);
            Ok(Answer::json(200, &answers::webhooks(own)))
        }
        Operation::Unregister => {
            let id = Uuid::parse_str(&call.reference).ok();
            if id.is_some_and(|id| world.change_hooks(|hooks| hooks.unregister(&call.msn, id))) {
                return Ok(Answer::empty(204));
            }
            Err(No::Malformed(vec![("id".to_owned(), "There is no such webhook.".to_owned())]))
        }
    }
}

fn modified(payment: Payment) -> Result<Answer, No> {
    Ok(Answer::json(200, &answers::modified(&payment)))
}

fn approve_with(payment: &mut Payment, token: Option<&str>, stamp: Stamp) -> super::payment::Outcome {
    if token.is_some_and(|token| token != payment.landing_token) {
        return Err(Refusal::UnknownReference);
    }
    payment.approve(stamp)
}

fn register(world: &mut World, call: &Call) -> Result<Answer, No> {
    let wanted = request::registration(&call.body)?;
    let (id, secret) = (world.random.uuid(), world.random.secret());
    let registration = Registration {
        id,
        msn: call.msn.clone(),
        url: wanted.url,
        events: wanted.events,
        secret: secret.clone(),
        failing_since: None,
    };
    world.change_hooks(|hooks| hooks.register(registration)).map_err(No::Malformed)?;
    Ok(Answer::json(201, &json!({ "id": id, "secret": secret })))
}

fn watched(operation: Operation) -> Option<On> {
    match operation {
        Operation::Token => Some(On::Token),
        Operation::Create => Some(On::Create),
        Operation::Get => Some(On::Get),
        Operation::Events => Some(On::Events),
        Operation::Cancel => Some(On::Cancel),
        Operation::Capture => Some(On::Capture),
        Operation::Refund => Some(On::Refund),
        Operation::Approve | Operation::Register | Operation::List | Operation::Unregister => None,
    }
}
