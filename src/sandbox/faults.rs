//! Planned failures, drawn from a seed.
//!
//! The same plan and the same calls fail in the same places, always. Faults are not kept over a restart, and
//! nothing here does the failing: the desk and the webhook queue act on what is drawn.

use std::str::FromStr as _;

use chrono::TimeDelta;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};

use super::random::Random;

/// How many rules a plan may have.
const RULES_MAX: usize = 100;
/// What a webhook is held back by when its rule names no delay.
const USUAL_DELAY: TimeDelta = TimeDelta::seconds(30);
/// `slow` sleeps for real, so it may not take for ever.
const SLOW_MAX: TimeDelta = TimeDelta::minutes(1);

/// What a rule watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum On {
    /// Making a payment.
    Create,
    /// Reading a payment.
    Get,
    /// Reading an event log.
    Events,
    /// Cancelling.
    Cancel,
    /// Capturing.
    Capture,
    /// Refunding.
    Refund,
    /// Fetching an access token.
    Token,
    /// Delivering a webhook.
    Webhook,
    /// Listing payments (Áskell).
    List,
    /// Trying a failed charge again (Áskell).
    Retry,
    /// Anything about customers and their cards (Áskell).
    Card,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Do {
    /// A failure, and nothing happened.
    ErrorBefore,
    /// It happened, and the answer is a failure.
    ErrorAfter,
    /// The connection closes, and nothing happened.
    TimeoutBefore,
    /// It happened, and the connection closes.
    TimeoutAfter,
    /// A chosen refusal, and nothing happened.
    Status,
    /// It happened, and the answer comes late.
    Slow,
    /// The webhook never comes.
    Lose,
    /// The webhook comes twice.
    Double,
    /// The webhook comes late, and later ones wait for it.
    Delay,
    /// The webhook comes late, and later ones overtake it.
    Reorder,
}

impl Do {
    /// Its name in plans and in the call history.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ErrorBefore => "error_before",
            Self::ErrorAfter => "error_after",
            Self::TimeoutBefore => "timeout_before",
            Self::TimeoutAfter => "timeout_after",
            Self::Status => "status",
            Self::Slow => "slow",
            Self::Lose => "lose",
            Self::Double => "double",
            Self::Delay => "delay",
            Self::Reorder => "reorder",
        }
    }

    fn is_for_webhooks(self) -> bool {
        match self {
            Self::Lose | Self::Double | Self::Delay | Self::Reorder => true,
            Self::ErrorBefore
            | Self::ErrorAfter
            | Self::TimeoutBefore
            | Self::TimeoutAfter
            | Self::Status
            | Self::Slow => false,
        }
    }
}

/// One planned failure.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    on: On,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    r#do: Do,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chance: Option<serde_json::Number>,
}

/// A seed and its rules; the first rule that fires is the one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    rules: Vec<Rule>,
}

/// One drawn failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: Do,
    pub(super) status: u16,
    pub(super) code: Option<String>,
    pub(super) delay: TimeDelta,
}

/// How often what is told goes out, and after how long, the way a planned fault wants it. Whether later ones overtake it is
/// the queue's own business.
pub(super) fn deliveries(fault: Option<&Fault>) -> (usize, TimeDelta) {
    match fault.map(|fault| (fault.kind, fault.delay)) {
        Some((Do::Lose, _)) => (0, TimeDelta::zero()),
        Some((Do::Double, _)) => (2, TimeDelta::zero()),
        Some((Do::Delay | Do::Reorder, delay)) => (1, delay),
        Some((Do::ErrorBefore | Do::ErrorAfter | Do::TimeoutBefore | Do::TimeoutAfter | Do::Status | Do::Slow, _))
        | None => (1, TimeDelta::zero()),
    }
}

/// The plan in force, and where its stream of chance has come to.
#[derive(Debug)]
pub(super) struct Faults {
    plan: Plan,
    random: Random,
}

impl Default for Faults {
    fn default() -> Self {
        Self { plan: Plan::default(), random: Random::new(0) }
    }
}

impl Faults {
    /// Puts a plan in force, or says what is wrong with it.
    pub(super) fn set(&mut self, plan: Plan) -> Result<(), String> {
        if plan.rules.len() > RULES_MAX {
            return Err(format!("at most {RULES_MAX} rules"));
        }
        plan.rules.iter().try_for_each(Rule::check)?;
        self.random = Random::new(plan.seed);
        self.plan = plan;
        Ok(())
    }

    /// The plan in force; `times` shows what is left.
    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether this call or delivery fails, and how.
    pub(super) fn draw(&mut self, on: On, reference: &str) -> Option<Fault> {
        let random = &mut self.random;
        let rule = self.plan.rules.iter_mut().find(|rule| {
            rule.on == on
                && rule.reference.as_deref().is_none_or(|wanted| wanted == reference)
                && rule.times != Some(0)
                && (rule.chance.is_none() || random.happens(rule.per_million().unwrap_or(1_000_000)))
        })?;
        rule.times = rule.times.map(|left| left.saturating_sub(1));
        Some(Fault {
            kind: rule.r#do,
            status: rule.status.unwrap_or(500),
            code: rule.code.clone(),
            delay: rule.delay.as_deref().and_then(span).unwrap_or(USUAL_DELAY),
        })
    }
}

impl Rule {
    fn check(&self) -> Result<(), String> {
        if self.r#do.is_for_webhooks() != (self.on == On::Webhook) {
            return Err(format!("\"{}\" does not go with this \"on\"", self.r#do.name()));
        }
        if self.status.is_some_and(|status| !(400..=599).contains(&status)) {
            return Err("\"status\" is 400 to 599".to_owned());
        }
        if self.per_million().is_none_or(|chance| chance > 1_000_000) {
            return Err("\"chance\" is a number from 0 to 1".to_owned());
        }
        match self.delay.as_deref().map(span) {
            Some(None) => Err("\"delay\" is written HH:MM:SS".to_owned()),
            Some(Some(delay)) if self.r#do == Do::Slow && delay > SLOW_MAX => {
                Err("\"slow\" sleeps for real: a minute at most".to_owned())
            }
            None if self.r#do == Do::Slow => Err("\"slow\" needs a \"delay\"".to_owned()),
            Some(Some(_)) | None => Ok(()),
        }
    }

    /// The chance as a whole number, so that no machine rounds it differently; `None` when it makes no sense.
    fn per_million(&self) -> Option<u64> {
        let Some(chance) = &self.chance else { return Some(1_000_000) };
        let text = chance.to_string();
        let chance = Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).ok()?;
        chance.checked_mul(Decimal::from(1_000_000))?.trunc().to_u64()
    }
}

/// A span written `HH:MM:SS`; hours may pass 23.
pub(super) fn span(text: &str) -> Option<TimeDelta> {
    let mut parts = text.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str| part.len() >= 2 && part.len() <= 5 && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || !digits(hours) || minutes.len() != 2 || seconds.len() != 2 {
        return None;
    }
    let number = |part: &str| part.parse::<i64>().ok().filter(|_| digits(part));
    let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
    (minutes < 60 && seconds < 60).then(|| TimeDelta::seconds(hours * 3_600 + minutes * 60 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(plan: serde_json::Value) -> Faults {
        let mut faults = Faults::default();
        faults.set(serde_json::from_value(plan).expect("a plan")).expect("a good plan");
        faults
    }

    #[test]
    fn a_seed_repeats_its_failures() {
        let plan = json!({"seed": 4, "rules": [{"on": "get", "do": "error_before", "chance": 0.3}]});
        let draw = |mut faults: Faults| -> Vec<bool> {
            (0..100).map(|_| faults.draw(On::Get, "reference-1").is_some()).collect()
        };
        let first = draw(faults(plan.clone()));
        assert_eq!(first, draw(faults(plan)));
        let failures = first.iter().filter(|failed| **failed).count();
        assert!((15..45).contains(&failures), "{failures} of 100");
    }

    #[test]
    fn a_rule_ends_after_its_times_and_only_meets_its_reference() {
        let mut faults = faults(json!({"rules": [
            {"on": "capture", "reference": "mine-0001", "do": "status", "status": 400, "code": "6250", "times": 1},
        ]}));
        assert_eq!(faults.draw(On::Capture, "other-001"), None);
        assert_eq!(faults.draw(On::Refund, "mine-0001"), None);
        let fault = faults.draw(On::Capture, "mine-0001").expect("a fault");
        assert_eq!((fault.kind, fault.status, fault.code.as_deref()), (Do::Status, 400, Some("6250")));
        assert_eq!(faults.draw(On::Capture, "mine-0001"), None);
    }

    #[test]
    fn plans_that_make_no_sense_are_refused() {
        for rule in [
            json!({"on": "get", "do": "lose"}),
            json!({"on": "webhook", "do": "error_before"}),
            json!({"on": "get", "do": "status", "status": 200}),
            json!({"on": "get", "do": "error_before", "chance": 1.5}),
            json!({"on": "get", "do": "error_before", "chance": -0.1}),
            json!({"on": "get", "do": "slow"}),
            json!({"on": "get", "do": "slow", "delay": "01:00:00"}),
            json!({"on": "webhook", "do": "delay", "delay": "soon"}),
        ] {
            let plan = serde_json::from_value(json!({ "rules": [rule.clone()] })).expect("a plan");
            assert!(Faults::default().set(plan).is_err(), "{rule}");
        }
    }

    #[test]
    fn spans_are_hours_minutes_and_seconds() {
        assert_eq!(span("02:00:00"), Some(TimeDelta::hours(2)));
        assert_eq!(span("100:01:02"), Some(TimeDelta::seconds(360_062)));
        for bad in ["", "02:00", "2:00:00", "02:60:00", "02:00:60", "-1:00:00", "02:00:00:00", "aa:00:00"] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }
}
