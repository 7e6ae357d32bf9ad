//! What organizers and treasurers see: their events, the people there, and the money.

use std::sync::Arc;

use chrono::TimeDelta;
use plass::domain::ids::EventId;
use plass::domain::permission::Role;
use plass::domain::user::Profile;
use plass::flows::add_user::save_new_user;
use plass::flows::sign_up::{SignUp, sign_up};
use plass::store::Stop;
use serde_json::{Value, json};

use super::members::LONG_TITLE;
use super::payers::PAST_THE_DEADLINE;
use super::{Act, NAMES, Stage, View};
use crate::support::world::Person;

impl Stage {
    async fn organizer_sees(&self, path: &str) -> View {
        self.seen_by(&self.organizer, path).await
    }

    async fn treasurer_sees(&self, path: &str) -> View {
        let treasurer = self.officer(Role::Treasurer).await;
        self.seen_by(&treasurer, path).await
    }

    /// A paid event with people in every state; answers one of each: who paid, who holds a seat, who waits.
    async fn busy_event(&self) -> (String, [Person; 3]) {
        let event = self.paid_event(5).await;
        let late = self.somebody().await;
        assert_eq!(self.world.sign_up(&late, &event).await.status, 201);
        self.world.pass(PAST_THE_DEADLINE).await;
        let (paid, present, outside) = (self.somebody().await, self.somebody().await, self.somebody().await);
        for who in [&paid, &present] {
            self.world.pays_for_a_seat(who, &event).await;
        }
        let (admin, its) = (self.officer(Role::Admin).await, format!("/events/{event}/registrations"));
        let no_pictures = self.world.patch(&present, &format!("{its}/me"), &json!({ "allow_photo": false })).await;
        let came = self.world.patch(&admin, &format!("{its}/{}", present.id), &json!({ "has_attended": true })).await;
        assert_eq!((no_pictures.status, came.status), (200, 200), "{} {}", no_pictures.text, came.text);
        let adds = json!({ "user_id": outside.id, "paid_outside": { "reason": "Kontant på kontoret" } });
        let reply = self.world.post(&admin, &its, &adds).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let (holding, other, waiting) = (self.somebody().await, self.somebody().await, self.somebody().await);
        for who in [&holding, &other, &waiting] {
            assert_eq!(self.world.sign_up(who, &event).await.status, 201);
        }
        self.world.settle().await;
        (event, [paid, holding, waiting])
    }

    // ---- events

    pub(crate) async fn manage_empty(&self) -> View {
        self.organizer_sees("/manage").await
    }

    pub(crate) async fn manage(&self) -> View {
        self.busy_event().await;
        self.event(0, json!({ "title": "Vaffeltorsdag" })).await;
        self.event(30, json!({ "title": LONG_TITLE, "closed": true })).await;
        self.organizer_sees("/manage").await
    }

    pub(crate) async fn manage_past(&self) -> View {
        self.busy_event().await;
        self.world.pass(TimeDelta::days(12)).await;
        self.organizer_sees("/manage?when=past").await
    }

    // ---- people

    pub(crate) async fn people_empty(&self) -> View {
        let event = self.paid_event(20).await;
        self.organizer_sees(&format!("/manage/events/{event}")).await
    }

    pub(crate) async fn people(&self) -> View {
        let (event, _) = self.busy_event().await;
        self.organizer_sees(&format!("/manage/events/{event}")).await
    }

    pub(crate) async fn people_ended(&self) -> View {
        let (event, _) = self.busy_event().await;
        self.organizer_sees(&format!("/manage/events/{event}?tab=ended")).await
    }

    pub(crate) async fn people_of_cancelled_event(&self) -> View {
        let (event, _) = self.busy_event().await;
        self.cancels(&event).await;
        self.organizer_sees(&format!("/manage/events/{event}")).await
    }

    pub(crate) async fn people_not_found(&self) -> View {
        let (event, _) = self.busy_event().await;
        self.organizer_sees(&format!("/manage/events/{event}?q=Gunnhild")).await
    }

    pub(crate) async fn people_attended(&self) -> View {
        let (event, _) = self.busy_event().await;
        let view = self.organizer_sees(&format!("/manage/events/{event}")).await;
        view.after([Act::Click("form[action$=attended] button")])
    }

    /// Five hundred, saved by hand, for nobody waits for so many requests.
    pub(crate) async fn people_500(&self) -> View {
        let event = self.event(450, json!({ "title": "Immatrikuleringsfest" })).await;
        let users: Result<Vec<_>, Stop> = self
            .world
            .app
            .store
            .change(|tx| {
                let mut users = Vec::new();
                for number in 0..500 {
                    let (first, last) = (NAMES[number % NAMES.len()].0, NAMES[number / NAMES.len() % NAMES.len()].1);
                    let profile = Profile {
                        email: format!("nr{number}@example.org"),
                        first_name: first.to_owned(),
                        last_name: last.to_owned(),
                        phone: None,
                        locale: "nb".to_owned(),
                        allow_photo_by_default: number % 7 != 0,
                    };
                    users.push(save_new_user(tx, profile, None)?.id);
                }
                Ok(users)
            })
            .await;
        let id = EventId(event.parse().unwrap());
        for user in users.unwrap() {
            let wish = SignUp { event: id, user, allow_photo: None, asked_by: user, paid_outside: None };
            sign_up(&self.world.app, wish, None, Arc::new(|_view, _now| Value::Null)).await.unwrap();
        }
        self.organizer_sees(&format!("/manage/events/{event}")).await
    }

    pub(crate) async fn add(&self) -> View {
        let event = self.paid_event(20).await;
        self.organizer_sees(&format!("/manage/events/{event}/add")).await
    }

    pub(crate) async fn add_found(&self) -> View {
        let (event, who) = (self.paid_event(20).await, self.somebody().await);
        self.organizer_sees(&format!("/manage/events/{event}/add?q={}", who.email)).await
    }

    pub(crate) async fn add_not_found(&self) -> View {
        let event = self.paid_event(20).await;
        self.organizer_sees(&format!("/manage/events/{event}/add?q=gunnhild@example.org")).await
    }

    pub(crate) async fn add_without_reason(&self) -> View {
        let view = self.add_found().await;
        view.after([Act::Click("[name=user_id]"), Act::Click("#outside"), Act::Send("form[method=post].fields")])
    }

    pub(crate) async fn mark_paid(&self) -> View {
        let (event, [_, holding, _]) = self.busy_event().await;
        self.organizer_sees(&format!("/manage/events/{event}/registrations/{}/paid", holding.id)).await
    }

    pub(crate) async fn mark_paid_without_reason(&self) -> View {
        self.mark_paid().await.after([Act::Send("main form")])
    }

    pub(crate) async fn remove_paid(&self) -> View {
        let (event, [paid, ..]) = self.busy_event().await;
        self.organizer_sees(&format!("/manage/events/{event}/registrations/{}/remove", paid.id)).await
    }

    pub(crate) async fn remove_paid_as_treasurer(&self) -> View {
        let (event, [paid, ..]) = self.busy_event().await;
        let admin = self.officer(Role::Admin).await;
        self.seen_by(&admin, &format!("/manage/events/{event}/registrations/{}/remove", paid.id)).await
    }

    pub(crate) async fn remove_waiting(&self) -> View {
        let (event, [.., waiting]) = self.busy_event().await;
        self.organizer_sees(&format!("/manage/events/{event}/registrations/{}/remove", waiting.id)).await
    }

    // ---- money

    pub(crate) async fn orders_empty(&self) -> View {
        self.treasurer_sees("/manage/orders").await
    }

    pub(crate) async fn orders(&self) -> View {
        self.busy_event().await;
        self.needs_a_look().await;
        self.treasurer_sees("/manage/orders").await
    }

    pub(crate) async fn orders_narrowed_to_nothing(&self) -> View {
        self.busy_event().await;
        self.treasurer_sees("/manage/orders?status=REFUND&q=gunnhild").await
    }

    pub(crate) async fn orders_of_event(&self) -> View {
        let (event, _) = self.busy_event().await;
        self.organizer_sees(&format!("/manage/events/{event}/orders")).await
    }

    pub(crate) async fn books_empty(&self) -> View {
        self.treasurer_sees("/manage/books?from=2020-01-01&to=2020-01-31").await
    }

    pub(crate) async fn books(&self) -> View {
        self.busy_event().await;
        self.needs_a_look().await;
        self.treasurer_sees("/manage/books?by=event").await
    }

    /// Somebody who paid, and whose money was taken back behind our backs.
    async fn needs_a_look(&self) -> String {
        let (payer, reference) = self.opener().await;
        self.world.faults(json!([{ "on": "capture", "do": "status", "status": 503 }])).await;
        self.world.does("approve", &reference).await;
        let cancelled = self.world.control("POST", &format!("/payments/{reference}/cancel"), &json!({})).await;
        assert_eq!(cancelled.status, 200, "{}", cancelled.text);
        self.world.no_more_faults().await;
        self.world.pass(TimeDelta::hours(1)).await;
        self.world.order_id(&payer.who, &payer.event).await
    }

    pub(crate) async fn order_log(&self) -> View {
        let payer = self.paid().await;
        let order = self.world.order_id(&payer.who, &payer.event).await;
        self.treasurer_sees(&format!("/manage/orders/{order}/log")).await
    }

    pub(crate) async fn order_log_differs(&self) -> View {
        let payer = self.paid().await;
        let reference = self.world.reference(&payer.who, &payer.event).await;
        self.world.faults(json!([{ "on": "webhook", "do": "delay", "delay": "00:10:00" }])).await;
        let refund = json!({ "amount": 4_000 });
        let refunded = self.world.control("POST", &format!("/payments/{reference}/refund"), &refund).await;
        assert_eq!(refunded.status, 200, "{}", refunded.text);
        let order = self.world.order_id(&payer.who, &payer.event).await;
        self.treasurer_sees(&format!("/manage/orders/{order}/log")).await
    }

    pub(crate) async fn order_log_without_an_answer(&self) -> View {
        let payer = self.paid().await;
        let order = self.world.order_id(&payer.who, &payer.event).await;
        self.world.provider_is_down("error_before").await;
        self.treasurer_sees(&format!("/manage/orders/{order}/log")).await
    }

    pub(crate) async fn order_log_empty(&self) -> View {
        let (event, who) = (self.paid_event(20).await, self.somebody().await);
        let admin = self.officer(Role::Admin).await;
        let sale = json!({ "user_id": who.id, "paid_outside": { "reason": "Kontant på kontoret" } });
        let reply = self.world.post(&admin, &format!("/events/{event}/registrations"), &sale).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        self.world.settle().await;
        let order = self.world.order_id(&who, &event).await;
        self.treasurer_sees(&format!("/manage/orders/{order}/log")).await
    }

    pub(crate) async fn operations_empty(&self) -> View {
        self.treasurer_sees("/manage/operations").await
    }

    pub(crate) async fn operations(&self) -> View {
        self.busy_event().await;
        self.needs_a_look().await;
        self.treasurer_sees("/manage/operations").await
    }

    pub(crate) async fn order_open(&self) -> View {
        let (payer, _) = self.opener().await;
        let order = self.world.order_id(&payer.who, &payer.event).await;
        self.organizer_sees(&format!("/manage/orders/{order}")).await
    }

    pub(crate) async fn order_paid(&self) -> View {
        let payer = self.paid().await;
        let order = self.world.order_id(&payer.who, &payer.event).await;
        self.treasurer_sees(&format!("/manage/orders/{order}")).await
    }

    pub(crate) async fn order_refund_too_large(&self) -> View {
        let too_much = Act::Write("amount", "1000".to_owned());
        let why = Act::Write("reason", "Avlyst".to_owned());
        self.order_paid().await.after([too_much, why, Act::Send("form[action$=refund]")])
    }

    pub(crate) async fn order_refunded(&self) -> View {
        let payer = self.paid().await;
        let order = self.world.order_id(&payer.who, &payer.event).await;
        let view = self.treasurer_sees(&format!("/manage/orders/{order}")).await;
        let (half, why) = (Act::Write("amount", "100".to_owned()), Act::Write("reason", "For dårlig mat".to_owned()));
        view.after([half, why, Act::Send("form[action$=refund]")])
    }

    pub(crate) async fn order_long_story(&self) -> View {
        let (payer, mut reference) = self.opener().await;
        for _ in 0..3 {
            self.world.does("abort", &reference).await;
            reference = self.world.clicks(&payer.who, &payer.event).await;
        }
        self.world.does("approve", &reference).await;
        for amount in ["50", "100"] {
            self.gives_back(&payer.who, &payer.event, &json!({ "amount": amount, "reason": "For dårlig mat" })).await;
        }
        let order = self.world.order_id(&payer.who, &payer.event).await;
        let open = Act::Run("document.querySelectorAll('details').forEach(part => part.open = true)");
        self.treasurer_sees(&format!("/manage/orders/{order}")).await.after([open])
    }

    pub(crate) async fn order_needs_a_look(&self) -> View {
        let order = self.needs_a_look().await;
        self.treasurer_sees(&format!("/manage/orders/{order}")).await
    }

    pub(crate) async fn order_paid_elsewhere(&self) -> View {
        let payer = self.holder().await;
        let admin = self.officer(Role::Admin).await;
        let path = format!("/events/{}/registrations/{}/mark-paid", payer.event, payer.who.id);
        let reply = self.world.post(&admin, &path, &json!({ "reason": "Kontant på kontoret" })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        self.world.settle().await;
        let order = self.world.order_id(&payer.who, &payer.event).await;
        self.treasurer_sees(&format!("/manage/orders/{order}")).await
    }
}
