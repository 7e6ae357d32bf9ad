//! The simulated provider's whole memory: payments, webhooks, remembered keys, limits and planned faults.
//!
//! Pure: it takes the time and returns values, and it collects what must be written down before anybody is
//! answered. Nothing here reads a clock, a file or a socket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answers;
use super::faults::{Faults, On};
use super::hooks::{Delivery, HookChange, Hooks, Registration};
use super::keys::{Kept, Keys};
use super::limits::Limits;
use super::payment::{Event, Outcome, Payment, Stamp, Terms};
use super::random::Random;
use super::refusal::Refusal;
use crate::clock::Timestamp;

/// One line of what must survive a crash.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    /// A payment as it is now.
    Payment(Payment),
    /// A webhook as it is now.
    Registration(Registration),
    /// A webhook is gone.
    RegistrationGone(Uuid),
    /// A delivery as it is now.
    Delivery(Delivery),
    /// A delivery is done with.
    DeliveryGone(u64),
    /// An answer remembered under a key.
    Kept(Kept),
    /// How far domain time was moved, in milliseconds.
    Offset(i64),
    /// What access tokens are signed with.
    TokenKey(String),
}

impl From<HookChange> for Record {
    fn from(change: HookChange) -> Self {
        match change {
            HookChange::Registration(registration) => Self::Registration(registration),
            HookChange::RegistrationGone(id) => Self::RegistrationGone(id),
            HookChange::Delivery(delivery) => Self::Delivery(delivery),
            HookChange::DeliveryGone(number) => Self::DeliveryGone(number),
        }
    }
}

/// A payment is known to its sales unit by its reference.
type Name = (String, String);

/// The simulated provider.
#[derive(Debug)]
pub(super) struct World {
    /// Where the landing pages are.
    pub(super) base: String,
    pub(super) random: Random,
    pub(super) limits: Limits,
    pub(super) faults: Faults,
    pub(super) token_key: String,
    payments: BTreeMap<Name, Payment>,
    last_number: u64,
    keys: Keys,
    hooks: Hooks,
    changes: Vec<Record>,
}

impl World {
    /// An empty world whose ids and secrets come from `seed`.
    pub(super) fn new(base: String, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let token_key = random.secret();
        Self {
            base,
            random,
            limits: Limits::default(),
            faults: Faults::default(),
            changes: vec![Record::TokenKey(token_key.clone())],
            token_key,
            payments: BTreeMap::new(),
            last_number: 0,
            keys: Keys::default(),
            hooks: Hooks::default(),
        }
    }

    /// Makes a payment, unless its reference was ever used.
    pub(super) fn create(
        &mut self,
        msn: &str,
        terms: Terms,
        key: Option<String>,
        now: Timestamp,
    ) -> Result<Payment, Refusal> {
        let name = (msn.to_owned(), terms.reference.clone());
        if self.payments.contains_key(&name) {
            return Err(Refusal::ReferenceExists);
        }
        self.last_number += 1;
        let token = self.random.uuid().simple().to_string();
        let stamp = self.stamp(key, now);
        let payment = Payment::new(self.last_number, msn.to_owned(), terms, token, stamp);
        self.payments.insert(name, payment.clone());
        self.note(&payment, payment.events.first().cloned(), now);
        Ok(payment)
    }

    /// Lets something happen to a payment, writes it down and tells the webhooks.
    pub(super) fn act(
        &mut self,
        (msn, reference): (&str, &str),
        key: Option<String>,
        now: Timestamp,
        act: impl FnOnce(&mut Payment, Stamp) -> Outcome,
    ) -> Result<Payment, Refusal> {
        let stamp = self.stamp(key, now);
        let name = (msn.to_owned(), reference.to_owned());
        let payment = self.payments.get_mut(&name).ok_or(Refusal::UnknownReference)?;
        let event = act(payment, stamp)?;
        let payment = payment.clone();
        self.note(&payment, event, now);
        Ok(payment)
    }

    /// Does what the passing of time does to payments; true when it did anything.
    pub(super) fn catch_up(&mut self, now: Timestamp) -> bool {
        let is_due = |payment: &Payment| payment.due_at().is_some_and(|due| due <= now);
        let mut due: Vec<(Timestamp, Name)> = self
            .payments
            .iter()
            .filter(|(_, payment)| is_due(payment))
            .filter_map(|(name, payment)| Some((payment.due_at()?, name.clone())))
            .collect();
        due.sort();
        for (_, (msn, reference)) in &due {
            // A payment that is due and known refuses nothing.
            self.act((msn, reference), None, now, |payment, stamp| Ok(payment.catch_up(stamp))).ok();
        }
        !due.is_empty()
    }

    /// When something happens here by itself.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.payments.values().filter_map(Payment::due_at).chain(self.hooks.next_due()).min()
    }

    /// A payment of a sales unit.
    pub(super) fn payment(&self, msn: &str, reference: &str) -> Result<&Payment, Refusal> {
        self.payments.get(&(msn.to_owned(), reference.to_owned())).ok_or(Refusal::UnknownReference)
    }

    /// All payments, oldest first.
    pub(super) fn payments(&self) -> Vec<&Payment> {
        let mut payments: Vec<&Payment> = self.payments.values().collect();
        payments.sort_by_key(|payment| payment.number);
        payments
    }

    /// The sales unit of the newest payment with this reference.
    pub(super) fn seller(&self, reference: &str) -> Result<String, Refusal> {
        let with_it = self.payments.values().filter(|payment| payment.terms.reference == reference);
        with_it.max_by_key(|payment| payment.number).map(|payment| payment.msn.clone()).ok_or(Refusal::UnknownReference)
    }

    /// The payment that a landing page was opened for.
    pub(super) fn landed(&self, token: &str) -> Option<&Payment> {
        self.payments.values().find(|payment| payment.landing_token == token)
    }

    /// The webhooks, to look at.
    pub(super) fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    /// Changes the webhooks and writes it down.
    pub(super) fn change_hooks<T>(&mut self, change: impl FnOnce(&mut Hooks) -> T) -> T {
        let result = change(&mut self.hooks);
        self.changes.extend(self.hooks.changes.drain(..).map(Record::from));
        result
    }

    /// The remembered answers, to look at.
    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Remembers an answer under its call's key and writes it down.
    pub(super) fn keep(&mut self, call: &super::call::Call, answer: &super::call::Answer) {
        self.changes.extend(self.keys.keep(call, answer).map(Record::Kept));
    }

    /// What changed since this was last asked.
    pub(super) fn take_changes(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.changes)
    }

    /// Everything that must survive, in the order in which it can be put back.
    pub(super) fn snapshot(&self) -> Vec<Record> {
        let mut records = vec![Record::TokenKey(self.token_key.clone())];
        records.extend(self.payments().into_iter().cloned().map(Record::Payment));
        records.extend(self.hooks.registrations().iter().cloned().map(Record::Registration));
        records.extend(self.hooks.deliveries().cloned().map(Record::Delivery));
        records.extend(self.keys.all().cloned().map(Record::Kept));
        records
    }

    /// Puts back one thing that was written down.
    pub(super) fn restore(&mut self, record: Record) {
        match record {
            Record::Payment(payment) => {
                self.last_number = self.last_number.max(payment.number);
                self.payments.insert((payment.msn.clone(), payment.terms.reference.clone()), payment);
            }
            Record::Registration(registration) => self.hooks.restore_registration(registration),
            Record::RegistrationGone(id) => self.hooks.forget(id),
            Record::Delivery(delivery) => self.hooks.restore_delivery(delivery),
            Record::DeliveryGone(number) => self.hooks.forget_delivery(number),
            Record::Kept(kept) => self.keys.restore(kept),
            Record::TokenKey(key) => self.token_key = key,
            // The clock was made with it before this world was.
            Record::Offset(_) => {}
        }
    }

    fn stamp(&mut self, idempotency_key: Option<String>, now: Timestamp) -> Stamp {
        Stamp { now, psp_reference: self.random.uuid().to_string(), idempotency_key }
    }

    /// Writes a payment down and puts its event in line for every webhook that wants it.
    fn note(&mut self, payment: &Payment, event: Option<Event>, now: Timestamp) {
        self.changes.push(Record::Payment(payment.clone()));
        let Some(event) = event else { return };
        let body = answers::webhook(payment, &event).to_string();
        let topic = event.name.topic();
        let wanting = self.hooks.registrations().iter();
        let wanting = wanting.filter(|hook| hook.msn == payment.msn && hook.events.iter().any(|name| name == topic));
        let wanting: Vec<Uuid> = wanting.map(|hook| hook.id).collect();
        for id in wanting {
            let fault = self.faults.draw(On::Webhook, &payment.terms.reference);
            self.change_hooks(|hooks| hooks.enqueue(id, &payment.terms.reference, &body, fault.as_ref(), now));
        }
    }
}
