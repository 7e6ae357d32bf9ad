//! The simulated provider's whole memory: payments, webhooks, remembered keys, limits and planned faults.
//!
//! Pure: it takes the time and returns values, and it collects what must be written down before anybody is
//! answered. Nothing here reads a clock, a file or a socket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answers;
use super::askell;
use super::codes::{Code, CodeChange, Codes, Scan, is_nobodys};
use super::ecom::{Begun, Callback, Callbacks, of_event};
use super::faults::{Faults, On};
use super::hooks::{CHECKED_IN, Delivery, HookChange, Hooks, Registration};
use super::keys::{Kept, Keys};
use super::limits::Limits;
use super::payment::{Event, Outcome, Payment, Stamp, Terms, Way};
use super::random::Random;
use super::refusal::Refusal;
use crate::clock::Timestamp;

/// One line of what must survive a crash.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    /// A payment as it is now.
    Payment(Box<Payment>),
    /// A webhook as it is now.
    Registration(Registration),
    /// A webhook is gone.
    RegistrationGone(Uuid),
    /// A delivery as it is now.
    Delivery(Delivery),
    /// A delivery is done with.
    DeliveryGone(u64),
    /// A callback that is to be made.
    Callback(Callback),
    /// A callback is made, or never will be.
    CallbackGone(u64),
    /// An answer remembered under a key.
    Kept(Kept),
    /// A code at the door as it is now.
    Code(Code),
    /// A code at the door is gone.
    CodeGone {
        /// Of which sales unit.
        msn: String,
        /// Which.
        id: String,
    },
    /// Somebody scanned a code.
    Scan(Scan),
    /// How far domain time was moved, in milliseconds.
    Offset(i64),
    /// What access tokens are signed with.
    TokenKey(String),
    /// Something of Áskell's.
    Askell(Box<askell::Record>),
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

impl From<CodeChange> for Record {
    fn from(change: CodeChange) -> Self {
        match change {
            CodeChange::Code(code) => Self::Code(code),
            CodeChange::Gone { msn, id } => Self::CodeGone { msn, id },
            CodeChange::Scan(scan) => Self::Scan(scan),
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
    /// The other provider next door.
    pub(super) askell: askell::Shop,
    payments: BTreeMap<Name, Payment>,
    last_number: u64,
    keys: Keys,
    hooks: Hooks,
    codes: Codes,
    callbacks: Callbacks,
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
            askell: askell::Shop::default(),
            hooks: Hooks::default(),
            codes: Codes::default(),
            callbacks: Callbacks::default(),
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
        self.make(msn, (terms, None), key, now)
    }

    /// Makes a payment over the older API; references are the same for both.
    pub(super) fn initiate(
        &mut self,
        msn: &str,
        terms: Terms,
        begun: Begun,
        now: Timestamp,
    ) -> Result<Payment, Refusal> {
        self.make(msn, (terms, Some(begun)), None, now)
    }

    fn make(
        &mut self,
        msn: &str,
        (mut terms, ecom): (Terms, Option<Begun>),
        key: Option<String>,
        now: Timestamp,
    ) -> Result<Payment, Refusal> {
        if let Some(token) = &terms.customer_token {
            terms.phone = Some(self.codes.phone_behind(msn, token, now)?);
        }
        if terms.way == Way::Push && terms.phone.as_deref().is_some_and(is_nobodys) {
            return Err(Refusal::UnknownCustomer);
        }
        let name = (msn.to_owned(), terms.reference.clone());
        if self.payments.contains_key(&name) {
            return Err(Refusal::ReferenceExists);
        }
        self.last_number += 1;
        let token = self.random.uuid().simple().to_string();
        let stamp = self.stamp(key, now);
        let payment = Payment { ecom, ..Payment::new(self.last_number, msn.to_owned(), terms, token, stamp) };
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
        let charged = self.askell.catch_up(&mut self.faults, &mut self.random, now);
        charged || !due.is_empty()
    }

    /// When something happens here by itself.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.payments
            .values()
            .filter_map(Payment::due_at)
            .chain(self.hooks.next_due())
            .chain(self.callbacks.next_due())
            .chain(self.askell.next_due())
            .min()
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

    /// The codes at the door, to look at.
    pub(super) fn codes(&self) -> &Codes {
        &self.codes
    }

    /// Changes the codes and writes it down.
    pub(super) fn change_codes(&mut self, change: CodeChange) {
        self.changes.push(change.clone().into());
        self.codes.restore(change);
    }

    /// Somebody scans a code, and whoever listens is told; false when there is no such code.
    pub(super) fn scan(&mut self, (msn, code): (&str, &str), phone: &str, now: Timestamp) -> bool {
        if self.codes.find(msn, code).is_none() {
            return false;
        }
        let token = self.random.uuid().simple().to_string();
        let (msn, code, phone) = (msn.to_owned(), code.to_owned(), phone.to_owned());
        let scan = Scan { token, msn, code, phone, at: now };
        let body = answers::scanned(&scan).to_string();
        self.tell(&scan.msn, CHECKED_IN, (&scan.code, &body), now);
        self.change_codes(CodeChange::Scan(scan));
        true
    }

    /// The webhooks, to look at.
    pub(super) fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    /// Takes out the next callback that is due: it is tried once.
    pub(super) fn take_callback(&mut self, now: Timestamp) -> Option<Callback> {
        let callback = self.callbacks.take_due(now)?;
        self.changes.push(Record::CallbackGone(callback.number));
        Some(callback)
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
        let of_askell = self.askell.take_changes().into_iter().map(|record| Record::Askell(Box::new(record)));
        self.changes.extend(of_askell);
        std::mem::take(&mut self.changes)
    }

    /// Everything that must survive, in the order in which it can be put back.
    pub(super) fn snapshot(&self) -> Vec<Record> {
        let mut records = vec![Record::TokenKey(self.token_key.clone())];
        records.extend(self.payments().into_iter().cloned().map(|payment| Record::Payment(Box::new(payment))));
        records.extend(self.codes.all().cloned().map(Record::Code));
        records.extend(self.codes.scans().cloned().map(Record::Scan));
        records.extend(self.hooks.registrations().iter().cloned().map(Record::Registration));
        records.extend(self.hooks.deliveries().cloned().map(Record::Delivery));
        records.extend(self.callbacks.all().cloned().map(Record::Callback));
        records.extend(self.keys.all().cloned().map(Record::Kept));
        records.extend(self.askell.snapshot().into_iter().map(|record| Record::Askell(Box::new(record))));
        records
    }

    /// Puts back one thing that was written down.
    pub(super) fn restore(&mut self, record: Record) {
        match record {
            Record::Payment(payment) => {
                self.last_number = self.last_number.max(payment.number);
                self.payments.insert((payment.msn.clone(), payment.terms.reference.clone()), *payment);
            }
            Record::Registration(registration) => self.hooks.restore_registration(registration),
            Record::RegistrationGone(id) => self.hooks.forget(id),
            Record::Delivery(delivery) => self.hooks.restore_delivery(delivery),
            Record::DeliveryGone(number) => self.hooks.forget_delivery(number),
            Record::Code(code) => self.codes.restore(CodeChange::Code(code)),
            Record::CodeGone { msn, id } => self.codes.restore(CodeChange::Gone { msn, id }),
            Record::Scan(scan) => self.codes.restore(CodeChange::Scan(scan)),
            Record::Callback(callback) => self.callbacks.restore(callback),
            Record::CallbackGone(number) => self.callbacks.forget(number),
            Record::Kept(kept) => self.keys.restore(kept),
            Record::TokenKey(key) => self.token_key = key,
            Record::Askell(record) => self.askell.restore(*record),
            // The clock was made with it before this world was.
            Record::Offset(_) => {}
        }
    }

    fn stamp(&mut self, idempotency_key: Option<String>, now: Timestamp) -> Stamp {
        Stamp { now, psp_reference: self.random.uuid().to_string(), idempotency_key }
    }

    /// Writes a payment down and puts its event in line for every webhook that wants it. Webhooks tell of nothing that was
    /// begun over the older API, which calls back by itself.
    fn note(&mut self, payment: &Payment, event: Option<Event>, now: Timestamp) {
        self.changes.push(Record::Payment(Box::new(payment.clone())));
        let Some(event) = event else { return };
        if payment.ecom.is_some() {
            let Some(callback) = of_event(payment, &event) else { return };
            let fault = self.faults.draw(On::Webhook, &payment.terms.reference);
            let new = self.callbacks.enqueue(&callback, fault.as_ref(), now);
            self.changes.extend(new.into_iter().map(Record::Callback));
            return;
        }
        let body = answers::webhook(payment, &event).to_string();
        self.tell(&payment.msn, event.name.topic(), (&payment.terms.reference, &body), now);
    }

    /// Puts a body in line for every webhook of a sales unit that wants this.
    fn tell(&mut self, msn: &str, topic: &str, (about, body): (&str, &str), now: Timestamp) {
        let wanting = self.hooks.registrations().iter();
        let wanting = wanting.filter(|hook| hook.msn == msn && hook.events.iter().any(|name| name == topic));
        let wanting: Vec<Uuid> = wanting.map(|hook| hook.id).collect();
        for id in wanting {
            let fault = self.faults.draw(On::Webhook, about);
            self.change_hooks(|hooks| hooks.enqueue(id, about, body, fault.as_ref(), now));
        }
    }
}
