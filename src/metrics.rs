//! What the house counts about itself, in the text that Prometheus reads. Each house counts for itself: nothing here is
//! global. No label is about a person, and none comes from what somebody sent: they are words of our own.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// What the text is called where it is served.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds that a person feels as at once, quick, slow, and that a browser gives up after.
const SECONDS: [f64; 9] = [0.001, 0.005, 0.02, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

/// What one answer was.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: String,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

/// How a call to the provider ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// It was answered.
    Answered,
    /// It was refused.
    Refused,
    /// The provider was not there.
    Unavailable,
    /// Nobody knows whether it was done.
    Unknown,
}

/// What became of a letter that was to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lettered {
    /// It went.
    Sent,
    /// It is tried again.
    Delayed,
    /// It is parked.
    Failed,
}

/// What somebody who signs up was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// A seat, or a place in the queue.
    Admitted,
    /// No.
    Refused,
    /// The first answer once more.
    Repeated,
    /// Come again.
    Failed,
}

/// What waits in the outbox for one kind of effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Rows that are or will be tried.
    pub waiting: i64,
    /// Rows that wait for a person.
    pub parked: i64,
    /// For how many seconds the oldest that is not parked has been there.
    pub oldest: i64,
}

/// What the database says at this moment. Each list has all its words, also those with nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Orders that need a person, by reason.
    pub needs_attention: Vec<(&'static str, i64)>,
    /// The outbox, by kind.
    pub outbox: Vec<(&'static str, Waiting)>,
    /// Orders that are due for a look.
    pub looks_due: i64,
    /// By how many seconds the longest due of them is late.
    pub looks_late: i64,
    /// When each duty was last done, in seconds since 1970.
    pub duties: Vec<(&'static str, i64)>,
    /// What the doctor's last rounds found, by kind.
    pub findings: Vec<(&'static str, i64)>,
    /// How many payments the rounds compared with the provider, and about how many it did not answer.
    pub compared: (i64, i64),
}

type Kinds = Family<Kind, Gauge>;

/// The counters of one house.
pub struct Metrics {
    registry: Registry,
    answers: Family<Answer, Histogram, fn() -> Histogram>,
    calls: Family<Call, Histogram, fn() -> Histogram>,
    letters: Family<Outcome, Counter>,
    sign_ups: Family<Outcome, Counter>,
    standing: Gauge,
    database: Gauge,
    needs_attention: Kinds,
    waiting: Kinds,
    parked: Kinds,
    oldest: Kinds,
    looks_due: Gauge,
    looks_late: Gauge,
    duties: Kinds,
    findings: Kinds,
    compared: Gauge,
    unanswered: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("plass"),
            answers: Family::new_with_constructor(seconds),
            calls: Family::new_with_constructor(seconds),
            letters: Family::default(),
            sign_ups: Family::default(),
            standing: Gauge::default(),
            database: Gauge::default(),
            needs_attention: Family::default(),
            waiting: Family::default(),
            parked: Family::default(),
            oldest: Family::default(),
            looks_due: Gauge::default(),
            looks_late: Gauge::default(),
            duties: Family::default(),
            findings: Family::default(),
            compared: Gauge::default(),
            unanswered: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let own = &mut self.registry;
        own.register("http_answer_seconds", "Answers over HTTP, by route and class of status", self.answers.clone());
        own.register("provider_call_seconds", "Calls to the payment provider, by outcome", self.calls.clone());
        own.register("letters", "Letters that were to be sent", self.letters.clone());
        own.register("sign_ups", "Sign-ups that were decided", self.sign_ups.clone());
        own.register("sign_ups_standing", "People who stand at the desk", self.standing.clone());
        own.register("database_answers", "1 when the database answered this time; else no figure of it", {
            self.database.clone()
        });
        let about = "Orders that need a person, by reason";
        own.register("orders_needing_attention", about, self.needs_attention.clone());
        own.register("outbox_waiting", "Rows of the outbox that are or will be tried", self.waiting.clone());
        own.register("outbox_parked", "Rows of the outbox that wait for a person", self.parked.clone());
        let about = "Age of the oldest row of the outbox that is not parked";
        own.register("outbox_oldest_seconds", about, self.oldest.clone());
        own.register("looks_due", "Orders that are due for a look at the provider", self.looks_due.clone());
        own.register("looks_late_seconds", "How late the longest due look is", self.looks_late.clone());
        own.register("duty_done_timestamp_seconds", "When a duty was last done", self.duties.clone());
        own.register("doctor_findings", "What the doctor's last rounds found", self.findings.clone());
        let about = "Payments that the doctor's last rounds compared with the provider";
        own.register("doctor_compared", about, self.compared.clone());
        let about = "Payments about which the provider did not answer the doctor's last rounds";
        own.register("doctor_unanswered", about, self.unanswered.clone());
    }

    /// An answer went out. `route` is the pattern of the address; empty for an address that is nothing.
    pub fn answered(&self, method: &str, route: Option<String>, status: u16, took: Duration) {
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let method = known.into_iter().find(|known| *known == method).unwrap_or("other");
        let status = match status {
            ..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            500.. => "5xx",
        };
        let route = route.unwrap_or_else(|| "none".to_owned());
        self.answers.get_or_create(&Answer { method, route, status }).observe(took.as_secs_f64());
    }

    /// A call to the provider ended.
    pub fn called(&self, operation: &'static str, ended: Called, took: Duration) {
        let outcome = match ended {
            Called::Answered => "answered",
            Called::Refused => "refused",
            Called::Unavailable => "unavailable",
            Called::Unknown => "unknown",
        };
        self.calls.get_or_create(&Call { operation, outcome }).observe(took.as_secs_f64());
    }

    /// A letter was sent, or was not.
    pub fn lettered(&self, what: Lettered) {
        let outcome = match what {
            Lettered::Sent => "sent",
            Lettered::Delayed => "delayed",
            Lettered::Failed => "failed",
        };
        self.letters.get_or_create(&Outcome { outcome }).inc();
    }

    /// Somebody was told whether they are signed up.
    pub fn decided(&self, what: Decided) {
        let outcome = match what {
            Decided::Admitted => "admitted",
            Decided::Refused => "refused",
            Decided::Repeated => "repeated",
            Decided::Failed => "failed",
        };
        self.sign_ups.get_or_create(&Outcome { outcome }).inc();
    }

    /// Everything, with so many people standing at the desk, and what the database says, if it does.
    pub fn show(&self, standing: i64, figures: Option<&Figures>) -> Result<String, std::fmt::Error> {
        self.standing.set(standing);
        self.database.set(i64::from(figures.is_some()));
        self.set(figures.unwrap_or(&Figures::default()));
        let mut shown = String::new();
        text::encode(&mut shown, &self.registry)?;
        Ok(shown)
    }

    fn set(&self, figures: &Figures) {
        let all = |family: &Kinds, list: &[(&'static str, i64)]| {
            family.clear();
            for (kind, count) in list {
                family.get_or_create(&Kind { kind }).set(*count);
            }
        };
        all(&self.needs_attention, &figures.needs_attention);
        let of_outbox = |what: fn(&Waiting) -> i64| -> Vec<(&'static str, i64)> {
            figures.outbox.iter().map(|(kind, waiting)| (*kind, what(waiting))).collect()
        };
        all(&self.waiting, &of_outbox(|waiting| waiting.waiting));
        all(&self.parked, &of_outbox(|waiting| waiting.parked));
        all(&self.oldest, &of_outbox(|waiting| waiting.oldest));
        self.looks_due.set(figures.looks_due);
        self.looks_late.set(figures.looks_late);
        all(&self.duties, &figures.duties);
        all(&self.findings, &figures.findings);
        self.compared.set(figures.compared.0);
        self.unanswered.set(figures.compared.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_comes_from_outside() {
        let metrics = Metrics::default();
        metrics.answered("ida@example.org", None, 404, Duration::from_millis(2));
        metrics.answered("GET", Some("/events/{event_id}".to_owned()), 200, Duration::from_millis(2));
        let shown = metrics.show(3, None).unwrap();
        assert!(!shown.contains("ida"), "{shown}");
        for line in [
            r#"plass_http_answer_seconds_count{method="other",route="none",status="4xx"} 1"#,
            r#"plass_http_answer_seconds_bucket{le="0.005",method="GET",route="/events/{event_id}",status="2xx"} 1"#,
            "plass_sign_ups_standing 3",
            "plass_database_answers 0",
            "# EOF",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
        }
    }

    #[test]
    fn what_the_database_no_longer_says_is_no_longer_shown() {
        let metrics = Metrics::default();
        let figures = Figures { needs_attention: vec![("refund_refused", 2)], looks_due: 7, ..Figures::default() };
        assert!(metrics.show(0, Some(&figures)).unwrap().contains(r#"{kind="refund_refused"} 2"#));
        let shown = metrics.show(0, None).unwrap();
        assert!(!shown.contains("refund_refused") && shown.contains("plass_looks_due 0"), "{shown}");
    }
}
