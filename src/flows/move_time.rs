//! Moves the demo's clock forward, so that whoever tries the house need not wait for a deadline. A real server has no such
//! lever.

use std::ops::RangeInclusive;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;

use super::app::App;
use crate::domain::fault::{Fault, FieldError};
use crate::domain::refusal::Refusal;

/// How many minutes one pull may take.
const MINUTES: RangeInclusive<i64> = 1..=7 * 24 * 60;

/// What only a demo has.
pub struct Demo {
    /// Where its Vipps is.
    pub sandbox_url: String,
    /// What moves the time.
    pub lever: Arc<dyn TimeLever>,
}

/// Moves domain time.
#[async_trait]
pub trait TimeLever: Send + Sync {
    /// Walks through everything that becomes due on the way.
    async fn advance(&self, by: TimeDelta);
}

/// Moves the clock of a demo; any other house has nothing to move.
pub async fn move_time(app: &App, minutes: i64) -> Result<(), Refusal> {
    let demo = app.demo.as_ref().ok_or(Refusal::NotFound)?;
    if !MINUTES.contains(&minutes) {
        let fault = Fault::NumberOutOfRange(*MINUTES.start(), *MINUTES.end());
        return Err(Refusal::Invalid(vec![FieldError::new("/minutes", fault)]));
    }
    demo.lever.advance(TimeDelta::minutes(minutes)).await;
    Ok(())
}
