//! What members see: what is coming, an event with what they have there, their own list, and what they paid.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use plass::http::write_time;
use serde_json::{Value, json};

use super::payers::{PAST_THE_DEADLINE, Payer};
use super::{Act, Stage, View};
use crate::child::Demo;
use crate::support::world::Person;

/// The button that sends the form under an event.
const SIGN_UP: &str = "#state form button";

impl Stage {
    /// What a member who has nothing there sees at an event.
    async fn at_the_door(&self, event: &str) -> View {
        let who = self.somebody().await;
        self.seen_by(&who, &format!("/events/{event}")).await
    }

    /// What somebody sees where he has or had a seat.
    async fn at(&self, payer: Payer) -> View {
        self.seen_by(&payer.who, &format!("/events/{}", payer.event)).await
    }

    /// Somebody with a seat that costs nothing.
    async fn guest(&self, more: Value) -> (Person, String) {
        let (event, who) = (self.event(20, more).await, self.somebody().await);
        assert_eq!(self.world.sign_up(&who, &event).await.status, 201);
        (who, event)
    }

    /// Somebody who waits at a paid event with one seat, that another one holds.
    async fn waits(&self) -> (Person, String) {
        let (event, first, second) = (self.paid_event(1).await, self.somebody().await, self.somebody().await);
        for who in [&first, &second] {
            assert_eq!(self.world.sign_up(who, &event).await.status, 201);
        }
        self.world.settle().await;
        (second, event)
    }

    /// What an event is like that begins so soon.
    fn begins_in(&self, left: TimeDelta) -> Value {
        let starts = self.world.clock.now() + left;
        json!({ "start_date": write_time(starts), "end_date": write_time(starts + TimeDelta::hours(2)) })
    }

    fn in_hours(&self, hours: i64) -> String {
        write_time(self.world.clock.now() + TimeDelta::hours(hours))
    }

    // ---- what is coming

    pub(crate) async fn start_empty(&self) -> View {
        self.seen("/")
    }

    pub(crate) async fn start(&self) -> View {
        self.program().await;
        self.seen("/")
    }

    pub(crate) async fn start_with_own(&self) -> View {
        let who = self.somebody().await;
        for event in &self.program().await[..3] {
            assert_eq!(self.world.sign_up(&who, event).await.status, 201);
        }
        self.world.settle().await;
        self.seen_by(&who, "/").await
    }

    /// Some events of all kinds; one can sign up for the first three, and the third is full.
    async fn program(&self) -> Vec<String> {
        let paid = json!({ "price": "250.00", "paytime": "02:00:00" });
        let mut events = vec![
            self.event(40, json!({ "paid_information": paid })).await,
            self.event(0, json!({ "title": "Vaffeltorsdag", "location": "Kantina" })).await,
            self.event(1, json!({ "title": "Hyttetur til Jotunheimen", "location": "" })).await,
            self.event(30, json!({ "title": "Bedriftsbesøk", "start_registration_at": self.in_hours(30) })).await,
            self.event(30, json!({ "title": "Allmøte", "sign_up": false })).await,
            self.event(30, json!({ "title": "Utekino", "closed": true })).await,
        ];
        let last = self.somebody().await;
        assert_eq!(self.world.sign_up(&last, &events[2]).await.status, 201);
        events.push(self.event(10, json!({ "title": LONG_TITLE })).await);
        events
    }

    // ---- the door of an event

    pub(crate) async fn event_to_a_stranger(&self) -> View {
        let event = self.paid_event(20).await;
        self.seen(&format!("/events/{event}"))
    }

    pub(crate) async fn event_full_to_a_stranger(&self) -> View {
        let (_, event) = self.waits().await;
        self.seen(&format!("/events/{event}"))
    }

    pub(crate) async fn event_open(&self) -> View {
        self.at_the_door(&self.paid_event(20).await).await
    }

    pub(crate) async fn event_open_free(&self) -> View {
        self.at_the_door(&self.event(0, json!({ "title": LONG_TITLE, "location": "" })).await).await
    }

    pub(crate) async fn event_full(&self) -> View {
        let (_, event) = self.waits().await;
        self.at_the_door(&event).await
    }

    pub(crate) async fn event_not_open_yet(&self) -> View {
        self.at_the_door(&self.event(20, json!({ "start_registration_at": self.in_hours(3) })).await).await
    }

    pub(crate) async fn event_closed(&self) -> View {
        self.at_the_door(&self.event(20, json!({ "closed": true })).await).await
    }

    pub(crate) async fn event_without_sign_up(&self) -> View {
        self.at_the_door(&self.event(20, json!({ "sign_up": false })).await).await
    }

    pub(crate) async fn event_sign_up_over(&self) -> View {
        let event = self.event(20, json!({ "end_registration_at": self.in_hours(1) })).await;
        self.world.pass(TimeDelta::hours(2)).await;
        self.at_the_door(&event).await
    }

    pub(crate) async fn event_too_late_to_pay(&self) -> View {
        let mut soon = self.begins_in(TimeDelta::minutes(20));
        soon["paid_information"] = json!({ "price": "250.00", "paytime": "02:00:00" });
        self.at_the_door(&self.event(20, soon).await).await
    }

    pub(crate) async fn event_over(&self) -> View {
        let event = self.event(20, self.begins_in(TimeDelta::hours(1))).await;
        self.world.pass(TimeDelta::hours(4)).await;
        self.at_the_door(&event).await
    }

    /// Somebody presses the button of a page from before the doors were closed.
    pub(crate) async fn event_refused(&self) -> View {
        let (event, who) = (self.paid_event(20).await, self.somebody().await);
        let path = format!("/events/{event}");
        let view = self.seen_by(&who, &path).await;
        let admin = self.officer(Role::Admin).await;
        let closes = Act::Change(admin, format!("/events/{event}"), json!({ "closed": true }));
        view.after([closes, Act::Click(SIGN_UP)])
    }

    pub(crate) async fn event_cancelled(&self) -> View {
        let payer = self.paid().await;
        self.cancels(&payer.event).await;
        self.at(payer).await
    }

    // ---- what somebody has there

    pub(crate) async fn event_held(&self) -> View {
        self.at(self.holder().await).await
    }

    pub(crate) async fn event_asking_vipps(&self) -> View {
        let (payer, _) = self.opener().await;
        self.world.provider_is_down("timeout_before").await;
        self.world.pass(PAST_THE_DEADLINE).await;
        self.at(payer).await
    }

    pub(crate) async fn event_paid(&self) -> View {
        self.at(self.paid().await).await
    }

    pub(crate) async fn event_refunded(&self) -> View {
        self.at(self.refunded().await).await
    }

    pub(crate) async fn event_seat(&self) -> View {
        let (who, event) = self.guest(json!({ "sign_off_deadline": self.in_hours(48) })).await;
        self.seen_by(&who, &format!("/events/{event}")).await
    }

    pub(crate) async fn event_seat_for_good(&self) -> View {
        let (who, event) = self.guest(json!({ "sign_off_deadline": self.in_hours(1) })).await;
        self.world.pass(TimeDelta::hours(2)).await;
        self.seen_by(&who, &format!("/events/{event}")).await
    }

    pub(crate) async fn event_had_a_seat(&self) -> View {
        let (who, event) = self.guest(self.begins_in(TimeDelta::hours(1))).await;
        self.world.pass(TimeDelta::hours(4)).await;
        self.seen_by(&who, &format!("/events/{event}")).await
    }

    pub(crate) async fn event_waiting(&self) -> View {
        let (who, event) = self.waits().await;
        self.seen_by(&who, &format!("/events/{event}")).await
    }

    pub(crate) async fn event_waited_in_vain(&self) -> View {
        let (event, first, second) =
            (self.event(1, self.begins_in(TimeDelta::hours(1))).await, self.somebody().await, self.somebody().await);
        for who in [&first, &second] {
            assert_eq!(self.world.sign_up(who, &event).await.status, 201);
        }
        self.world.pass(TimeDelta::hours(4)).await;
        self.seen_by(&second, &format!("/events/{event}")).await
    }

    pub(crate) async fn event_missed_deadline(&self) -> View {
        let payer = self.holder().await;
        self.world.pass(PAST_THE_DEADLINE).await;
        self.at(payer).await
    }

    pub(crate) async fn event_signed_off(&self) -> View {
        let payer = self.holder().await;
        assert_eq!(self.world.sign_off(&payer.who, &payer.event).await.status, 204);
        self.at(payer).await
    }

    pub(crate) async fn event_removed(&self) -> View {
        self.at(self.removed(false).await).await
    }

    // ---- signing off

    pub(crate) async fn sign_off_held(&self) -> View {
        let payer = self.holder().await;
        self.seen_by(&payer.who, &format!("/events/{}/sign-off", payer.event)).await
    }

    pub(crate) async fn sign_off_seat(&self) -> View {
        let (who, event) = self.guest(json!({})).await;
        self.seen_by(&who, &format!("/events/{event}/sign-off")).await
    }

    pub(crate) async fn sign_off_queue(&self) -> View {
        let (who, event) = self.waits().await;
        self.seen_by(&who, &format!("/events/{event}/sign-off")).await
    }

    // ---- one's own

    pub(crate) async fn own_empty(&self) -> View {
        let who = self.somebody().await;
        self.seen_by(&who, "/my").await
    }

    pub(crate) async fn own(&self) -> View {
        let who = self.busy_member().await;
        self.seen_by(&who, "/my").await
    }

    pub(crate) async fn payments_empty(&self) -> View {
        let who = self.somebody().await;
        self.seen_by(&who, "/my/payments").await
    }

    pub(crate) async fn payments(&self) -> View {
        let who = self.busy_member().await;
        self.seen_by(&who, "/my/payments").await
    }

    /// Somebody who had a seat, missed a deadline, has paid, got a refund, holds a seat and waits.
    async fn busy_member(&self) -> Person {
        let who = self.somebody().await;
        let paid = |title: &str| json!({ "title": title, "paid_information": { "price": "250", "paytime": "02:00" } });
        let signs_up = async |event: &str| {
            assert_eq!(self.world.sign_up(&who, event).await.status, 201);
            self.world.settle().await;
        };
        let mut quiz = self.begins_in(TimeDelta::hours(1));
        quiz["title"] = json!("Quiz i kjelleren");
        signs_up(&self.event(20, quiz).await).await;
        signs_up(&self.event(20, paid("Skidag på Tryvann")).await).await;
        self.world.pass(TimeDelta::hours(4)).await;
        let seat = self.event(20, paid("Julebord i Kjelleren")).await;
        self.world.pays_for_a_seat(&who, &seat).await;
        let refunded = self.event(20, paid(LONG_TITLE)).await;
        self.world.pays_for_a_seat(&who, &refunded).await;
        self.gives_back(&who, &refunded, &json!({ "amount": "100", "reason": "For dårlig mat" })).await;
        signs_up(&self.event(20, paid("Hyttetur til Jotunheimen")).await).await;
        let full = self.event(1, json!({ "title": "Vinsmaking" })).await;
        assert_eq!(self.world.sign_up(&self.somebody().await, &full).await.status, 201);
        signs_up(&full).await;
        who
    }

    // ---- the demo

    pub(crate) async fn demo(&self) -> View {
        View::of(format!("{}/", self.demo.get_or_init(Demo::start).url))
    }

    pub(crate) async fn demo_event(&self) -> View {
        self.demo().await.after([Act::Click("#events .leafed a")])
    }

    pub(crate) async fn letters_empty(&self) -> View {
        self.seen("/letters")
    }

    pub(crate) async fn letters(&self) -> View {
        self.promoted().await;
        self.seen("/letters")
    }

    pub(crate) async fn letter(&self) -> View {
        self.promoted().await;
        self.seen("/letters/1")
    }

    /// The letter alone.
    pub(crate) async fn letter_body(&self) -> View {
        self.promoted().await;
        View { is_locked: true, ..self.seen("/letters/1/body") }
    }

    /// Somebody did not pay, and somebody else got the seat: both get letters.
    async fn promoted(&self) {
        self.waits().await;
        self.world.pass(PAST_THE_DEADLINE).await;
    }

    // ---- what is in the way

    pub(crate) async fn nothing_here(&self) -> View {
        self.seen("/nowhere")
    }

    pub(crate) async fn nothing_here_for_a_member(&self) -> View {
        let who = self.somebody().await;
        self.seen_by(&who, "/manage/orders").await
    }

    /// A form without what proves that it is ours.
    pub(crate) async fn form_expired(&self) -> View {
        let view = self.at_the_door(&self.event(20, json!({})).await).await;
        view.after([
            Act::Run("document.querySelectorAll('[name=form_token]').forEach(field => field.value = '')"),
            Act::Click(SIGN_UP),
        ])
    }
}

/// As long as titles get.
pub(super) const LONG_TITLE: &str = "Generalforsamling med påfølgende middag, kåring av årets frivillige og utdeling av \
    Donaudampfschifffahrtsgesellschaftskapitänsmedaljen";
