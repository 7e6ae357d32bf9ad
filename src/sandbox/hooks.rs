//! Webhook registrations, and the queue of what is to be delivered to them.
//!
//! Pure: it says what is due and is told how it went. Within one registration the events of one payment go out in
//! order: the next waits until the one before it was taken or given up.

use std::collections::{BTreeMap, HashSet};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::call::BadField;
use super::faults::{Do, Fault, deliveries};
use super::payment::EventName;
use crate::clock::Timestamp;

const PER_EVENT_MAX: usize = 25;
/// The event type of a scan at the door.
pub(super) const CHECKED_IN: &str = "user.checked-in.v1";
/// When the provider gives an event up.
const DELIVERY_LIFE: TimeDelta = TimeDelta::days(7);
/// When the provider deletes a registration that takes nothing.
const DEAD_REGISTRATION: TimeDelta = TimeDelta::weeks(2);

/// One registered webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Registration {
    pub(super) id: Uuid,
    pub(super) msn: String,
    pub(super) url: String,
    pub(super) events: Vec<String>,
    pub(super) secret: String,
    /// The first failure since the last success.
    pub(super) failing_since: Option<Timestamp>,
}

/// One event on its way to one registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Delivery {
    pub(super) number: u64,
    pub(super) registration: Uuid,
    pub(super) reference: String,
    /// The exact bytes: every attempt sends the same.
    pub(super) body: String,
    pub(super) failures: u32,
    pub(super) first_at: Timestamp,
    pub(super) next_at: Timestamp,
    /// It neither waits for others nor holds them back.
    pub(super) out_of_order: bool,
}

/// What must be written down after a change.
#[derive(Clone, Debug)]
pub(super) enum HookChange {
    /// A registration is new or changed.
    Registration(Registration),
    /// A registration is gone, with all its deliveries.
    RegistrationGone(Uuid),
    /// A delivery is new or changed.
    Delivery(Delivery),
    /// A delivery was taken or given up.
    DeliveryGone(u64),
}

/// Registrations and deliveries.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    registrations: Vec<Registration>,
    queue: BTreeMap<u64, Delivery>,
    last_number: u64,
    pub(super) changes: Vec<HookChange>,
}

impl Hooks {
    /// Adds a registration, or names the fields that are wrong.
    pub(super) fn register(&mut self, wanted: Registration) -> Result<(), Vec<BadField>> {
        let bad = |name: &str, reason: &str| Err(vec![(name.to_owned(), reason.to_owned())]);
        if wanted.events.is_empty() {
            return bad("events", "At least one event is required.");
        }
        for (place, event) in wanted.events.iter().enumerate() {
            if !is_known_event(event) {
                return bad("events", &format!("Unknown event type {event}."));
            }
            if wanted.events.iter().take(place).any(|earlier| earlier == event) {
                return bad("events", "An event type is named twice.");
            }
            let most = if event == CHECKED_IN { 1 } else { PER_EVENT_MAX };
            let same = |other: &&Registration| other.msn == wanted.msn && other.events.contains(event);
            if self.registrations.iter().filter(same).count() >= most {
                return bad("events", &format!("At most {most} webhooks can be registered for {event}."));
            }
        }
        self.changes.push(HookChange::Registration(wanted.clone()));
        self.registrations.push(wanted);
        Ok(())
    }

    /// The registrations, oldest first.
    pub(super) fn registrations(&self) -> &[Registration] {
        &self.registrations
    }

    /// The deliveries on their way, oldest first.
    pub(super) fn deliveries(&self) -> impl Iterator<Item = &Delivery> {
        self.queue.values()
    }

    /// Deletes a registration and what was on its way to it; false when this sales unit has none such.
    pub(super) fn unregister(&mut self, msn: &str, id: Uuid) -> bool {
        let known = self.registrations.iter().any(|hook| hook.id == id && hook.msn == msn);
        if known {
            self.forget(id);
            self.changes.push(HookChange::RegistrationGone(id));
        }
        known
    }

    /// Puts an event in line for one registration, the way the planned fault wants it.
    pub(super) fn enqueue(&mut self, to: Uuid, reference: &str, body: &str, fault: Option<&Fault>, now: Timestamp) {
        let (copies, late) = deliveries(fault);
        let next_at = now + late;
        let out_of_order = fault.is_some_and(|fault| fault.kind == Do::Reorder);
        for _ in 0..copies {
            let delivery = Delivery {
                number: self.last_number + 1,
                registration: to,
                reference: reference.to_owned(),
                body: body.to_owned(),
                failures: 0,
                first_at: now,
                next_at,
                out_of_order,
            };
            self.changes.push(HookChange::Delivery(delivery.clone()));
            self.restore_delivery(delivery);
        }
    }

    /// The next delivery that is due, with its registration.
    pub(super) fn due(&self, now: Timestamp) -> Option<(Delivery, Registration)> {
        let next = self.next().filter(|delivery| delivery.next_at <= now)?;
        let hook = self.registrations.iter().find(|hook| hook.id == next.registration)?;
        Some((next.clone(), hook.clone()))
    }

    /// When the next delivery is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.next().map(|delivery| delivery.next_at)
    }

    /// How a delivery went: taken, to be tried again, or given up.
    pub(super) fn delivered(&mut self, number: u64, taken: bool, now: Timestamp) {
        let Some(delivery) = self.queue.get_mut(&number) else { return };
        let id = delivery.registration;
        delivery.failures += 1;
        delivery.next_at = now + wait_after(delivery.failures);
        if taken || delivery.next_at > delivery.first_at + DELIVERY_LIFE {
            self.queue.remove(&number);
            self.changes.push(HookChange::DeliveryGone(number));
        } else {
            self.changes.push(HookChange::Delivery(delivery.clone()));
        }
        self.note_health(id, taken, now);
    }

    /// Puts back a registration that was written down.
    pub(super) fn restore_registration(&mut self, registration: Registration) {
        match self.registrations.iter_mut().find(|hook| hook.id == registration.id) {
            Some(hook) => *hook = registration,
            None => self.registrations.push(registration),
        }
    }

    /// Puts back a delivery that was written down.
    pub(super) fn restore_delivery(&mut self, delivery: Delivery) {
        self.last_number = self.last_number.max(delivery.number);
        self.queue.insert(delivery.number, delivery);
    }

    /// Takes a delivery out, as was written down.
    pub(super) fn forget_delivery(&mut self, number: u64) {
        self.queue.remove(&number);
    }

    /// Takes a registration out with everything on its way to it.
    pub(super) fn forget(&mut self, id: Uuid) {
        self.registrations.retain(|hook| hook.id != id);
        self.queue.retain(|_, delivery| delivery.registration != id);
    }

    fn note_health(&mut self, id: Uuid, taken: bool, now: Timestamp) {
        let Some(hook) = self.registrations.iter_mut().find(|hook| hook.id == id) else { return };
        let since = if taken { None } else { hook.failing_since.or(Some(now)) };
        if since.is_some_and(|since| now >= since + DEAD_REGISTRATION) {
            self.forget(id);
            self.changes.push(HookChange::RegistrationGone(id));
        } else if hook.failing_since != since {
            hook.failing_since = since;
            self.changes.push(HookChange::Registration(hook.clone()));
        }
    }

    /// The earliest of all deliveries that wait for no other.
    fn next(&self) -> Option<&Delivery> {
        let mut heads = HashSet::new();
        self.queue
            .values()
            .filter(|delivery| {
                delivery.out_of_order || heads.insert((delivery.registration, delivery.reference.as_str()))
            })
            .min_by_key(|delivery| (delivery.next_at, delivery.number))
    }
}

/// How long the provider waits after so many failures: 2 s four times, 60 s, 120 s, hourly through the 29th
/// attempt, then daily.
fn wait_after(failures: u32) -> TimeDelta {
    match failures {
        0..=4 => TimeDelta::seconds(2),
        5 => TimeDelta::seconds(60),
        6 => TimeDelta::seconds(120),
        7..=28 => TimeDelta::hours(1),
        _ => TimeDelta::days(1),
    }
}

fn is_known_event(event: &str) -> bool {
    use EventName::{Aborted, Authorized, Cancelled, Captured, Created, Expired, Refunded, Terminated};
    let payments = [Created, Aborted, Expired, Cancelled, Captured, Refunded, Authorized, Terminated];
    event == CHECKED_IN || payments.iter().any(|name| name.topic() == event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::at_millis;

    const TOPIC: &str = "epayments.payment.created.v1";

    fn hooks() -> (Hooks, Uuid) {
        let (mut hooks, id) = (Hooks::default(), Uuid::from_u128(1));
        hooks.register(registration(id)).expect("registered");
        (hooks, id)
    }

    fn registration(id: Uuid) -> Registration {
        Registration {
            id,
            msn: "123456".into(),
            url: "http://127.0.0.1/hook".into(),
            events: vec![TOPIC.into()],
            secret: "secret".into(),
            failing_since: None,
        }
    }

    fn due(hooks: &Hooks, now: Timestamp) -> Option<String> {
        hooks.due(now).map(|(delivery, _)| delivery.body)
    }

    #[test]
    fn the_next_event_of_a_payment_waits_and_other_payments_do_not() {
        let (mut hooks, id) = hooks();
        let now = at_millis(0);
        for (reference, body) in [("one", "one-1"), ("one", "one-2"), ("two", "two-1")] {
            hooks.enqueue(id, reference, body, None, now);
        }
        hooks.delivered(1, false, now);
        assert_eq!(due(&hooks, now).as_deref(), Some("two-1"));
        hooks.delivered(3, true, now);
        assert_eq!(due(&hooks, now), None);
        let later = now + TimeDelta::seconds(2);
        assert_eq!(due(&hooks, later).as_deref(), Some("one-1"));
        hooks.delivered(1, true, later);
        assert_eq!(due(&hooks, later).as_deref(), Some("one-2"));
    }

    #[test]
    fn a_failing_webhook_is_tried_for_a_week() {
        let (mut hooks, id) = hooks();
        let start = at_millis(0);
        hooks.enqueue(id, "one", "body", None, start);
        let mut waits = Vec::new();
        let mut now = start;
        while let Some(next) = hooks.next_due() {
            waits.push((next - now).num_seconds());
            now = next;
            hooks.delivered(1, false, now);
        }
        assert_eq!(waits[..8], [0, 2, 2, 2, 2, 60, 120, 3_600]);
        assert_eq!(waits[7..29], [3_600; 22]);
        assert!(waits[29..].iter().all(|wait| *wait == 86_400));
        assert!(now - start <= TimeDelta::days(7) && now - start > TimeDelta::days(6));
    }

    #[track_caller]
    fn check(kind: Do, at_once: &[&str], later: &[&str]) {
        let (mut hooks, id) = hooks();
        let now = at_millis(0);
        let fault = Fault { kind, status: 500, code: None, delay: TimeDelta::seconds(30) };
        hooks.enqueue(id, "one", "first", Some(&fault), now);
        hooks.enqueue(id, "one", "second", None, now);
        for (time, expected) in [(now, at_once), (now + TimeDelta::seconds(30), later)] {
            let mut seen = Vec::new();
            while let Some((delivery, _)) = hooks.due(time) {
                seen.push(delivery.body);
                hooks.delivered(delivery.number, true, time);
            }
            assert_eq!(seen, expected);
        }
    }

    #[test]
    fn a_lost_webhook_never_comes() {
        check(Do::Lose, &["second"], &[]);
    }

    #[test]
    fn a_doubled_webhook_comes_twice() {
        check(Do::Double, &["first", "first", "second"], &[]);
    }

    #[test]
    fn a_delayed_webhook_holds_back_the_next() {
        check(Do::Delay, &[], &["first", "second"]);
    }

    #[test]
    fn a_reordered_webhook_is_overtaken() {
        check(Do::Reorder, &["second"], &["first"]);
    }

    #[test]
    fn a_sales_unit_has_25_webhooks_per_event() {
        let (mut hooks, _) = hooks();
        for number in 2..=25 {
            hooks.register(registration(Uuid::from_u128(number))).expect("registered");
        }
        assert!(hooks.register(registration(Uuid::from_u128(26))).is_err());
        assert!(hooks.unregister("123456", Uuid::from_u128(3)));
        assert!(!hooks.unregister("123456", Uuid::from_u128(3)));
        assert!(hooks.register(registration(Uuid::from_u128(26))).is_ok());
    }
}
