//! Who has a card on file with which provider, as rows. No number and no token of a card is ever here, only that there
//! is one, and sealed the token of the page on which one is being registered.

use diesel::prelude::*;

use super::StoreError;
use super::columns::{millis, opt_moment};
use super::schema::cards;
use super::tx::{Reader, Tx};
use super::uid::Key;
use crate::domain::ids::{AgreementId, UserId};
use crate::domain::time::Timestamp;

#[derive(Queryable)]
struct CardRow {
    _user_id: Key,
    _agreement_id: String,
    page_sealed: Option<Vec<u8>>,
    page_key_id: Option<String>,
    page_opened_at: Option<i64>,
    attached_at: Option<i64>,
}

/// What is known of somebody's card with one provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardOnFile {
    /// The page on which a card is being registered.
    pub page: Option<CardPageKept>,
    /// When a card was last attached; empty when there is none.
    pub attached_at: Option<Timestamp>,
}

/// The provider's page on which a card is being registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardPageKept {
    /// Its token, sealed.
    pub sealed: Vec<u8>,
    /// The master key it is sealed under.
    pub key_id: String,
    /// When it was opened.
    pub opened_at: Timestamp,
}

impl From<CardRow> for CardOnFile {
    fn from(row: CardRow) -> Self {
        let page = match (row.page_sealed, row.page_key_id, opt_moment(row.page_opened_at)) {
            (Some(sealed), Some(key_id), Some(opened_at)) => Some(CardPageKept { sealed, key_id, opened_at }),
            (None | Some(_), None | Some(_), None | Some(_)) => None,
        };
        Self { page, attached_at: opt_moment(row.attached_at) }
    }
}

impl Reader<'_> {
    /// What is known of a user's card with the provider of an agreement.
    pub fn card(&mut self, user: UserId, agreement: AgreementId) -> Result<CardOnFile, StoreError> {
        let row: Option<CardRow> =
            cards::table.find((Key::from(user), agreement.to_string())).first(self.conn).optional()?;
        Ok(row.map(CardOnFile::from).unwrap_or_default())
    }
}

impl Tx<'_> {
    /// Keeps the token of the page on which a card is being registered; the page before it is forgotten.
    pub fn keep_card_page(
        &mut self,
        user: UserId,
        agreement: AgreementId,
        page: &CardPageKept,
    ) -> Result<(), StoreError> {
        let values = (
            cards::page_sealed.eq(page.sealed.clone()),
            cards::page_key_id.eq(page.key_id.clone()),
            cards::page_opened_at.eq(millis(page.opened_at)),
        );
        let known = cards::table.find((Key::from(user), agreement.to_string()));
        if diesel::update(known).set(values.clone()).execute(self.conn)? == 0 {
            let whose = (cards::user_id.eq(Key::from(user)), cards::agreement_id.eq(agreement.to_string()));
            diesel::insert_into(cards::table).values((whose, values)).execute(self.conn)?;
        }
        Ok(())
    }

    /// The registration on this page has ended; `attached_at` is when its card was attached, if it was. Another page
    /// that was opened meanwhile stays.
    pub fn end_card_page(
        &mut self,
        user: UserId,
        agreement: AgreementId,
        page: &CardPageKept,
        attached_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let whose = cards::user_id.eq(Key::from(user)).and(cards::agreement_id.eq(agreement.to_string()));
        if let Some(at) = attached_at {
            diesel::update(cards::table.filter(whose.clone()))
                .set(cards::attached_at.eq(millis(at)))
                .execute(self.conn)?;
        }
        let this = whose.and(cards::page_sealed.eq(page.sealed.clone()));
        diesel::update(cards::table.filter(this))
            .set((
                cards::page_sealed.eq(None::<Vec<u8>>),
                cards::page_key_id.eq(None::<String>),
                cards::page_opened_at.eq(None::<i64>),
            ))
            .execute(self.conn)?;
        Ok(())
    }
}
