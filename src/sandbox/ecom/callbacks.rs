//! Callbacks: one attempt each, three seconds, no signature, and nobody tries again. Only ever to this machine.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::answers;
use crate::clock::Timestamp;
use crate::sandbox::faults::{Fault, deliveries};
use crate::sandbox::payment::{Event, EventName, Payment};
use crate::sandbox::request::is_loopback_host;

/// The provider waits so long for an answer, and does not read it.
const TIMEOUT: Duration = Duration::from_secs(3);

/// One call that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sandbox) struct Callback {
    pub(in crate::sandbox) number: u64,
    pub(in crate::sandbox) reference: String,
    pub(in crate::sandbox) url: String,
    pub(in crate::sandbox) authorization: Option<String>,
    pub(in crate::sandbox) body: String,
    pub(in crate::sandbox) due_at: Timestamp,
}

/// The calls that are to be made.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Callbacks {
    queue: BTreeMap<u64, Callback>,
    last_number: u64,
}

/// The callback about an event, if there is one: the payer's own acts and his silence are told, the merchant's are not.
pub(in crate::sandbox) fn of_event(payment: &Payment, event: &Event) -> Option<Callback> {
    let begun = payment.ecom.as_ref()?;
    let status = match event.name {
        EventName::Authorized => "RESERVED",
        EventName::Aborted => "CANCELLED",
        EventName::Expired => "REJECTED",
        EventName::Created
        | EventName::Cancelled
        | EventName::Captured
        | EventName::Refunded
        | EventName::Terminated => return None,
    };
    let reference = payment.terms.reference.clone();
    Some(Callback {
        number: 0,
        url: format!("{}/v2/payments/{reference}", begun.callback_prefix),
        reference,
        authorization: begun.auth_token.clone(),
        body: answers::callback(payment, status, event).to_string(),
        due_at: event.at,
    })
}

impl Callbacks {
    /// Puts a call in line the way the planned fault wants it; answers what must be written down.
    pub(in crate::sandbox) fn enqueue(
        &mut self,
        call: &Callback,
        fault: Option<&Fault>,
        now: Timestamp,
    ) -> Vec<Callback> {
        let (copies, late) = deliveries(fault);
        let due_at = now + late;
        let mut new = Vec::new();
        for _ in 0..copies {
            let callback = Callback { number: self.last_number + 1, due_at, ..call.clone() };
            self.restore(callback.clone());
            new.push(callback);
        }
        new
    }

    /// Takes out the next call that is due: it is tried once, whatever becomes of it.
    pub(in crate::sandbox) fn take_due(&mut self, now: Timestamp) -> Option<Callback> {
        let next =
            self.queue.values().filter(|call| call.due_at <= now).min_by_key(|call| (call.due_at, call.number))?;
        let number = next.number;
        self.queue.remove(&number)
    }

    /// When the next call is due.
    pub(in crate::sandbox) fn next_due(&self) -> Option<Timestamp> {
        self.queue.values().map(|call| call.due_at).min()
    }

    /// Everything that must be written down.
    pub(in crate::sandbox) fn all(&self) -> impl Iterator<Item = &Callback> {
        self.queue.values()
    }

    /// Puts back what was written down.
    pub(in crate::sandbox) fn restore(&mut self, callback: Callback) {
        self.last_number = self.last_number.max(callback.number);
        self.queue.insert(callback.number, callback);
    }

    /// Takes a call out, as was written down.
    pub(in crate::sandbox) fn forget(&mut self, number: u64) {
        self.queue.remove(&number);
    }
}

/// Makes one call, once.
pub(in crate::sandbox) async fn send(client: &reqwest::Client, callback: &Callback) {
    let Some(url) = Url::parse(&callback.url).ok().filter(|url| url.host_str().is_some_and(is_loopback_host)) else {
        tracing::warn!(callback = callback.number, "not made: the sandbox calls this machine only");
        return;
    };
    let mut request = client.post(url).timeout(TIMEOUT).header("Content-Type", "application/json;charset=UTF-8");
    if let Some(token) = &callback.authorization {
        request = request.header("Authorization", token);
    }
    match request.body(callback.body.clone()).send().await {
        Ok(answer) => {
            tracing::debug!(callback = callback.number, status = answer.status().as_u16(), "a callback was answered");
        }
        Err(error) => {
            tracing::debug!(callback = callback.number, error = %error, "a callback was not answered, and is not repeated");
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::clock::at_millis;
    use crate::sandbox::faults::Do;

    #[track_caller]
    fn check(kind: Option<Do>, at_once: usize, later: usize) {
        let mut callbacks = Callbacks::default();
        let now = at_millis(0);
        let call = Callback {
            number: 0,
            reference: "order-1".to_owned(),
            url: "http://127.0.0.1/x".to_owned(),
            authorization: None,
            body: "{}".to_owned(),
            due_at: now,
        };
        let fault = kind.map(|kind| Fault { kind, status: 500, code: None, delay: TimeDelta::seconds(30) });
        assert_eq!(callbacks.enqueue(&call, fault.as_ref(), now).len(), at_once + later, "{kind:?}");
        for (time, expected) in [(now, at_once), (now + TimeDelta::seconds(30), later)] {
            let taken = std::iter::from_fn(|| callbacks.take_due(time)).count();
            assert_eq!(taken, expected, "{kind:?}");
        }
        assert_eq!(callbacks.next_due(), None);
    }

    #[test]
    fn a_call_is_made_once_unless_a_fault_was_planned() {
        check(None, 1, 0);
        check(Some(Do::Lose), 0, 0);
        check(Some(Do::Double), 2, 0);
        check(Some(Do::Delay), 0, 1);
        check(Some(Do::Reorder), 0, 1);
    }
}
