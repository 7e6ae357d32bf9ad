//! Users as rows. An address belongs to one user; password hashes leave this room only to be compared.

use std::collections::HashMap;

use diesel::prelude::*;

use super::columns::millis;
use super::schema::users;
use super::tx::{Reader, Tx};
use super::uid::Key;
use super::{Stop, StoreError};
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::time::at_millis;
use crate::domain::user::{Profile, User, plain_email};

#[derive(Queryable, Insertable)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    id: Key,
    email: String,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    locale: String,
    allow_photo_by_default: bool,
    password_hash: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id.into(),
            profile: Profile {
                email: row.email,
                first_name: row.first_name,
                last_name: row.last_name,
                phone: row.phone,
                locale: row.locale,
                allow_photo_by_default: row.allow_photo_by_default,
            },
            created_at: at_millis(row.created_at),
            updated_at: at_millis(row.updated_at),
        }
    }
}

/// A user and the password's hash, to be compared.
#[derive(Clone)]
pub struct UserWithPassword {
    /// The user.
    pub user: User,
    /// The hash; empty when no password was ever set.
    pub password_hash: Option<String>,
}

impl Reader<'_> {
    /// One user.
    pub fn user_by_id(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.user_with_password(id)?.map(|found| found.user))
    }

    /// One user, to compare the password.
    pub fn user_with_password(&mut self, id: UserId) -> Result<Option<UserWithPassword>, StoreError> {
        let row: Option<UserRow> = users::table.find(Key::from(id)).first(self.conn).optional()?;
        Ok(row.map(with_password))
    }

    /// The user with this address, however it is written.
    pub fn user_by_email(&mut self, email: &str) -> Result<Option<UserWithPassword>, StoreError> {
        let row: Option<UserRow> =
            users::table.filter(users::email.eq(plain_email(email))).first(self.conn).optional()?;
        Ok(row.map(with_password))
    }

    /// The first and the last names of some users.
    pub fn names_of(&mut self, ids: &[UserId]) -> Result<HashMap<UserId, (String, String)>, StoreError> {
        let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
        let rows: Vec<(Key, String, String)> = users::table
            .filter(users::id.eq_any(keys))
            .select((users::id, users::first_name, users::last_name))
            .load(self.conn)?;
        Ok(rows.into_iter().map(|(id, first, last)| (id.into(), (first, last))).collect())
    }

    /// Some users.
    pub fn users_by_id(&mut self, ids: &[UserId]) -> Result<HashMap<UserId, User>, StoreError> {
        let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
        let rows: Vec<UserRow> = users::table.filter(users::id.eq_any(keys)).load(self.conn)?;
        Ok(rows.into_iter().map(User::from).map(|user| (user.id, user)).collect())
    }

    /// Users whose first and last name, on one line, are as `wanted` says, by name; at most `limit` of them.
    pub fn users_called(&mut self, wanted: impl Fn(&str) -> bool, limit: i64) -> Result<Vec<User>, StoreError> {
        let names: Vec<(Key, String, String)> = users::table
            .order((users::last_name, users::first_name, users::id))
            .select((users::id, users::first_name, users::last_name))
            .load(self.conn)?;
        let keys: Vec<Key> = names
            .into_iter()
            .filter(|(_, first, last)| wanted(&format!("{first} {last}")))
            .map(|(id, ..)| id)
            .take(usize::try_from(limit).unwrap_or_default())
            .collect();
        let rows: Vec<UserRow> = users::table
            .filter(users::id.eq_any(keys))
            .order((users::last_name, users::first_name, users::id))
            .load(self.conn)?;
        Ok(rows.into_iter().map(User::from).collect())
    }

    /// Users in the order they were made, after the one with this id.
    pub fn users(&mut self, after: Option<UserId>, limit: i64) -> Result<Vec<User>, StoreError> {
        let mut query = users::table.into_boxed();
        if let Some(after) = after {
            query = query.filter(users::id.gt(Key::from(after)));
        }
        let rows: Vec<UserRow> = query.order(users::id).limit(limit).load(self.conn)?;
        Ok(rows.into_iter().map(User::from).collect())
    }
}

impl Tx<'_> {
    /// Saves a new user; an address that somebody has is refused.
    pub fn insert_user(&mut self, user: &User, password_hash: Option<String>) -> Result<(), Stop> {
        let profile = &user.profile;
        let row = UserRow {
            id: user.id.into(),
            email: plain_email(&profile.email),
            first_name: profile.first_name.clone(),
            last_name: profile.last_name.clone(),
            phone: profile.phone.clone(),
            locale: profile.locale.clone(),
            allow_photo_by_default: profile.allow_photo_by_default,
            password_hash,
            created_at: millis(user.created_at),
            updated_at: millis(user.updated_at),
        };
        diesel::insert_into(users::table).values(&row).execute(self.conn).map_err(email_taken)?;
        Ok(())
    }

    /// Saves what is known about a user; an address that somebody else has is refused.
    pub fn save_profile(&mut self, user: &User) -> Result<(), Stop> {
        let profile = &user.profile;
        diesel::update(users::table.find(Key::from(user.id)))
            .set((
                users::email.eq(plain_email(&profile.email)),
                users::first_name.eq(profile.first_name.clone()),
                users::last_name.eq(profile.last_name.clone()),
                users::phone.eq(profile.phone.clone()),
                users::locale.eq(profile.locale.clone()),
                users::allow_photo_by_default.eq(profile.allow_photo_by_default),
                users::updated_at.eq(millis(user.updated_at)),
            ))
            .execute(self.conn)
            .map_err(email_taken)?;
        Ok(())
    }

    /// Saves a new password's hash.
    pub fn save_password(&mut self, user: UserId, password_hash: &str) -> Result<(), StoreError> {
        diesel::update(users::table.find(Key::from(user)))
            .set(users::password_hash.eq(password_hash.to_owned()))
            .execute(self.conn)?;
        Ok(())
    }
}

fn with_password(row: UserRow) -> UserWithPassword {
    let password_hash = row.password_hash.clone();
    UserWithPassword { user: row.into(), password_hash }
}

fn email_taken(error: diesel::result::Error) -> Stop {
    match StoreError::from(error) {
        StoreError::Taken(_) => Refusal::EmailTaken.into(),
        other @ (StoreError::Contended(_)
        | StoreError::Connecting(_)
        | StoreError::Lost(_)
        | StoreError::Query(_)
        | StoreError::Corrupt(_)
        | StoreError::Migrating(_)
        | StoreError::Closed) => other.into(),
    }
}
