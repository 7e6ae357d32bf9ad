//! What the provider remembers under idempotency keys.
//!
//! The same key with the same call gets its first answer again, a refusal with a domain code included; with another
//! call it is a conflict. Failures of the provider itself (5xx, 423, 429) are never remembered.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::call::{Answer, Call, Operation};
use super::refusal::Refusal;

/// One remembered answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    msn: String,
    key: String,
    operation: Operation,
    fingerprint: String,
    answer: Answer,
}

/// All remembered answers.
#[derive(Debug, Default)]
pub(super) struct Keys {
    kept: BTreeMap<(String, String), Kept>,
}

impl Keys {
    /// The first answer to this call, a conflict, or nothing when the key is new.
    pub(super) fn recall(&self, call: &Call) -> Option<Result<Answer, Refusal>> {
        let key = call.key.clone()?;
        let kept = self.kept.get(&(call.msn.clone(), key))?;
        if kept.operation != call.operation {
            return Some(Err(Refusal::KeyExists));
        }
        if kept.fingerprint == fingerprint(call) {
            return Some(Ok(kept.answer.clone()));
        }
        Some(Err(match call.operation {
            Operation::Create | Operation::Refund => Refusal::ReferenceExists,
            Operation::Capture | Operation::Cancel => Refusal::KeyHasOtherBody,
            Operation::Token
            | Operation::Get
            | Operation::Events
            | Operation::Approve
            | Operation::Register
            | Operation::List
            | Operation::Unregister => Refusal::KeyExists,
        }))
    }

    /// Remembers the first answer where it sticks, and returns what must be written down.
    pub(super) fn keep(&mut self, call: &Call, answer: &Answer) -> Option<Kept> {
        let key = call.key.clone().filter(|_| answer.sticks_to_its_key())?;
        if self.kept.contains_key(&(call.msn.clone(), key.clone())) {
            return None;
        }
        let kept = Kept {
            msn: call.msn.clone(),
            key,
            operation: call.operation,
            fingerprint: fingerprint(call),
            answer: answer.clone(),
        };
        self.restore(kept.clone());
        Some(kept)
    }

    /// Puts back what was written down.
    pub(super) fn restore(&mut self, kept: Kept) {
        self.kept.insert((kept.msn.clone(), kept.key.clone()), kept);
    }

    /// Everything that must be written down.
    pub(super) fn all(&self) -> impl Iterator<Item = &Kept> {
        self.kept.values()
    }
}

fn fingerprint(call: &Call) -> String {
    let mut digest = Sha256::new();
    digest.update(call.path.as_bytes());
    digest.update(b"\n");
    digest.update(&call.body);
    STANDARD.encode(digest.finalize())
}
