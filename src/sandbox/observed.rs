//! What whoever measures wants of the provider: that it answers as late as a real one, how many asked it at once, and
//! webhooks that it could have sent.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Url;

use super::in_process::WebhookSent;
use super::{Sandbox, delivery};
use crate::clock;

/// How busy the provider's door is.
#[derive(Debug, Default)]
pub(super) struct Busy {
    late_micros: AtomicU64,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

/// A call that is under way.
pub(super) struct UnderWay<'b>(&'b Busy);

impl Busy {
    /// A call came in; it ends when what this answers is dropped.
    pub(super) async fn begin(&self) -> UnderWay<'_> {
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let call = UnderWay(self);
        let late = self.late_micros.load(Ordering::SeqCst);
        if late > 0 {
            clock::sleep(Duration::from_micros(late)).await;
        }
        call
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Sandbox {
    /// From now on every call to the provider's API takes so long, in real time.
    pub fn answer_after(&self, late: Duration) {
        let micros = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
        self.office.busy.late_micros.store(micros, Ordering::SeqCst);
    }

    /// How many calls were under way at once, at most, since this was asked last.
    pub fn most_calls_at_once(&self) -> usize {
        self.office.busy.most.swap(0, Ordering::SeqCst)
    }

    /// The references of all payments, oldest first.
    pub fn references(&self) -> Vec<String> {
        self.office
            .read(|world, _| world.payments().into_iter().map(|payment| payment.terms.reference.clone()).collect())
    }

    /// A webhook about something, signed for whoever registered last; empty when nobody has.
    pub fn webhook_saying(&self, body: &str) -> Option<WebhookSent> {
        self.office.read(|world, now| {
            let to = world.hooks().registrations().last()?;
            let url = Url::parse(&to.url).ok()?;
            let signed = delivery::sign(&to.secret, &url, &delivery::http_date(now), body);
            let delivery::Signed { date, content_sha256, authorization } = signed;
            Some(WebhookSent { date, content_sha256, authorization, body: body.to_owned() })
        })
    }
}
