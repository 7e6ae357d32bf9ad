//! What is seen at the door: the organizer who takes a payment, the codes that hang there, the code on a payer's screen,
//! and the phone in the sandbox.

use plass::domain::permission::Role;
use serde_json::{Value, json};

use super::{Act, Stage, View};
use crate::support::world::Person;

const HOUSE: &str = "00000000-0000-0000-0000-000000000000";
const PHONE: &str = "4741234567";

impl Stage {
    /// Two codes that are ours, and one that somebody made elsewhere.
    async fn codes_hang(&self) -> Person {
        let admin = self.officer(Role::Admin).await;
        for (id, location) in [("inngang", "Inngang Storgata"), ("bar", "Baren i kjelleren")] {
            let path = format!("/sales-units/{HOUSE}/qrs/{id}");
            let put = self.world.request("PUT", &path, Some(&admin)).json(&json!({ "location": location }));
            let reply = self.world.send(put).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
        assert_eq!(self.world.put_code_elsewhere("gammel", "Gammel kasse").await, 200);
        self.world.settle().await;
        admin
    }

    /// Somebody at the door who has not paid; the page on which a payment is taken.
    async fn unpaid_at_the_door(&self) -> (Person, String, String) {
        self.codes_hang().await;
        let event = self.paid_event(5).await;
        let who = self.somebody().await;
        assert_eq!(self.world.sign_up(&who, &event).await.status, 201);
        self.world.settle().await;
        let path = format!("/manage/events/{event}/registrations/{}/door", who.id);
        (who, event, path)
    }

    async fn takes(&self, who: &Person, event: &str, body: &Value) {
        let order = self.world.order_id(who, event).await;
        let reply = self.world.post(&self.organizer, &format!("/orders/{order}/door"), body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        self.world.settle().await;
    }

    pub(crate) async fn door(&self) -> View {
        let (_, _, path) = self.unpaid_at_the_door().await;
        self.seen_by(&self.organizer, &path).await
    }

    pub(crate) async fn door_wrong_number(&self) -> View {
        let view = self.door().await;
        view.after([Act::Write("phone", "112".to_owned()), Act::Click("form.fields button")])
    }

    pub(crate) async fn door_waiting_for_scan(&self) -> View {
        let (who, event, path) = self.unpaid_at_the_door().await;
        self.takes(&who, &event, &json!({ "qr_id": "inngang" })).await;
        self.seen_by(&self.organizer, &path).await
    }

    pub(crate) async fn door_on_the_phone(&self) -> View {
        let (who, event, path) = self.unpaid_at_the_door().await;
        self.takes(&who, &event, &json!({ "phone": PHONE })).await;
        self.seen_by(&self.organizer, &path).await
    }

    pub(crate) async fn door_not_reached(&self) -> View {
        let (who, event, path) = self.unpaid_at_the_door().await;
        self.takes(&who, &event, &json!({ "phone": "+4798760000" })).await;
        self.seen_by(&self.organizer, &path).await
    }

    pub(crate) async fn door_paid(&self) -> View {
        let (who, event, path) = self.unpaid_at_the_door().await;
        self.takes(&who, &event, &json!({ "phone": PHONE })).await;
        let reference = self.world.reference(&who, &event).await;
        assert_eq!(self.world.does("approve", &reference).await.status, 200);
        self.world.settle().await;
        self.seen_by(&self.organizer, &path).await
    }

    pub(crate) async fn codes_empty(&self) -> View {
        let admin = self.officer(Role::Admin).await;
        self.seen_by(&admin, &format!("/manage/settings/sales-units/{HOUSE}/qrs")).await
    }

    pub(crate) async fn codes(&self) -> View {
        let admin = self.codes_hang().await;
        self.seen_by(&admin, &format!("/manage/settings/sales-units/{HOUSE}/qrs")).await
    }

    pub(crate) async fn pay_code(&self) -> View {
        let (who, event, _) = self.unpaid_at_the_door().await;
        let link = self.world.link(&who, &event).await;
        assert_eq!(self.world.visit("POST", &format!("{link}/code")).await.status, 303);
        View::of(format!("{link}/code"))
    }

    pub(crate) async fn sandbox_scan(&self) -> View {
        self.codes_hang().await;
        View::of(format!("{}/scan?msn=123456&code=inngang", self.world.sandbox_url()))
    }

    pub(crate) async fn sandbox_phone(&self) -> View {
        let (who, event, _) = self.unpaid_at_the_door().await;
        self.takes(&who, &event, &json!({ "phone": PHONE })).await;
        View::of(format!("{}/phone?number={PHONE}", self.world.sandbox_url()))
    }
}
