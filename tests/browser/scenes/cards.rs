//! What a member sees where a card on file is charged, and the provider's page on which one is registered.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use plass::domain::sales_unit::Provider;
use serde_json::json;

use super::{Stage, View};
use crate::support::world::Person;

impl Stage {
    /// Somebody who owes a seat at an event whose group is paid over Áskell; the event, and the payment link.
    async fn owes_over_a_card(&self) -> (Person, String, String) {
        let admin = self.officer(Role::Admin).await;
        self.world.own_unit(&admin, Provider::Askell).await;
        let paid = json!({ "price": "4500.00", "currency": "ISK", "paytime": "02:00:00" });
        let event = self.event(5, json!({ "paid_information": paid })).await;
        let who = self.somebody().await;
        assert_eq!(self.world.sign_up(&who, &event).await.status, 201);
        self.world.settle().await;
        let link = self.world.link(&who, &event).await;
        (who, event, link)
    }

    /// Presses; answers where that leads.
    async fn presses(&self, who: &Person, event: &str) -> String {
        let order = self.world.order_id(who, event).await;
        let reply = self.world.pay(who, &order).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json["redirect_url"].as_str().unwrap().to_owned()
    }

    /// Registers this card; the event, and the payment link.
    async fn registers(&self, card: &str) -> (Person, String, String) {
        let (who, event, link) = self.owes_over_a_card().await;
        let page = self.presses(&who, &event).await;
        let back = self.world.types_in(&page, card).await;
        assert_eq!(self.world.goes_to(&back).await.status, 303);
        (who, event, link)
    }

    /// Registers this card and has it charged; where the person waits for the answer.
    async fn charges(&self, card: &str) -> String {
        let (who, event, _) = self.registers(card).await;
        let back = self.presses(&who, &event).await;
        self.world.pass(TimeDelta::seconds(10)).await;
        back
    }

    pub(crate) async fn card_wanted(&self) -> View {
        View::of(self.owes_over_a_card().await.2)
    }

    pub(crate) async fn card_page(&self) -> View {
        let (who, event, _) = self.owes_over_a_card().await;
        View::of(self.presses(&who, &event).await)
    }

    pub(crate) async fn card_not_registered_yet(&self) -> View {
        let (who, event, link) = self.owes_over_a_card().await;
        self.presses(&who, &event).await;
        View::of(link)
    }

    pub(crate) async fn card_on_file(&self) -> View {
        View::of(self.registers("good").await.2)
    }

    pub(crate) async fn card_being_charged(&self) -> View {
        View::of(self.charges("slow").await)
    }

    pub(crate) async fn card_declined(&self) -> View {
        View::of(self.charges("declined").await)
    }
}
