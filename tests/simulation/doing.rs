//! How each act is done: people and organizers go through the house's own flows, the portal and the wire through the
//! provider's. What comes of it is taken in when the flow ends.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use plass::boot::App;
use plass::domain::ids::{EventId, OrderId, SalesUnitId, UserId};
use plass::domain::money::Ore;
use plass::flows::cancel_event::{Cancel, cancel_event};
use plass::flows::edit_event::edit_event;
use plass::flows::give_up::{RefundAll, give_up, remove};
use plass::flows::hear::{Heard, Incoming, hear};
use plass::flows::look::look_now;
use plass::flows::mark_paid::{PaidOutside, mark_paid};
use plass::flows::pay::{NoPayment, Way, pay};
use plass::flows::refund::{Wish, refund};
use plass::flows::sign_up::{SignUp, sign_up};
use plass::sandbox::WebhookSent;
use plass::store::replays::Once;
use plass::store::trail::ActedBy;
use serde_json::json;

use crate::acts::{Act, Over, Place, Post, Step};
use crate::chance::Chance;
use crate::engine::Flow;
use crate::world::{Ended, World, short};

impl World {
    /// Begins an act, or does it at once where nobody could see it half done.
    pub(crate) fn begin_act(&mut self, step: &Step) {
        match step.act {
            Act::GoOn(at) => self.go_on(at, step),
            Act::SignUp(at) => self.sign_up(at, self.people[at.who], None),
            Act::Add(at) => self.sign_up(at, self.organizer, None),
            Act::AddPaid(at) => self.sign_up(at, self.organizer, Some("cash".to_owned())),
            Act::SignOff(at) => {
                let (event, user) = self.named(at);
                self.flow(step, |app| async move { said(give_up(&app, event, user).await) });
            }
            Act::Click(at) => self.click(at),
            Act::Approve { who, newest } => self.approve(who, newest),
            Act::Abort { who } => {
                let done = self.hands[who].last().is_some_and(|reference| self.desk.abort(reference));
                self.tell(if done { "given up" } else { "nothing to give up" });
            }
            Act::TypeIn { who, card } => self.type_in(who, card),
            Act::OtherCard(at) => self.register_other(at, step),
            Act::AtAskell { at, hand } => self.at_askell(at, hand),
            Act::Return(at) => self.come_back(at, step),
            Act::Limit { event, seats } => {
                let event = self.events[event];
                self.flow(step, move |app| async move {
                    let edited = edit_event(&app, event, move |mut details| {
                        details.limit = seats;
                        Ok(details)
                    });
                    said(edited.await)
                });
            }
            Act::Terms { event, price, minutes } => {
                let event = self.events[event];
                self.flow(step, move |app| async move {
                    let edited = edit_event(&app, event, move |mut details| {
                        if let Some(paid) = &mut details.paid_information {
                            paid.price.amount = Ore(price);
                            paid.paytime = TimeDelta::minutes(minutes);
                        }
                        Ok(details)
                    });
                    said(edited.await)
                });
            }
            Act::Remove { at, refund } => {
                let ((event, user), organizer) = (self.named(at), self.organizer);
                let refund = if refund { RefundAll::Yes } else { RefundAll::No };
                self.flow(step, move |app| async move { said(remove(&app, event, user, organizer, refund).await) });
            }
            Act::MarkPaid(at) => self.mark_paid(at, step),
            Act::Refund { at, percent } => self.refund(at, percent, step),
            Act::Cancel { event } => self.cancel(event, step),
            Act::PortalRefund { at, percent } => self.refund_in_portal(at, percent),
            Act::PortalCancel(at) => self.cancel_in_portal(at),
            Act::Webhook { which, post } => self.post(which, post),
            Act::Forged(at) => self.lie(at, Truth::Forged, step),
            Act::Lie(at) => self.lie(at, Truth::SignedLie, step),
            Act::Weather(weather) => self.wire.lock().unwrap().weather = weather,
            Act::Wait { seconds } => self.pass(TimeDelta::seconds(seconds)),
            Act::UntilDeadline { event, seconds } => {
                let now = self.clock.now().timestamp_millis();
                if let Some(deadline) = self.watch.next_deadline(self.events[event], now) {
                    self.pass(TimeDelta::milliseconds(deadline - now) + TimeDelta::seconds(seconds));
                }
            }
            Act::Jump { seconds } => self.jump(TimeDelta::seconds(seconds)),
            Act::Kill { away } => {
                self.kill();
                self.pass(TimeDelta::seconds(away));
            }
        }
    }

    pub(crate) fn named(&self, at: Place) -> (EventId, UserId) {
        (self.events[at.event], self.people[at.who])
    }

    pub(crate) fn flow<F>(&mut self, step: &Step, begin: impl FnOnce(App) -> F)
    where
        F: Future<Output = Ended> + 'static,
    {
        let flow = Flow::new(step.act.to_string(), begin(self.process.app.clone()));
        self.process.flows.push(flow);
    }

    /// Whoever has a payment that can be approved approves it; whoever owes clicks; anybody else signs up.
    fn go_on(&mut self, at: Place, step: &Step) {
        if self.over == Over::Askell {
            return self.go_on_with_cards(at, step);
        }
        let (event, user) = self.named(at);
        let can_be_approved = |reference: &String| {
            self.desk.payments().iter().any(|payment| payment.reference == *reference && payment.state == "CREATED")
        };
        let here = self.watch.references(event, user);
        let in_hand =
            self.hands[at.who].iter().rfind(|reference| here.contains(reference) && can_be_approved(reference));
        if let Some(reference) = in_hand.cloned() {
            let done = self.desk.approve(&reference);
            return self.tell(&format!("approves {}: {done}", short(&reference)));
        }
        if self.watch.awaits(event, user) {
            self.click(at);
        } else {
            self.sign_up(at, user, None);
        }
    }

    pub(crate) fn sign_up(&mut self, at: Place, asked_by: UserId, paid_outside: Option<String>) {
        let (event, user) = self.named(at);
        let wish = SignUp { event, user, allow_photo: None, asked_by, paid_outside };
        let app = self.process.app.clone();
        let flow = Flow::new(format!("{at} in"), async move {
            let render = Arc::new(|view: &plass::store::registrations::RegistrationView, _| {
                json!(format!("{:?}", view.registration.status))
            });
            Ended::Said(sign_up(&app, wish, None, render).await.map(|answer| answer.body))
        });
        self.process.flows.push(flow);
    }

    pub(crate) fn click(&mut self, at: Place) {
        let Some(order) = self.order(at) else { return self.tell("nothing to pay") };
        let (app, by) = (self.process.app.clone(), ActedBy::Member(self.people[at.who]));
        let flow = Flow::new(format!("{at} clicks"), async move {
            match pay(&app, order, Way::Page, by).await {
                Ok(url) => Ended::Opened { who: at.who, url },
                Err(NoPayment::Stop(stop)) => Ended::Said(Err(stop)),
                Err(NoPayment::ProviderUnavailable) => Ended::Said(Ok("one moment".to_owned())),
            }
        });
        self.process.flows.push(flow);
    }

    fn approve(&mut self, who: usize, newest: bool) {
        let hand = &self.hands[who];
        let Some(reference) = (if newest { hand.last() } else { hand.first() }).cloned() else {
            return self.tell("nothing in hand");
        };
        let done = self.desk.approve(&reference);
        self.tell(&format!("{} {}", short(&reference), if done { "approved" } else { "is over" }));
    }

    fn come_back(&mut self, at: Place, step: &Step) {
        let Some(order) = self.order(at) else { return self.tell("to nothing") };
        if self.over == Over::Askell {
            return self.come_back_from_askell(order, step);
        }
        self.flow(step, move |app| async move {
            Ended::Said(look_now(&app, order, Duration::from_secs(4)).await.map(|looked| format!("{looked:?}")))
        });
    }

    fn mark_paid(&mut self, at: Place, step: &Step) {
        let (event, user) = self.named(at);
        let paid = PaidOutside { event, user, organizer: self.organizer, reason: "cash".to_owned() };
        self.flow(
            step,
            move |app| async move { said(mark_paid(&app, paid, None, Arc::new(|_, _| json!(null))).await) },
        );
    }

    fn refund(&mut self, at: Place, percent: i64, step: &Step) {
        // There is always somebody who paid, if anybody did.
        let newest = self.order(at).and_then(|order| self.watch.order(order));
        let paid = newest.filter(|order| order.status == "CAPTURE");
        let Some(row) = paid.or_else(|| self.watch.paid_order(self.events[at.event])) else {
            return self.tell("nothing to give back");
        };
        let order = OrderId(row.id.0);
        let amount = (percent < 100).then_some(Ore(row.price * percent / 100));
        let wish = Wish { order, amount, reason: "so".to_owned(), treasurer: self.organizer };
        let once = Once { caller: self.organizer, key: format!("refund-{:x}", step.salt), fingerprint: vec![1] };
        self.flow(step, move |app| async move {
            let answer = refund(&app, wish, once, Arc::new(|_, _| json!(null))).await;
            Ended::Said(answer.map(|answer| answer.status.to_string()))
        });
    }

    fn cancel(&mut self, event: usize, step: &Step) {
        let wish = Cancel {
            event: self.events[event],
            organizer: self.organizer,
            reason: "the snow".to_owned(),
            may_refund: true,
        };
        self.flow(
            step,
            move |app| async move { said(cancel_event(&app, wish, None, Arc::new(|_, _| json!(null))).await) },
        );
    }

    fn refund_in_portal(&mut self, at: Place, percent: i64) {
        if self.over == Over::Askell {
            return self.refund_in_askells_portal(at);
        }
        let Some(payment) = self.newest_with_money(at) else { return self.tell("nothing to give back") };
        let value = payment.price * percent / 100;
        if self.desk.refund_in_portal(&payment.reference, value) {
            self.watch.seen_in_portal(&payment.reference, value);
            self.tell(&format!("{} {value} back", short(&payment.reference)));
        }
    }

    fn cancel_in_portal(&mut self, at: Place) {
        let Some(reference) = self.watch.references(self.events[at.event], self.people[at.who]).pop() else {
            return self.tell("nothing to cancel");
        };
        if self.desk.cancel_in_portal(&reference) {
            self.watch.seen_in_portal(&reference, 0);
            self.tell(&format!("{} cancelled", short(&reference)));
        }
    }

    fn newest_with_money(&self, at: Place) -> Option<plass::sandbox::PaymentSeen> {
        let references = self.watch.references(self.events[at.event], self.people[at.who]);
        let payments = self.desk.payments();
        let mut known = payments.into_iter().filter(|payment| references.contains(&payment.reference));
        known.rfind(|payment| payment.captured > payment.refunded)
    }

    fn post(&mut self, which: usize, post: Post) {
        if self.over == Over::Askell {
            return self.post_bell(which, post);
        }
        let waiting = self.desk.webhooks();
        let Some(number) = waiting.get(which % waiting.len().max(1)).copied() else { return self.tell("none waits") };
        let times = match post {
            Post::Arrives => 1,
            Post::ArrivesTwice => 2,
            Post::IsLost => 0,
        };
        for _ in 0..times {
            if let Some(webhook) = self.desk.webhook(number) {
                self.deliver(webhook, Truth::Genuine);
            }
        }
        self.desk.forget_webhook(number);
    }

    /// A webhook that claims what is not so: that everything was paid, or given back, many times over.
    fn lie(&mut self, at: Place, truth: Truth, step: &Step) {
        let Some(reference) = self.watch.references(self.events[at.event], self.people[at.who]).pop() else {
            return self.tell("there is no payment to lie about");
        };
        if self.over == Over::Askell {
            return self.lie_of_askell(&reference, truth, step);
        }
        let name = Chance::new(step.salt).pick(&["AUTHORIZED", "CAPTURED", "REFUNDED", "EXPIRED"]);
        let body = json!({
            "reference": reference, "pspReference": "lie", "name": name, "timestamp": "2027-01-15T11:15:00Z",
            "amount": { "currency": "NOK", "value": 12_345 }, "idempotencyKey": null, "success": true, "msn": "123456",
        });
        let Some(mut webhook) = self.desk.webhook_saying(&body.to_string()) else {
            return self.tell("nobody listens");
        };
        if truth == Truth::Forged {
            webhook.body = webhook.body.replace("12345", "54321");
        }
        self.deliver(webhook, truth);
    }

    fn deliver(&mut self, webhook: WebhookSent, truth: Truth) {
        let WebhookSent { date, content_sha256, authorization, body } = webhook;
        let incoming = Incoming { date, content_sha256, authorization, body: body.into_bytes() };
        let app = self.process.app.clone();
        let flow = Flow::new(format!("webhook ({truth:?})"), async move {
            let heard = hear(&app, SalesUnitId::HOUSE, incoming).await;
            // Of a registration that is gone meanwhile nobody knows the secret.
            let believed = matches!(heard, Ok(Heard::Stored)) && truth == Truth::Forged;
            assert!(!believed, "a forged webhook was believed");
            Ended::Said(heard.map(|heard| format!("{heard:?}")))
        });
        self.process.flows.push(flow);
    }

    /// The newest order of a person at an event.
    pub(crate) fn order(&mut self, at: Place) -> Option<OrderId> {
        let (event, user) = self.named(at);
        self.watch.newest_order(event, user)
    }
}

/// What a webhook is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Genuine,
    Forged,
    SignedLie,
}

fn said<T>(result: Result<T, plass::store::Stop>) -> Ended {
    Ended::Said(result.map(|_done| "done".to_owned()))
}
