//! Everything the simulated Áskell knows. Pure: it takes the time and returns values, and it collects what must be
//! written down before anybody is answered.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::account::{Card, Checkout, Customer, Payment, Stage, State};
use super::bells::{Bell, Hook};
use super::wire;
use crate::clock::Timestamp;
use crate::sandbox::faults::{Faults, On, deliveries};
use crate::sandbox::random::Random;

/// How often a failed payment is tried again.
const RETRIES_MAX: u32 = 4;
/// How long the slow card takes.
const SLOW: TimeDelta = TimeDelta::minutes(10);

/// What must survive a crash.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum Record {
    /// A customer as it is now.
    Customer(Customer),
    /// A page as it is now.
    Checkout(Checkout),
    /// A payment as it is now.
    Payment(Payment),
    /// A registration for webhooks.
    Hook(Hook),
    /// It is gone.
    HookGone(u64),
    /// A webhook on its way.
    Bell(Bell),
    /// It was sent.
    BellGone(u64),
}

/// A refusal: its status and what is said.
pub(super) type No = (u16, &'static str);

/// The simulated Áskell.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Shop {
    customers: BTreeMap<(String, String), Customer>,
    checkouts: BTreeMap<String, Checkout>,
    payments: BTreeMap<u64, Payment>,
    hooks: BTreeMap<u64, Hook>,
    bells: BTreeMap<u64, Bell>,
    last_number: u64,
    changes: Vec<Record>,
}

impl Shop {
    /// What changed since this was last asked.
    pub(in crate::sandbox) fn take_changes(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.changes)
    }

    /// Everything that must survive.
    pub(in crate::sandbox) fn snapshot(&self) -> Vec<Record> {
        let customers = self.customers.values().cloned().map(Record::Customer);
        let checkouts = self.checkouts.values().cloned().map(Record::Checkout);
        let payments = self.payments.values().cloned().map(Record::Payment);
        let hooks = self.hooks.values().cloned().map(Record::Hook);
        let bells = self.bells.values().cloned().map(Record::Bell);
        customers.chain(checkouts).chain(payments).chain(hooks).chain(bells).collect()
    }

    /// Puts back, or puts down, one thing.
    pub(in crate::sandbox) fn restore(&mut self, record: Record) {
        match record {
            Record::Customer(one) => drop(self.customers.insert((one.account.clone(), one.reference.clone()), one)),
            Record::Checkout(one) => drop(self.checkouts.insert(one.token.clone(), one)),
            Record::Payment(one) => {
                self.last_number = self.last_number.max(one.number);
                self.payments.insert(one.number, one);
            }
            Record::Hook(one) => {
                self.last_number = self.last_number.max(one.id);
                self.hooks.insert(one.id, one);
            }
            Record::HookGone(id) => {
                self.hooks.remove(&id);
                self.bells.retain(|_, bell| bell.hook != id);
            }
            Record::Bell(one) => {
                self.last_number = self.last_number.max(one.number);
                self.bells.insert(one.number, one);
            }
            Record::BellGone(number) => drop(self.bells.remove(&number)),
        }
    }

    fn keep(&mut self, record: Record) {
        self.changes.push(record.clone());
        self.restore(record);
    }

    fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A customer.
    pub(super) fn customer(&self, account: &str, reference: &str) -> Option<&Customer> {
        self.customers.get(&(account.to_owned(), reference.to_owned()))
    }

    /// Makes a customer, whose reference nobody has yet.
    pub(super) fn add_customer(&mut self, customer: Customer) -> Result<(), No> {
        if self.customer(&customer.account, &customer.reference).is_some() {
            return Err((400, "customer with this customer reference already exists."));
        }
        self.keep(Record::Customer(customer));
        Ok(())
    }

    /// Opens a page for a card.
    pub(super) fn add_checkout(&mut self, checkout: Checkout) {
        self.keep(Record::Checkout(checkout));
    }

    /// A page by its token.
    pub(super) fn checkout(&self, token: &str) -> Option<&Checkout> {
        self.checkouts.get(token)
    }

    /// A card is typed in, or 3-D Secure fails; where the person goes on.
    pub(super) fn type_in(&mut self, token: &str, stage: Stage) -> Option<String> {
        let mut checkout = self.checkouts.get(token)?.clone();
        if checkout.stage == Stage::Initial {
            checkout.stage = stage;
            self.keep(Record::Checkout(checkout.clone()));
        }
        Some(checkout.return_url)
    }

    /// Attaches the card behind a token to a customer. The same one twice is once.
    pub(super) fn attach(&mut self, account: &str, reference: &str, token: &str) -> Result<(), No> {
        let Some(mut customer) = self.customer(account, reference).cloned() else {
            return Err((404, "Not found."));
        };
        let found = self.checkouts.get(token).filter(|checkout| checkout.account == account).cloned();
        let Some(mut checkout) = found else { return Err((400, "Invalid token.")) };
        let Stage::TokenCreated(card) = checkout.stage else { return Err((400, "Invalid token.")) };
        if checkout.attached_to.as_deref().is_some_and(|other| other != reference) {
            return Err((400, "Invalid token."));
        }
        checkout.attached_to = Some(reference.to_owned());
        customer.card = Some(card);
        self.keep(Record::Checkout(checkout));
        self.keep(Record::Customer(customer));
        Ok(())
    }

    /// Makes a payment, to be charged at once.
    pub(super) fn add_payment(
        &mut self,
        mut payment: Payment,
        faults: &mut Faults,
        now: Timestamp,
    ) -> Result<Payment, No> {
        let customer = self.customer(&payment.account, &payment.customer);
        let Some(card) = customer.map(|customer| customer.card) else { return Err((400, "Unknown customer.")) };
        if card.is_none() {
            return Err((400, "The customer has no valid payment method."));
        }
        payment.number = self.number();
        payment.due_at = Some(now + if card == Some(Card::Slow) { SLOW } else { TimeDelta::zero() });
        self.keep(Record::Payment(payment.clone()));
        self.ring("payment.created", &payment, faults, now);
        Ok(payment)
    }

    /// The payments of an account, newest first.
    pub(super) fn payments(&self, account: &str) -> Vec<&Payment> {
        self.payments.values().rev().filter(|payment| payment.account == account).collect()
    }

    /// All payments, oldest first.
    pub(super) fn all_payments(&self) -> impl Iterator<Item = &Payment> {
        self.payments.values()
    }

    /// A payment of an account.
    pub(super) fn payment(&self, account: &str, uuid: &str) -> Option<&Payment> {
        self.payments.values().find(|payment| payment.account == account && payment.uuid == uuid)
    }

    /// Does something to a payment.
    pub(super) fn act(
        &mut self,
        number: u64,
        act: Act,
        (faults, random): (&mut Faults, &mut Random),
        now: Timestamp,
    ) -> Result<Payment, No> {
        let Some(mut payment) = self.payments.get(&number).cloned() else { return Err((404, "Not found.")) };
        let under_way = matches!(payment.state, State::Pending | State::Retrying);
        match act {
            Act::Retry => {
                if payment.state != State::Failed || payment.retries >= RETRIES_MAX {
                    return Err((400, "The payment cannot be retried."));
                }
                payment.retries += 1;
                payment.state = State::Retrying;
                let card = self.customer(&payment.account, &payment.customer).and_then(|customer| customer.card);
                payment.due_at = Some(now + if card == Some(Card::Slow) { SLOW } else { TimeDelta::zero() });
            }
            Act::Refund => {
                if payment.state != State::Settled || payment.refund_code.is_some() {
                    return Err((400, "The payment cannot be refunded."));
                }
                payment.refund_code = Some(random.uuid().simple().to_string());
            }
            Act::Settle if under_way || payment.state == State::Failed => {
                (payment.state, payment.due_at) = (State::Settled, None);
            }
            Act::Fail if under_way => {
                (payment.state, payment.due_at) = (State::Failed, None);
                payment.failures += 1;
            }
            Act::Settle | Act::Fail => return Err((409, "The payment has ended.")),
        }
        payment.updated_at = now;
        self.keep(Record::Payment(payment.clone()));
        let event = if act == Act::Retry { "payment.retry" } else { "payment.changed" };
        self.ring(event, &payment, faults, now);
        Ok(payment)
    }

    /// Charges what is due; true when there was anything.
    pub(in crate::sandbox) fn catch_up(&mut self, faults: &mut Faults, random: &mut Random, now: Timestamp) -> bool {
        let is_due = |payment: &&Payment| payment.due_at.is_some_and(|due| due <= now);
        let due: Vec<Payment> = self.payments.values().filter(is_due).cloned().collect();
        for payment in &due {
            let card = self.customer(&payment.account, &payment.customer).and_then(|customer| customer.card);
            let is_charged = match card {
                Some(Card::Good | Card::Slow) => true,
                Some(Card::DeclinedOnce) => payment.failures > 0,
                Some(Card::Declined) | None => false,
            };
            let act = if is_charged { Act::Settle } else { Act::Fail };
            // What is due is under way, so it refuses neither.
            self.act(payment.number, act, (&mut *faults, &mut *random), now).ok();
        }
        !due.is_empty()
    }

    /// When something happens here by itself.
    pub(in crate::sandbox) fn next_due(&self) -> Option<Timestamp> {
        let charges = self.payments.values().filter_map(|payment| payment.due_at);
        charges.chain(self.bells.values().map(|bell| bell.next_at)).min()
    }

    /// Registers for webhooks.
    pub(super) fn add_hook(&mut self, account: &str, url: String, events: Vec<String>, secret: String) -> Hook {
        let hook = Hook { id: self.number(), account: account.to_owned(), url, events, secret };
        self.keep(Record::Hook(hook.clone()));
        hook
    }

    /// The registrations of an account.
    pub(super) fn hooks<'s>(&'s self, account: &'s str) -> impl Iterator<Item = &'s Hook> {
        self.hooks.values().filter(move |hook| hook.account == account)
    }

    /// Deletes a registration; false when this account has none such.
    pub(super) fn delete_hook(&mut self, account: &str, id: u64) -> bool {
        let known = self.hooks.get(&id).is_some_and(|hook| hook.account == account);
        if known {
            self.keep(Record::HookGone(id));
        }
        known
    }

    /// The webhooks on their way, oldest first, with where each goes.
    pub(super) fn on_their_way(&self) -> impl Iterator<Item = (&Bell, &Hook)> {
        self.bells.values().filter_map(|bell| Some((bell, self.hooks.get(&bell.hook)?)))
    }

    /// The next webhook that is due, with where it goes.
    pub(in crate::sandbox) fn due(&self, now: Timestamp) -> Option<(Bell, Hook)> {
        let bell =
            self.bells.values().filter(|bell| bell.next_at <= now).min_by_key(|bell| (bell.next_at, bell.number))?;
        let hook = self.hooks.get(&bell.hook)?;
        Some((bell.clone(), hook.clone()))
    }

    /// It was sent. Whether anybody took it makes no difference: it is not sent again.
    pub(in crate::sandbox) fn sent(&mut self, number: u64) {
        self.keep(Record::BellGone(number));
    }

    /// Puts a webhook in line for everybody who wants it, the way the planned fault has it.
    fn ring(&mut self, event: &str, payment: &Payment, faults: &mut Faults, now: Timestamp) {
        let body = wire::bell(event, payment).to_string();
        let wanting: Vec<u64> =
            self.hooks(&payment.account).filter(|hook| hook.wants(event)).map(|hook| hook.id).collect();
        for hook in wanting {
            let fault = faults.draw(On::Webhook, payment.reference.as_deref().unwrap_or_default());
            let (copies, late) = deliveries(fault.as_ref());
            for _ in 0..copies {
                let number = self.number();
                let bell = Bell { number, hook, event: event.to_owned(), body: body.clone(), next_at: now + late };
                self.keep(Record::Bell(bell));
            }
        }
    }
}

/// What can be done to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// It is tried again.
    Retry,
    /// All of it goes back.
    Refund,
    /// The bank charges the card.
    Settle,
    /// The bank does not.
    Fail,
}
