//! How a request that may carry an idempotency key is answered: the answer is written in the same transaction as the
//! change, so the flow must know how.

use serde_json::Value;

use crate::store::replays::{Answer, Once};

/// How a request is answered once its flow succeeded.
pub struct Reply<T> {
    /// The key, if there is one.
    pub once: Option<Once>,
    /// The status of success.
    pub status: u16,
    /// How the result is written.
    pub write: fn(&T) -> Value,
}

impl<T> Reply<T> {
    /// The answer about this result.
    pub fn answer(&self, result: &T) -> Answer {
        Answer::new(self.status, &(self.write)(result))
    }
}

impl<T> Clone for Reply<T> {
    fn clone(&self) -> Self {
        Self { once: self.once.clone(), status: self.status, write: self.write }
    }
}
