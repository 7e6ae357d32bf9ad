//! What the house knows about its webhook registrations, and webhooks about payments nobody knows. Secrets stand here
//! sealed only.

use std::collections::HashMap;

use diesel::prelude::*;

use super::StoreError;
use super::columns::millis;
use super::conn::each_backend;
use super::schema::{duties, strange_bells, webhook_registrations};
use super::tx::{Reader, Tx};
use super::uid::Key;
use crate::domain::ids::SalesUnitId;
use crate::domain::time::Timestamp;

/// One of our registrations at the provider.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = webhook_registrations)]
pub struct WebhookRegistration {
    /// The provider's id of it.
    pub id: String,
    /// Where it sends.
    pub url: String,
    /// The secret, sealed.
    pub secret_sealed: Vec<u8>,
    /// The master key it is sealed under.
    pub key_id: String,
    /// When it was made, in milliseconds.
    pub created_at: i64,
    /// When a webhook signed with it came last, in milliseconds.
    pub last_heard_at: Option<i64>,
    /// The sales unit it is for.
    pub sales_unit: String,
}

/// The most that is kept of the name of a payment that nobody knows: names of ours are shorter.
const STRANGE_NAME_MAX: usize = 64;
/// The most that is kept of what was said about it.
const STRANGE_BODY_MAX: usize = 4_000;

/// How exactly it is known when a webhook came last.
const HEARD_APART: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

/// A duty that one process holds for now.
#[derive(Clone, Copy, Debug)]
pub struct DutyClaim {
    name: &'static str,
    /// What its end is written under.
    token: uuid::Uuid,
}
/// Where a duty was hastened: earlier than any moment at which one is begun.
const AT_ONCE: i64 = 0;

/// How many strange webhooks are kept.
const STRANGE_BELLS_MAX: i64 = 1_000;

impl WebhookRegistration {
    /// True when it is noted that a webhook came within the last minute: all of them would wait for each other at one
    /// row otherwise.
    pub fn was_heard_lately(&self, now: Timestamp) -> bool {
        self.last_heard_at.is_some_and(|at| at >= millis(now - HEARD_APART))
    }
}

impl Reader<'_> {
    /// Those of a sales unit, oldest first.
    pub fn webhook_registrations(&mut self, of: SalesUnitId) -> Result<Vec<WebhookRegistration>, StoreError> {
        Ok(webhook_registrations::table
            .filter(webhook_registrations::sales_unit.eq(of.to_string()))
            .order((webhook_registrations::created_at, webhook_registrations::id))
            .load(self.conn)?)
    }

    /// Those of each of some sales units.
    pub fn webhook_registrations_of(
        &mut self,
        units: &[SalesUnitId],
    ) -> Result<Vec<Vec<WebhookRegistration>>, StoreError> {
        let mut known: HashMap<SalesUnitId, Vec<WebhookRegistration>> = HashMap::new();
        for unit in units {
            if !known.contains_key(unit) {
                known.insert(*unit, self.webhook_registrations(*unit)?);
            }
        }
        Ok(units.iter().map(|unit| known.get(unit).cloned().unwrap_or_default()).collect())
    }

    /// Those whose secret is sealed under another master key than this one.
    pub fn webhooks_under_other_keys(&mut self, key_id: &str) -> Result<Vec<WebhookRegistration>, StoreError> {
        Ok(webhook_registrations::table
            .filter(webhook_registrations::key_id.ne(key_id.to_owned()))
            .order(webhook_registrations::id)
            .load(self.conn)?)
    }

    /// When a duty is due, in milliseconds; empty when nobody ever did it.
    pub fn duty_due_at(&mut self, name: &str) -> Result<Option<i64>, StoreError> {
        Ok(duties::table.find(name).select(duties::due_at).first(self.conn).optional()?)
    }

    /// True when a duty is due and nobody has it.
    pub fn duty_is_free(&mut self, name: &str, machine_now: Timestamp) -> Result<bool, StoreError> {
        let (now, machine_now) = (millis(self.now()), millis(machine_now));
        let known: Option<(i64, i64)> =
            duties::table.find(name).select((duties::due_at, duties::claimed_until)).first(self.conn).optional()?;
        Ok(known.is_none_or(|(due_at, claimed_until)| due_at <= now && claimed_until < machine_now))
    }

    /// When a duty was last done, in milliseconds; empty when nobody ever did it.
    pub fn duty_done_at(&mut self, name: &str) -> Result<Option<i64>, StoreError> {
        Ok(duties::table.find(name).select(duties::done_at).first(self.conn).optional()?.flatten())
    }

    /// What came of a duty the last time, in its own words.
    pub fn duty_report(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(duties::table.find(name).select(duties::report).first(self.conn).optional()?.flatten())
    }
}

impl Tx<'_> {
    /// Saves a new registration.
    pub fn insert_webhook_registration(&mut self, registration: &WebhookRegistration) -> Result<(), StoreError> {
        diesel::insert_into(webhook_registrations::table).values(registration.clone()).execute(self.conn)?;
        Ok(())
    }

    /// Forgets a registration that is gone.
    pub fn delete_webhook_registration(&mut self, id: &str) -> Result<(), StoreError> {
        diesel::delete(webhook_registrations::table.find(id)).execute(self.conn)?;
        Ok(())
    }

    /// Saves a secret that was sealed anew under another master key.
    pub fn reseal_webhook(&mut self, id: &str, sealed: &[u8], key_id: &str) -> Result<(), StoreError> {
        diesel::update(webhook_registrations::table.find(id))
            .set((
                webhook_registrations::secret_sealed.eq(sealed.to_vec()),
                webhook_registrations::key_id.eq(key_id.to_owned()),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    /// Notes that webhooks to this URL arrive.
    pub fn hear_webhook(&mut self, url: &str) -> Result<(), StoreError> {
        diesel::update(webhook_registrations::table.filter(webhook_registrations::url.eq(url)))
            .set(webhook_registrations::last_heard_at.eq(millis(self.now())))
            .execute(self.conn)?;
        Ok(())
    }

    /// Rings for the payment that somebody called about. What is said of one that nobody knows is kept for a person.
    pub fn hear_about(&mut self, reference: &str, body: &[u8]) -> Result<(), StoreError> {
        // PostgreSQL takes no NUL in a text, and no name of ours has one.
        if !reference.contains('\0') && self.ring_reference(reference)? {
            return Ok(());
        }
        let kept =
            |text: &str, most: usize| text.chars().filter(|letter| *letter != '\0').take(most).collect::<String>();
        self.keep_strange_bell(
            &kept(reference, STRANGE_NAME_MAX),
            &kept(&String::from_utf8_lossy(body), STRANGE_BODY_MAX),
        )
    }

    // Beyond the cap the oldest go.
    fn keep_strange_bell(&mut self, reference: &str, body: &str) -> Result<(), StoreError> {
        let row = (
            strange_bells::id.eq(Key(self.clock().id())),
            strange_bells::reference.eq(reference),
            strange_bells::body.eq(body),
            strange_bells::received_at.eq(millis(self.now())),
        );
        diesel::insert_into(strange_bells::table).values(row).execute(self.conn)?;
        let oldest_kept: Option<Key> = strange_bells::table
            .order(strange_bells::id.desc())
            .offset(STRANGE_BELLS_MAX - 1)
            .limit(1)
            .select(strange_bells::id)
            .first(self.conn)
            .optional()?;
        if let Some(oldest_kept) = oldest_kept {
            diesel::delete(strange_bells::table.filter(strange_bells::id.lt(oldest_kept))).execute(self.conn)?;
        }
        Ok(())
    }

    /// Takes a duty for a while if it is due and nobody else has it; `claimed_for` is machine time.
    pub fn claim_duty(
        &mut self,
        name: &'static str,
        claimed_for: chrono::TimeDelta,
    ) -> Result<Option<DutyClaim>, StoreError> {
        let token = self.clock().id();
        let (now, machine_now) = (millis(self.now()), self.clock().machine_now());
        let insert = diesel::insert_into(duties::table).values((
            duties::name.eq(name),
            duties::due_at.eq(now),
            duties::claimed_until.eq(0),
        ));
        each_backend!(&mut *self.conn, c => insert.on_conflict_do_nothing().execute(c))?;
        let taken = diesel::update(duties::table.find(name))
            .filter(duties::due_at.le(now))
            .filter(duties::claimed_until.lt(millis(machine_now)))
            .set((
                duties::claim.eq(Key(token)),
                duties::claimed_until.eq(millis(machine_now + claimed_for)),
                duties::due_at.eq(now),
            ))
            .execute(self.conn)?;
        Ok((taken == 1).then_some(DutyClaim { name, token }))
    }

    /// Puts a duty back until it is due again; one that was hastened meanwhile stays due. False when the claim is gone:
    /// whoever stood still for too long leaves it to whoever took it over.
    pub fn finish_duty(&mut self, claim: DutyClaim, next: Timestamp) -> Result<bool, StoreError> {
        let now = millis(self.now());
        let mine = || duties::table.find(claim.name).filter(duties::claim.eq(Key(claim.token)));
        diesel::update(mine().filter(duties::due_at.ne(AT_ONCE)))
            .set(duties::due_at.eq(millis(next)))
            .execute(self.conn)?;
        let put_back = diesel::update(mine())
            .set((duties::claim.eq(None::<Key>), duties::claimed_until.eq(0), duties::done_at.eq(now)))
            .execute(self.conn)?;
        Ok(put_back == 1)
    }

    /// Keeps what came of a duty; nothing when the claim is gone.
    pub fn report_duty(&mut self, claim: DutyClaim, report: &str) -> Result<(), StoreError> {
        let mine = duties::table.find(claim.name).filter(duties::claim.eq(Key(claim.token)));
        diesel::update(mine).set(duties::report.eq(report)).execute(self.conn)?;
        Ok(())
    }

    /// Makes a duty due now, also while somebody is at it.
    pub fn hasten_duty(&mut self, name: &str) -> Result<(), StoreError> {
        diesel::update(duties::table.find(name)).set(duties::due_at.eq(AT_ONCE)).execute(self.conn)?;
        Ok(())
    }
}
