//! What payers see, and everybody else who needs no login: payment link and return, Vipps' page, the one-time link, the
//! login, the documentation, and what is said when something is in the way.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use serde_json::{Value, json};

use super::{Act, Stage, View};
use crate::support::people::PASSWORD;
use crate::support::world::Person;

/// The button on the payment page.
const PAY: &str = "button.vipps";

/// Longer than people have to pay here.
pub(super) const PAST_THE_DEADLINE: TimeDelta = TimeDelta::minutes(125);

/// Somebody whose seat is, or was, held at a paid event. The link stays the same whatever becomes of it.
pub(super) struct Payer {
    pub(super) who: Person,
    pub(super) event: String,
    link: String,
}

impl Payer {
    /// The payment page.
    fn pays(self) -> View {
        View::of(self.link)
    }

    /// The page to come back to.
    fn returns(self) -> View {
        View::of(format!("{}/return", self.link))
    }
}

impl Stage {
    /// Somebody whose seat is held until the deadline.
    pub(super) async fn holder(&self) -> Payer {
        let (event, who) = (self.paid_event(20).await, self.somebody().await);
        assert_eq!(self.world.sign_up(&who, &event).await.status, 201);
        self.world.settle().await;
        let link = self.world.link(&who, &event).await;
        Payer { who, event, link }
    }

    /// Somebody on the way to pay, and the reference of the payment.
    pub(super) async fn opener(&self) -> (Payer, String) {
        let payer = self.holder().await;
        let reference = self.world.clicks(&payer.who, &payer.event).await;
        (payer, reference)
    }

    /// Somebody who has paid.
    pub(super) async fn paid(&self) -> Payer {
        let (payer, reference) = self.opener().await;
        self.world.does("approve", &reference).await;
        assert_eq!(self.world.seen(&payer.who, &payer.event).await, "confirmed CAPTURE");
        payer
    }

    /// Somebody who has paid and was taken off the list; the money is back, or on its way.
    pub(super) async fn removed(&self, is_back: bool) -> Payer {
        let payer = self.paid().await;
        if !is_back {
            self.world.faults(json!([{ "on": "refund", "do": "status", "status": 503 }])).await;
        }
        let admin = self.officer(Role::Admin).await;
        let path = format!("/events/{}/registrations/{}?refund=full", payer.event, payer.who.id);
        assert_eq!(self.world.delete(&admin, &path).await.status, 204);
        self.world.settle().await;
        payer
    }

    /// Somebody who has paid, has got everything back and still has the seat.
    pub(super) async fn refunded(&self) -> Payer {
        let payer = self.paid().await;
        self.gives_back(&payer.who, &payer.event, &json!({ "reason": "Flyttet" })).await;
        payer
    }

    /// A treasurer gives money back.
    pub(super) async fn gives_back(&self, who: &Person, event: &str, body: &Value) {
        let (treasurer, order) = (self.officer(Role::Treasurer).await, self.world.order_id(who, event).await);
        let reply = self
            .world
            .refund(&treasurer, &order, body, &format!("{order}-{}", body["amount"].as_str().unwrap_or("all")))
            .await;
        // Done, or on its way: the jobs are quick.
        assert!([200, 202].contains(&reply.status), "{}", reply.text);
        self.world.settle().await;
    }

    /// An organizer cancels an event.
    pub(super) async fn cancels(&self, event: &str) {
        let admin = self.officer(Role::Admin).await;
        let why = json!({ "reason": "Kokken er syk. Vi finner en ny dato." });
        let reply = self.world.post(&admin, &format!("/events/{event}/cancel"), &why).await;
        assert!(reply.status < 300, "{}", reply.text);
        self.world.settle().await;
    }

    // ---- the payment link

    pub(crate) async fn pay_payable(&self) -> View {
        self.holder().await.pays()
    }

    pub(crate) async fn pay_one_moment(&self) -> View {
        let (payer, _) = self.opener().await;
        self.world.provider_is_down("timeout_before").await;
        payer.pays().after([Act::Click(PAY)])
    }

    pub(crate) async fn pay_too_many_attempts(&self) -> View {
        let (payer, mut reference) = self.opener().await;
        for _ in 1..10 {
            self.world.does("abort", &reference).await;
            reference = self.world.clicks(&payer.who, &payer.event).await;
        }
        self.world.does("abort", &reference).await;
        payer.pays().after([Act::Click(PAY)])
    }

    pub(crate) async fn pay_checking(&self) -> View {
        let (payer, _) = self.opener().await;
        self.world.provider_is_down("timeout_before").await;
        self.world.pass(PAST_THE_DEADLINE).await;
        payer.pays()
    }

    pub(crate) async fn pay_paid(&self) -> View {
        self.paid().await.pays()
    }

    pub(crate) async fn pay_deadline_passed(&self) -> View {
        let payer = self.holder().await;
        self.world.pass(PAST_THE_DEADLINE).await;
        payer.pays()
    }

    pub(crate) async fn pay_signed_off(&self) -> View {
        let payer = self.holder().await;
        assert_eq!(self.world.sign_off(&payer.who, &payer.event).await.status, 204);
        payer.pays()
    }

    pub(crate) async fn pay_removed_money_on_its_way(&self) -> View {
        self.removed(false).await.pays()
    }

    pub(crate) async fn pay_removed_money_back(&self) -> View {
        self.removed(true).await.pays()
    }

    pub(crate) async fn pay_event_cancelled(&self) -> View {
        let payer = self.paid().await;
        self.cancels(&payer.event).await;
        payer.pays()
    }

    pub(crate) async fn pay_refunded(&self) -> View {
        self.refunded().await.pays()
    }

    pub(crate) async fn pay_no_such_link(&self) -> View {
        self.seen("/pay/cut-off-on-its-way")
    }

    // ---- the way back

    pub(crate) async fn return_checking(&self) -> View {
        let (payer, _) = self.opener().await;
        payer.returns()
    }

    pub(crate) async fn return_paid(&self) -> View {
        self.paid().await.returns()
    }

    pub(crate) async fn return_not_paid(&self) -> View {
        let (payer, reference) = self.opener().await;
        self.world.does("abort", &reference).await;
        payer.returns()
    }

    pub(crate) async fn return_deadline_passed(&self) -> View {
        let (payer, _) = self.opener().await;
        self.world.pass(PAST_THE_DEADLINE).await;
        payer.returns()
    }

    pub(crate) async fn return_ended(&self) -> View {
        self.removed(false).await.returns()
    }

    pub(crate) async fn return_refunded(&self) -> View {
        self.refunded().await.returns()
    }

    // ---- Vipps' page, as the sandbox has it

    pub(crate) async fn vipps(&self) -> View {
        self.holder().await.pays().after([Act::Click(PAY)])
    }

    pub(crate) async fn vipps_card_refused(&self) -> View {
        self.holder().await.pays().after([Act::Click(PAY), Act::Click("button[value=decline]")])
    }

    pub(crate) async fn vipps_over(&self) -> View {
        let Payer { who, event, .. } = self.holder().await;
        let order = self.world.order_id(&who, &event).await;
        let page = self.world.pay(&who, &order).await.json["redirect_url"].as_str().unwrap().to_owned();
        self.world.does("approve", &self.world.reference(&who, &event).await).await;
        View::of(page)
    }

    pub(crate) async fn vipps_unknown(&self) -> View {
        let View { url, .. } = self.vipps_over().await;
        View::of(format!("{}?token=unknown", url.split('?').next().unwrap()))
    }

    // ---- logins

    pub(crate) async fn login(&self) -> View {
        self.seen("/login")
    }

    pub(crate) async fn login_wrong_password(&self) -> View {
        let who = self.somebody().await;
        self.login().await.after([
            Act::Write("email", who.email),
            Act::Write("password", "something else".to_owned()),
            Act::Send("main form"),
        ])
    }

    async fn invitation(&self) -> View {
        let (admin, who) = (self.officer(Role::Admin).await, self.somebody().await);
        let reply = self.world.post(&admin, &format!("/users/{}/invite", who.id), &json!({})).await;
        View::of(reply.json["link"].as_str().unwrap_or_else(|| panic!("{}", reply.text)))
    }

    pub(crate) async fn invite(&self) -> View {
        self.invitation().await
    }

    pub(crate) async fn invite_too_short(&self) -> View {
        let short = Act::Write("password", "kort".to_owned());
        self.invitation().await.after([short, Act::Send("main form")])
    }

    pub(crate) async fn invite_saved(&self) -> View {
        let good = Act::Write("password", PASSWORD.to_owned());
        self.invitation().await.after([good, Act::Send("main form")])
    }

    pub(crate) async fn invite_expired(&self) -> View {
        self.seen("/invite/used-long-ago")
    }

    // ---- the rest

    pub(crate) async fn docs(&self) -> View {
        self.seen("/docs")
    }

    pub(crate) async fn docs_problem(&self) -> View {
        self.seen("/docs/problems/event_full")
    }
}
