//! What people do where a stored card is charged: they type one in on Áskell's page, come back and press; the bank and
//! the portal decide about it, and Áskell's webhooks tell.

use std::time::Duration;

use chrono::TimeDelta;
use plass::boot::App;
use plass::domain::charge::customer_reference;
use plass::domain::ids::{AgreementId, OrderId, SalesUnitId, UserId};
use plass::flows::cards::{card_of, register_another};
use plass::flows::hear::Heard;
use plass::flows::hear_askell::hear_askell;
use plass::flows::look::look_now;
use plass::flows::pay::NoPayment;
use plass::sandbox::{Asked, BellSent, ChargeSeen, InProcess, OfAskell, TestCard};
use plass::store::Stop;
use plass::store::cards::CardPageKept;
use serde_json::{Value, json};

use crate::acts::{CARDS, Hand, Place, Post, Step};
use crate::askell::truth_of;
use crate::chance::Chance;
use crate::doing::Truth;
use crate::engine::{Engine, Flow};
use crate::world::{Ended, World, short};

/// Nobody touches a payment in the portal that is older: the house asks about one that is over for a week.
const TOUCHED_WITHIN: TimeDelta = TimeDelta::days(6);

/// Most people have registered a card some day.
pub(crate) fn hand_out_cards(
    engine: &mut Engine,
    (app, desk): (&App, &InProcess),
    (people, unit): (&[UserId], SalesUnitId),
    chance: &mut Chance,
) {
    let mut owners = Vec::new();
    for person in people.iter().copied() {
        let card = chance.pick(&CARDS);
        if card == TestCard::SecureFails || chance.happens(20) {
            continue;
        }
        let (reference, ask) = (customer_reference(person), |operation, body: Value| {
            desk.ask(Asked::OfAskell(operation, ""), None, &body.to_string()).body
        });
        let whose = json!({
            "customer_reference": reference, "email": "x@example.org", "first_name": "x", "last_name": "y",
        });
        ask(OfAskell::AddCustomer, whose);
        let page = json!({ "payment_processor": "test", "currency": "ISK", "capture_only": true, "return_url": "x" });
        let page: Value = serde_json::from_str(&ask(OfAskell::OpenPage, page)).unwrap();
        assert!(desk.type_in(page["token"].as_str().unwrap(), card), "the page is there");
        ask(OfAskell::AttachCard, json!({ "customer_reference": reference, "token": page["token"] }));
        owners.push(person);
    }
    let (store, now) = (app.store.clone(), app.clock.now());
    let page = CardPageKept { sealed: Vec::new(), key_id: String::new(), opened_at: now };
    let saved = engine.finish(async move {
        store
            .change(move |tx| {
                let agreement: AgreementId = tx.sales_unit(unit)?.unwrap().1.id;
                for owner in &owners {
                    tx.keep_card_page(*owner, agreement, &page)?;
                    tx.end_card_page(*owner, agreement, &page, Some(now))?;
                }
                Ok(())
            })
            .await
    });
    saved.unwrap();
}

impl World {
    /// Whoever is on the page for a card types one in; whoever owes presses, or thinks of another card; anybody else
    /// signs up.
    pub(crate) fn go_on_with_cards(&mut self, at: Place, step: &Step) {
        let mut chance = Chance::new(step.salt);
        let (event, user) = self.named(at);
        if !self.hands[at.who].is_empty() {
            return self.type_in(at.who, chance.pick(&CARDS));
        }
        if !self.watch.awaits(event, user) {
            self.sign_up(at, user, None);
        } else if chance.happens(15) {
            self.register_other(at, step);
        } else {
            self.click(at);
        }
    }

    /// A card is typed in on the page that somebody was last sent to.
    pub(crate) fn type_in(&mut self, who: usize, card: TestCard) {
        let Some(token) = self.hands[who].pop() else { return self.tell("no page to type it in") };
        let went_on = self.desk.type_in(&token, card);
        self.tell(&format!("{card:?}: {went_on}"));
    }

    /// Somebody was sent to the page for a card, or to our own that shows what becomes of the charge.
    pub(crate) fn sent_by_askell(&mut self, name: &str, who: usize, url: &str) {
        match url.split_once("/askell/card?token=") {
            Some((_, token)) => {
                self.tell(&format!("{name} -> sent to the page {}", short(token)));
                self.hands[who].push(token.to_owned());
            }
            None => self.tell(&format!("{name} -> to be charged")),
        }
    }

    /// Another card than the one on file.
    pub(crate) fn register_other(&mut self, at: Place, step: &Step) {
        let Some(order) = self.order(at) else { return self.tell("nothing to pay") };
        self.flow(step, move |app| async move {
            let found = app.store.read(move |tx| Ok(tx.order_by_id(order)?)).await;
            let found = match found {
                Ok(Some(found)) => found,
                Ok(None) => return Ended::Said(Ok("no order".to_owned())),
                Err(stop) => return Ended::Said(Err(stop)),
            };
            match register_another(&app, &found).await {
                Ok(url) => Ended::Opened { who: at.who, url },
                Err(NoPayment::Stop(stop)) => Ended::Said(Err(stop)),
                Err(NoPayment::ProviderUnavailable) => Ended::Said(Ok("one moment".to_owned())),
            }
        });
    }

    /// The newest payment of a person at an event that this can be done to.
    pub(crate) fn at_askell(&mut self, at: Place, hand: Hand) {
        let (event, user) = self.named(at);
        let references = self.watch.references(event, user);
        let oldest = self.clock.now() - TOUCHED_WITHIN;
        let fits = |charge: &ChargeSeen| {
            let is_under_way = matches!(charge.state, "pending" | "retrying");
            let is_his = references.contains(&charge.reference) && charge.created_at > oldest;
            is_his
                && match hand {
                    Hand::Charges | Hand::Declines => is_under_way,
                    Hand::ChargesInPortal | Hand::RetriesInPortal => charge.state == "failed",
                }
        };
        let Some(charge) = self.desk.charges().into_iter().rfind(fits) else { return self.tell("there is none") };
        let (act, is_in_portal) = match hand {
            Hand::Charges => ("settle", false),
            Hand::Declines => ("fail", false),
            Hand::ChargesInPortal => ("settle", true),
            Hand::RetriesInPortal => ("retry", true),
        };
        if self.desk.act_at_askell(&charge.reference, act) {
            if is_in_portal {
                self.watch.seen_in_portal(&charge.reference, 0);
            }
            self.tell(&format!("{}: {act}", short(&charge.reference)));
        }
    }

    /// Somebody gives all of it back in the portal.
    pub(crate) fn refund_in_askells_portal(&mut self, at: Place) {
        let (event, user) = self.named(at);
        let (references, truth) = (self.watch.references(event, user), truth_of(&self.desk));
        let mut paid = references.iter().filter_map(|reference| truth.get(reference));
        let Some(payment) = paid.rfind(|payment| payment.captured > payment.refunded) else {
            return self.tell("nothing to give back");
        };
        if self.desk.act_at_askell(&payment.reference, "refund") {
            self.watch.seen_in_portal(&payment.reference, payment.price);
            self.tell(&format!("{} all back", short(&payment.reference)));
        }
    }

    /// Back from Áskell's page: what came of it is asked, as our own page does it.
    pub(crate) fn come_back_from_askell(&mut self, order: OrderId, step: &Step) {
        self.flow(step, move |app| async move { Ended::Said(come_back(&app, order).await) });
    }

    /// What becomes of a webhook of Áskell that waits.
    pub(crate) fn post_bell(&mut self, which: usize, post: Post) {
        let waiting = self.desk.bells();
        let Some(number) = waiting.get(which % waiting.len().max(1)).copied() else { return self.tell("none waits") };
        let times = match post {
            Post::Arrives => 1,
            Post::ArrivesTwice => 2,
            Post::IsLost => 0,
        };
        for _ in 0..times {
            if let Some(bell) = self.desk.bell(number) {
                self.ring(bell, Truth::Genuine);
            }
        }
        self.desk.forget_bell(number);
    }

    /// A webhook that claims what is not so.
    pub(crate) fn lie_of_askell(&mut self, reference: &str, truth: Truth, step: &Step) {
        let state = Chance::new(step.salt).pick(&["settled", "failed", "pending", "refunded"]);
        let body = json!({ "event": "payment.changed", "sender": "admin", "data": {
            "uuid": "lie", "reference": reference, "state": state, "amount": "12345.0000", "currency": "ISK",
        }});
        let Some(mut bell) = self.desk.bell_saying(&body.to_string()) else { return self.tell("nobody listens") };
        if truth == Truth::Forged {
            bell.body = bell.body.replace("12345", "54321");
        }
        self.ring(bell, truth);
    }

    fn ring(&mut self, BellSent { signature, body }: BellSent, truth: Truth) {
        let (app, unit) = (self.process.app.clone(), self.unit);
        let flow = Flow::new(format!("webhook ({truth:?})"), async move {
            let heard = hear_askell(&app, unit, &signature, body.as_bytes()).await;
            let believed = matches!(heard, Ok(Heard::Stored)) && truth == Truth::Forged;
            assert!(!believed, "a forged webhook was believed");
            Ended::Said(heard.map(|heard| format!("{heard:?}")))
        });
        self.process.flows.push(flow);
    }
}

async fn come_back(app: &App, order: OrderId) -> Result<String, Stop> {
    let Some(found) = app.store.read(move |tx| Ok(tx.order_by_id(order)?)).await? else {
        return Ok("no order".to_owned());
    };
    let card = card_of(app, &found).await?;
    let looked = look_now(app, order, Duration::from_secs(4)).await?;
    Ok(format!("{card:?}, {looked:?}"))
}
