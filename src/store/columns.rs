//! How values of the domain stand in columns: moments as milliseconds, spans as seconds, words as text. A column that
//! holds what no column may hold is corrupt, never guessed.

use chrono::TimeDelta;

use super::StoreError;
use crate::domain::attempt::{AttemptState, End};
use crate::domain::attention::AttentionReason;
use crate::domain::effect::EffectKind;
use crate::domain::flow::Flow;
use crate::domain::ids::{AgreementId, SalesUnitId};
use crate::domain::ledger::MovementKind;
use crate::domain::money::Currency;
use crate::domain::order::{OrderStatus, RefundStatus};
use crate::domain::registration::EndedReason;
use crate::domain::sales_unit::Provider;
use crate::domain::time::{Timestamp, at_millis};

/// How many rows one statement inserts: SQLite binds at most 32 766 values.
pub(super) const ROWS_PER_INSERT: usize = 500;

/// How many ids go into one statement: both databases take several times as many.
pub(super) const IDS_AT_ONCE: usize = 5_000;

pub(super) fn millis(at: Timestamp) -> i64 {
    at.timestamp_millis()
}

pub(super) fn opt_millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(millis)
}

pub(super) fn opt_moment(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(at_millis)
}

pub(super) fn seconds(span: TimeDelta) -> i64 {
    span.num_seconds()
}

pub(super) fn currency(code: &str) -> Result<Currency, StoreError> {
    Currency::from_code(code).ok_or_else(|| corrupt("currency", code))
}

pub(super) fn corrupt(column: &str, value: &str) -> StoreError {
    StoreError::Corrupt(format!("{column} = {value:?}"))
}

pub(super) fn sales_unit_id(text: &str) -> Result<SalesUnitId, StoreError> {
    text.parse().map_err(|_no_id| corrupt("sales unit", text))
}

pub(super) fn agreement_id(text: &str) -> Result<AgreementId, StoreError> {
    text.parse().map_err(|_no_id| corrupt("agreement", text))
}

pub(super) fn provider(word: &str) -> Result<Provider, StoreError> {
    Provider::from_word(word).ok_or_else(|| corrupt("provider", word))
}

pub(super) fn ended_reason(word: &str) -> Result<EndedReason, StoreError> {
    EndedReason::ALL.into_iter().find(|known| known.word() == word).ok_or_else(|| corrupt("ended_reason", word))
}

pub(super) fn order_status(word: &str) -> Result<OrderStatus, StoreError> {
    OrderStatus::ALL.into_iter().find(|known| known.word() == word).ok_or_else(|| corrupt("order status", word))
}

pub(super) fn attention_reason(word: &str) -> Result<AttentionReason, StoreError> {
    AttentionReason::from_word(word).ok_or_else(|| corrupt("needs_attention", word))
}

pub(super) fn refund_status(word: &str) -> Result<RefundStatus, StoreError> {
    [RefundStatus::Pending, RefundStatus::Done, RefundStatus::Refused]
        .into_iter()
        .find(|known| known.word() == word)
        .ok_or_else(|| corrupt("refund status", word))
}

/// The column's words are older than charges that fail: such an end is written as 'terminated', with its moment.
pub(super) fn ended_how(state: AttemptState, failed_at: Option<i64>) -> AttemptState {
    let failed = state == AttemptState::Dead(End::Terminated) && failed_at.is_some();
    if failed { AttemptState::Dead(End::Failed) } else { state }
}

pub(super) fn attempt_state(word: &str) -> Result<AttemptState, StoreError> {
    AttemptState::ALL.into_iter().find(|known| known.word() == word).ok_or_else(|| corrupt("attempt state", word))
}

pub(super) fn flow(word: &str) -> Result<Flow, StoreError> {
    Flow::ALL.into_iter().find(|known| known.word() == word).ok_or_else(|| corrupt("flow", word))
}

pub(super) fn movement_kind(word: &str) -> Result<MovementKind, StoreError> {
    MovementKind::ALL.into_iter().find(|known| known.word() == word).ok_or_else(|| corrupt("ledger kind", word))
}

pub(super) fn effect_kind(word: &str) -> Result<EffectKind, StoreError> {
    EffectKind::ALL.into_iter().find(|known| known.word() == word).ok_or_else(|| corrupt("effect kind", word))
}
