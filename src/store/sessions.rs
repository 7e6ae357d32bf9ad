//! Logins: sessions, the refresh tokens that keep them alive, one-time links, and failed attempts. Tokens are kept as
//! keyed hashes only. All times here are machine time.

use std::collections::HashMap;

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::StoreError;
use super::columns::millis;
use super::conn::Conn;
use super::schema::{invites, login_failures, refresh_tokens, sessions};
use super::tx::{Reader, Tx};
use super::uid::Key;
use crate::clock::Timestamp;
use crate::domain::ids::{SessionId, UserId};
use crate::domain::time::at_millis;

/// How long an ended session, and failures of the past, are kept.
const TRACES_KEPT: TimeDelta = TimeDelta::days(1);

/// One login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// True once it was left, killed, or ended by a new password.
    pub has_ended: bool,
}

/// What is known about a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// How it is found.
    pub hash: Vec<u8>,
    /// The login it keeps alive.
    pub session: Session,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// When a newer one was given for it first.
    pub replaced_at: Option<Timestamp>,
}

/// What is known about a one-time link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// How it is found.
    pub hash: Vec<u8>,
    /// Whose password it sets.
    pub user: UserId,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: Key,
    user_id: Key,
    created_at: i64,
    ended_at: Option<i64>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = refresh_tokens)]
struct RefreshTokenRow {
    token_hash: Vec<u8>,
    session_id: Key,
    expires_at: i64,
    replaced_at: Option<i64>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = invites)]
struct InviteRow {
    token_hash: Vec<u8>,
    user_id: Key,
    expires_at: i64,
    used_at: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = login_failures)]
struct FailureRow {
    id: Key,
    subject: Vec<u8>,
    failed_at: i64,
}

impl Reader<'_> {
    /// One login.
    pub fn session(&mut self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let row: Option<SessionRow> = sessions::table.find(Key::from(id)).first(self.conn).optional()?;
        Ok(row.map(|row| Session { id: row.id.into(), user: row.user_id.into(), has_ended: row.ended_at.is_some() }))
    }

    /// Whose these logins are; those that have ended are left out.
    pub fn owners_of_sessions(&mut self, ids: &[SessionId]) -> Result<HashMap<SessionId, UserId>, StoreError> {
        let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
        let rows: Vec<(Key, Key)> = sessions::table
            .filter(sessions::id.eq_any(keys).and(sessions::ended_at.is_null()))
            .select((sessions::id, sessions::user_id))
            .load(self.conn)?;
        Ok(rows.into_iter().map(|(id, user)| (id.into(), user.into())).collect())
    }

    /// The refresh token with one of these hashes.
    pub fn refresh_token(&mut self, hashes: &[Vec<u8>]) -> Result<Option<RefreshToken>, StoreError> {
        let row: Option<RefreshTokenRow> = refresh_tokens::table
            .filter(refresh_tokens::token_hash.eq_any(hashes.to_vec()))
            .first(self.conn)
            .optional()?;
        let Some(row) = row else { return Ok(None) };
        let session = self.session(row.session_id.into())?;
        Ok(session.map(|session| RefreshToken {
            hash: row.token_hash,
            session,
            expires_at: at_millis(row.expires_at),
            replaced_at: row.replaced_at.map(at_millis),
        }))
    }

    /// The one-time link with one of these hashes.
    pub fn invite(&mut self, hashes: &[Vec<u8>]) -> Result<Option<Invite>, StoreError> {
        let row: Option<InviteRow> =
            invites::table.filter(invites::token_hash.eq_any(hashes.to_vec())).first(self.conn).optional()?;
        Ok(row.map(|row| Invite {
            hash: row.token_hash,
            user: row.user_id.into(),
            expires_at: at_millis(row.expires_at),
            used_at: row.used_at.map(at_millis),
        }))
    }

    /// When this subject failed since `since`, newest first, at most `limit` times.
    pub fn failures(&mut self, subject: &[u8], since: Timestamp, limit: i64) -> Result<Vec<Timestamp>, StoreError> {
        let times: Vec<i64> = login_failures::table
            .filter(login_failures::subject.eq(subject.to_vec()).and(login_failures::failed_at.gt(millis(since))))
            .order(login_failures::failed_at.desc())
            .limit(limit)
            .select(login_failures::failed_at)
            .load(self.conn)?;
        Ok(times.into_iter().map(at_millis).collect())
    }
}

impl Tx<'_> {
    /// Saves a new login.
    pub fn insert_session(&mut self, id: SessionId, user: UserId, now: Timestamp) -> Result<(), StoreError> {
        let row = SessionRow { id: id.into(), user_id: user.into(), created_at: millis(now), ended_at: None };
        diesel::insert_into(sessions::table).values(&row).execute(self.conn)?;
        Ok(())
    }

    /// Ends a login: its tokens of both kinds are worth nothing from now on.
    pub fn end_session(&mut self, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
        diesel::update(sessions::table.find(Key::from(id)).filter(sessions::ended_at.is_null()))
            .set(sessions::ended_at.eq(millis(now)))
            .execute(self.conn)?;
        Ok(())
    }

    /// Ends every login of a user except the one that is named.
    pub fn end_sessions_of(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let kept = Key(except.map(|id| id.0).unwrap_or_default());
        let others = sessions::user_id.eq(Key::from(user)).and(sessions::id.ne(kept)).and(sessions::ended_at.is_null());
        diesel::update(sessions::table.filter(others)).set(sessions::ended_at.eq(millis(now))).execute(self.conn)?;
        Ok(())
    }

    /// Saves a new refresh token.
    pub fn insert_refresh_token(
        &mut self,
        hash: Vec<u8>,
        session: SessionId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let row = RefreshTokenRow {
            token_hash: hash,
            session_id: session.into(),
            expires_at: millis(expires_at),
            replaced_at: None,
        };
        diesel::insert_into(refresh_tokens::table).values(&row).execute(self.conn)?;
        Ok(())
    }

    /// Notes that a newer token was given for this one; the first time counts.
    pub fn replace_refresh_token(&mut self, hash: &[u8], now: Timestamp) -> Result<(), StoreError> {
        let token = refresh_tokens::table.find(hash.to_vec()).filter(refresh_tokens::replaced_at.is_null());
        diesel::update(token).set(refresh_tokens::replaced_at.eq(millis(now))).execute(self.conn)?;
        Ok(())
    }

    /// Saves a new one-time link; older ones of the user are worth nothing from now on.
    pub fn insert_invite(&mut self, hash: Vec<u8>, user: UserId, expires_at: Timestamp) -> Result<(), StoreError> {
        diesel::delete(invites::table.filter(invites::user_id.eq(Key::from(user)))).execute(self.conn)?;
        let row = InviteRow { token_hash: hash, user_id: user.into(), expires_at: millis(expires_at), used_at: None };
        diesel::insert_into(invites::table).values(&row).execute(self.conn)?;
        Ok(())
    }

    /// Uses a one-time link; false when somebody else was faster.
    pub fn use_invite(&mut self, hash: &[u8], now: Timestamp) -> Result<bool, StoreError> {
        let unused = invites::table.find(hash.to_vec()).filter(invites::used_at.is_null());
        Ok(diesel::update(unused).set(invites::used_at.eq(millis(now))).execute(self.conn)? > 0)
    }

    /// Notes a failed attempt.
    pub fn insert_failure(&mut self, subject: &[u8], now: Timestamp) -> Result<(), StoreError> {
        let row = FailureRow { id: Key(self.clock().id()), subject: subject.to_vec(), failed_at: millis(now) };
        diesel::insert_into(login_failures::table).values(&row).execute(self.conn)?;
        Ok(())
    }

    /// Forgets the failures of a subject.
    pub fn forget_failures(&mut self, subject: &[u8]) -> Result<(), StoreError> {
        diesel::delete(login_failures::table.filter(login_failures::subject.eq(subject.to_vec())))
            .execute(self.conn)?;
        Ok(())
    }

    /// Lets attempts of one subject be counted one after the other, until the transaction ends.
    pub fn take_turn_for_subject(&mut self, subject: &[u8]) -> Result<(), StoreError> {
        let mut number = [0; 8];
        number.iter_mut().zip(subject).for_each(|(to, from)| *to = *from);
        match &mut *self.conn {
            // One writer at a time anyway.
            Conn::Sqlite(_) => {}
            Conn::Pg(conn) => {
                diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
                    .bind::<BigInt, _>(i64::from_be_bytes(number))
                    .execute(conn)?;
            }
        }
        Ok(())
    }

    /// Forgets what nobody can use anymore: old tokens, links, failures and ended logins. Answers how many rows.
    pub fn forget_logins(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        let old = millis(now - TRACES_KEPT);
        let ended = sessions::table.filter(sessions::ended_at.le(old)).select(sessions::id);
        let dead_token = refresh_tokens::expires_at.le(old).or(refresh_tokens::session_id.eq_any(ended));
        let mut rows = diesel::delete(refresh_tokens::table.filter(dead_token)).execute(self.conn)?;
        let dead_invite = invites::expires_at.le(old).or(invites::used_at.le(old).assume_not_null());
        rows += diesel::delete(invites::table.filter(dead_invite)).execute(self.conn)?;
        rows += diesel::delete(login_failures::table.filter(login_failures::failed_at.le(old))).execute(self.conn)?;
        let alive = refresh_tokens::table.select(refresh_tokens::session_id);
        let forgotten = sessions::created_at.le(old).and(sessions::id.ne_all(alive));
        rows += diesel::delete(sessions::table.filter(forgotten)).execute(self.conn)?;
        Ok(rows)
    }
}
