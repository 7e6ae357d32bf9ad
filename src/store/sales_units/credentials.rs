//! The keys of agreements. They stand here sealed only, and those that nobody needs any more are deleted.

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use crate::domain::ids::{AgreementId, UserId};
use crate::domain::sales_unit::KeysSet;
use crate::domain::time::at_millis;
use crate::store::StoreError;
use crate::store::columns::{agreement_id, millis, opt_moment};
use crate::store::schema::{agreements, credentials};
use crate::store::tx::{Reader, Tx};
use crate::store::uid::Key;

#[derive(Queryable, Insertable)]
#[diesel(table_name = credentials)]
struct CredentialsRow {
    id: Key,
    agreement_id: String,
    sealed: Vec<u8>,
    key_id: String,
    set_at: i64,
    set_by: Key,
    proven_at: Option<i64>,
}

/// Keys as they are kept.
#[derive(Clone)]
pub struct SealedCredentials {
    /// Their id.
    pub id: Uuid,
    /// Sealed.
    pub sealed: Vec<u8>,
    /// The master key they are sealed under.
    pub key_id: String,
    /// True once the provider has accepted them.
    pub is_proven: bool,
}

/// Keys to be kept.
#[derive(Clone)]
pub struct NewCredentials {
    /// Their id.
    pub id: Uuid,
    /// Whose they are.
    pub agreement: AgreementId,
    /// Sealed.
    pub sealed: Vec<u8>,
    /// The master key they are sealed under.
    pub key_id: String,
    /// Who set them.
    pub set_by: UserId,
}

impl From<CredentialsRow> for SealedCredentials {
    fn from(row: CredentialsRow) -> Self {
        Self { id: row.id.0, sealed: row.sealed, key_id: row.key_id, is_proven: row.proven_at.is_some() }
    }
}

impl Reader<'_> {
    /// When and by whom the keys of these agreements were set.
    pub fn keys_set(&mut self, of: &[AgreementId]) -> Result<HashMap<AgreementId, KeysSet>, StoreError> {
        let ids: Vec<String> = of.iter().map(AgreementId::to_string).collect();
        let rows: Vec<CredentialsRow> =
            credentials::table.filter(credentials::agreement_id.eq_any(ids)).order(credentials::id).load(self.conn)?;
        let mut found: HashMap<AgreementId, KeysSet> = HashMap::new();
        for row in rows {
            let agreement = agreement_id(&row.agreement_id)?;
            let older_are_kept = found.contains_key(&agreement);
            let set = KeysSet {
                at: at_millis(row.set_at),
                by: row.set_by.into(),
                proven_at: opt_moment(row.proven_at),
                older_are_kept,
            };
            found.insert(agreement, set);
        }
        Ok(found)
    }

    /// The keys of an agreement, the newest first.
    pub fn sealed_credentials(&mut self, of: AgreementId) -> Result<Vec<SealedCredentials>, StoreError> {
        let rows: Vec<CredentialsRow> = credentials::table
            .filter(credentials::agreement_id.eq(of.to_string()))
            .order(credentials::id.desc())
            .load(self.conn)?;
        Ok(rows.into_iter().map(SealedCredentials::from).collect())
    }

    /// Keys that are sealed under another master key than this one.
    pub fn credentials_under_other_keys(&mut self, key_id: &str) -> Result<Vec<SealedCredentials>, StoreError> {
        let rows: Vec<CredentialsRow> = credentials::table
            .filter(credentials::key_id.ne(key_id.to_owned()))
            .order(credentials::id)
            .load(self.conn)?;
        Ok(rows.into_iter().map(SealedCredentials::from).collect())
    }
}

impl Tx<'_> {
    /// Saves new keys. Those that were proven are kept until these are; others that were not go.
    pub fn put_credentials(&mut self, new: &NewCredentials) -> Result<(), StoreError> {
        let of_agreement = credentials::table.filter(credentials::agreement_id.eq(new.agreement.to_string()));
        diesel::delete(of_agreement.filter(credentials::proven_at.is_null())).execute(self.conn)?;
        let row = CredentialsRow {
            id: Key(new.id),
            agreement_id: new.agreement.to_string(),
            sealed: new.sealed.clone(),
            key_id: new.key_id.clone(),
            set_at: millis(self.now()),
            set_by: new.set_by.into(),
            proven_at: None,
        };
        diesel::insert_into(credentials::table).values(row).execute(self.conn)?;
        self.touch_agreement(new.agreement)
    }

    /// Writes down that the provider accepted these keys; those before them go. Nothing happens when they were replaced.
    pub fn prove_credentials(&mut self, of: AgreementId, id: Uuid) -> Result<(), StoreError> {
        let proven_at = millis(self.now());
        let these = credentials::table.find(Key(id)).filter(credentials::proven_at.is_null());
        if diesel::update(these).set(credentials::proven_at.eq(proven_at)).execute(self.conn)? == 0 {
            return Ok(());
        }
        let of_agreement = credentials::table.filter(credentials::agreement_id.eq(of.to_string()));
        diesel::delete(of_agreement.filter(credentials::id.lt(Key(id)))).execute(self.conn)?;
        self.touch_agreement(of)
    }

    /// Saves keys that were sealed anew under another master key.
    pub fn reseal_credentials(&mut self, id: Uuid, sealed: &[u8], key_id: &str) -> Result<(), StoreError> {
        diesel::update(credentials::table.find(Key(id)))
            .set((credentials::sealed.eq(sealed.to_vec()), credentials::key_id.eq(key_id.to_owned())))
            .execute(self.conn)?;
        Ok(())
    }

    fn touch_agreement(&mut self, id: AgreementId) -> Result<(), StoreError> {
        let now = millis(self.now());
        diesel::update(agreements::table.find(id.to_string()))
            .set((agreements::version.eq(agreements::version + 1), agreements::updated_at.eq(now)))
            .execute(self.conn)?;
        Ok(())
    }
}
