//! A card on file is charged, never twice, and all of it goes back: stories over HTTP with Áskell next door, and what its
//! client says and understands.

mod client;
mod rules;
mod trouble;
mod words;

use chrono::TimeDelta;
use plass::domain::permission::Role;
use plass::domain::sales_unit::Provider;
use serde_json::{Value, json};

use crate::support::people::Reply;
use crate::support::world::{Person, World};

/// A world whose organizing group is paid over Áskell.
struct Iceland {
    world: World,
    admin: Person,
    unit: String,
}

impl Iceland {
    async fn begin() -> Self {
        let world = World::begin().await;
        let admin = world.officer("admin", Role::Admin).await;
        let (_, unit) = world.own_unit(&admin, Provider::Askell).await;
        world.settle().await;
        Self { world, admin, unit }
    }

    async fn event(&self, seats: i64) -> String {
        let paid = json!({ "price": "1000.00", "currency": "ISK", "paytime": "02:00:00" });
        self.world.event(&self.admin, seats, json!({ "paid_information": paid })).await
    }

    /// Presses; answers where that leads.
    async fn presses(&self, who: &Person, event: &str) -> String {
        let order = self.world.order_id(who, event).await;
        let reply = self.world.pay(who, &order).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json["redirect_url"].as_str().unwrap().to_owned()
    }

    /// Signs up and registers a card; nothing is charged by that.
    async fn registers(&self, name: &str, event: &str, card: &str) -> Person {
        let person = self.world.person(name).await;
        assert_eq!(self.world.sign_up(&person, event).await.status, 201);
        self.world.settle().await;
        let page = self.presses(&person, event).await;
        let back = self.world.types_in(&page, card).await;
        let reply = self.world.goes_to(&back).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        self.world.settle().await;
        assert_eq!(self.of_askell().await.iter().filter(|one| is_of(one, &person)).count(), 0, "nothing was pressed");
        person
    }

    /// Registers a good card and pays.
    async fn pays(&self, name: &str, event: &str) -> Person {
        let person = self.registers(name, event, "good").await;
        self.presses(&person, event).await;
        self.world.pass(TimeDelta::seconds(10)).await;
        assert_eq!(self.world.seen(&person, event).await, "confirmed CAPTURE");
        person
    }

    /// All payments at Áskell, oldest first.
    async fn of_askell(&self) -> Vec<Value> {
        self.world.askell_payments().await
    }

    /// State, retries and whether it went back, of each payment of a person.
    async fn charged(&self, who: &Person) -> Vec<String> {
        let told = |one: &Value| {
            let back = if one["transactions"][0]["refund_code"].is_null() { "" } else { " back" };
            format!("{} {}{back}", one["state"].as_str().unwrap(), one["retries"])
        };
        self.of_askell().await.iter().filter(|one| is_of(one, who)).map(told).collect()
    }

    async fn act(&self, reference: &str, act: &str) {
        let path = format!("/askell/payments/{reference}/{act}");
        let reply = self.world.control("POST", &path, &json!({})).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        self.world.settle().await;
    }

    async fn refunds(&self, who: &Person, event: &str, amount: Value, key: &str) -> Reply {
        let order = self.world.order_id(who, event).await;
        let mut wish = json!({ "reason": "ill" });
        if !amount.is_null() {
            wish["amount"] = amount;
        }
        self.world.refund(&self.admin, &order, &wish, key).await
    }
}

fn is_of(payment: &Value, who: &Person) -> bool {
    payment["customer_reference"] == format!("plass-{}", who.id.replace('-', ""))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_registered_at_askell_and_one_press_charges_it() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(2).await);
    let ida = world.person("ida").await;
    assert_eq!(world.sign_up(&ida, &event).await.json["status"], "awaiting_payment");
    world.settle().await;
    assert_eq!(world.attempts(&ida, &event).await, "planned");
    let link = world.link(&ida, &event).await;
    let shown = iceland.world.goes_to(&link).await;
    assert!(shown.text.contains("Registrer kort") && shown.text.contains("Ingenting belastes før"), "{}", shown.text);
    let page = iceland.presses(&ida, &event).await;
    assert!(iceland.world.goes_to(&page).await.text.contains("value=\"good\""));
    // Not done yet: whoever comes back without a card is asked to begin anew.
    assert!(iceland.world.goes_to(&link).await.text.contains("ikke registrert ennå"));
    let back = iceland.world.types_in(&page, "good").await;
    assert_eq!(back, format!("{link}/return"));
    let reply = iceland.world.goes_to(&back).await;
    assert_eq!(reply.header("location"), link.strip_prefix(&world.url()).unwrap());
    let shown = iceland.world.goes_to(&link).await;
    assert!(shown.text.contains("belaster det registrerte kortet ditt"), "{}", shown.text);
    assert_eq!(iceland.charged(&ida).await, [""; 0]);
    assert_eq!(iceland.presses(&ida, &event).await, back);
    // Pressed twice is charged once.
    iceland.presses(&ida, &event).await;
    world.pass(TimeDelta::seconds(10)).await;
    assert_eq!(iceland.charged(&ida).await, ["settled 0"]);
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert!(iceland.world.goes_to(&back).await.text.contains("Betalt. Du har plass!"));
    let order = world.order_id(&ida, &event).await;
    let order = world.order(&iceland.admin, &order).await;
    assert_eq!((&order["price"], &order["currency"]), (&json!("1000.00"), &json!("ISK")), "{order}");
    // The next event needs no card page.
    let second = iceland.event(1).await;
    world.sign_up(&ida, &second).await;
    assert!(iceland.presses(&ida, &second).await.ends_with("/return"));
    world.pass(TimeDelta::seconds(10)).await;
    assert_eq!(world.seen(&ida, &second).await, "confirmed CAPTURE");
    assert_eq!(world.count("cards", "attached_at IS NOT NULL AND page_sealed IS NULL").await, 1);
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_fails_at_3d_secure_is_not_on_file_and_another_can_be_registered() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(1).await);
    let ida = world.person("ida").await;
    world.sign_up(&ida, &event).await;
    let page = iceland.presses(&ida, &event).await;
    let back = iceland.world.types_in(&page, "secure_fails").await;
    iceland.world.goes_to(&back).await;
    let link = world.link(&ida, &event).await;
    assert!(iceland.world.goes_to(&link).await.text.contains("Registrer kort"));
    let page = iceland.presses(&ida, &event).await;
    iceland.world.goes_to(&iceland.world.types_in(&page, "declined").await).await;
    // Another card takes the place of the one on file.
    let reply = world.wants_another_card(&ida, &event).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let page = reply.header("location").to_owned();
    iceland.world.goes_to(&iceland.world.types_in(&page, "good").await).await;
    iceland.presses(&ida, &event).await;
    world.pass(TimeDelta::seconds(10)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_card_is_tried_again_when_the_member_presses() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(1).await);
    let ida = iceland.registers("ida", &event, "declined_once").await;
    let back = iceland.presses(&ida, &event).await;
    world.pass(TimeDelta::seconds(10)).await;
    assert_eq!(iceland.charged(&ida).await, ["failed 0"]);
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    assert!(iceland.world.goes_to(&back).await.text.contains("Ikke betalt ennå"));
    iceland.presses(&ida, &event).await;
    world.pass(TimeDelta::seconds(10)).await;
    assert_eq!(iceland.charged(&ida).await, ["settled 1"]);
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_card_is_tried_again_by_the_job() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(1).await);
    let ida = iceland.registers("ida", &event, "declined_once").await;
    iceland.presses(&ida, &event).await;
    world.pass(TimeDelta::seconds(10)).await;
    assert_eq!(iceland.charged(&ida).await, ["failed 0"]);
    world.pass(TimeDelta::minutes(20)).await;
    assert_eq!(iceland.charged(&ida).await, ["failed 0"], "not at once");
    world.pass(TimeDelta::minutes(20)).await;
    assert_eq!(iceland.charged(&ida).await, ["settled 1"]);
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_four_retries_a_charge_is_over_and_at_the_deadline_the_seat_is_free() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(1).await);
    let ida = iceland.registers("ida", &event, "declined").await;
    let kari = world.person("kari").await;
    world.sign_up(&kari, &event).await;
    iceland.presses(&ida, &event).await;
    world.pass(TimeDelta::seconds(10)).await;
    for retries in 1..=4 {
        iceland.presses(&ida, &event).await;
        world.pass(TimeDelta::seconds(10)).await;
        assert_eq!(iceland.charged(&ida).await, [format!("failed {retries}")]);
    }
    assert_eq!(world.attempts(&ida, &event).await, "failed");
    // A press begins a new one, and the job goes on with that.
    iceland.presses(&ida, &event).await;
    world.pass(TimeDelta::seconds(10)).await;
    assert_eq!(world.attempts(&ida, &event).await, "failed open");
    world.pass(TimeDelta::minutes(118)).await;
    let charged = iceland.charged(&ida).await;
    assert_eq!(charged, ["failed 4", "failed 4"]);
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    assert_eq!(world.attempts(&ida, &event).await, "failed failed");
    assert_eq!(world.seen(&kari, &event).await, "awaiting_payment INITIATE");
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_charge_is_pending_the_seat_is_held_until_askell_says() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(2).await);
    let ida = iceland.registers("ida", &event, "slow").await;
    let ola = iceland.registers("ola", &event, "slow").await;
    world.pass(TimeDelta::minutes(115)).await;
    for person in [&ida, &ola] {
        iceland.presses(person, &event).await;
    }
    world.pass(TimeDelta::minutes(7)).await;
    assert_eq!(iceland.charged(&ida).await, ["pending 0"]);
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE", "the deadline has passed");
    let reference = world.reference(&ola, &event).await;
    iceland.act(&reference, "fail").await;
    world.pass(TimeDelta::minutes(5)).await;
    assert_eq!(world.seen(&ola, &event).await, "ended unpaid CANCEL");
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_of_it_goes_back_and_never_a_part() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(1).await);
    let ida = iceland.pays("ida", &event).await;
    let reply = iceland.refunds(&ida, &event, json!("400.00"), "part").await;
    assert_eq!(reply.refusal(), (409, "refund_only_in_full"));
    let reply = iceland.refunds(&ida, &event, Value::Null, "all").await;
    assert!(reply.status == 200 || reply.status == 202, "{}", reply.text);
    world.pass(TimeDelta::seconds(10)).await;
    assert_eq!(iceland.charged(&ida).await, ["settled 0 back"]);
    assert_eq!(world.seen(&ida, &event).await, "confirmed REFUND");
    let order = world.order_id(&ida, &event).await;
    let order = world.order(&iceland.admin, &order).await;
    assert_eq!(order["refunds"][0]["status"], "done", "{order}");
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_signed_off_gets_all_of_it_back() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(3).await);
    let ida = iceland.pays("ida", &event).await;
    let ola = iceland.pays("ola", &event).await;
    let kari = iceland.registers("kari", &event, "slow").await;
    iceland.presses(&kari, &event).await;
    world.pass(TimeDelta::seconds(10)).await;
    // Kari signs off while her charge is under way; nothing can end it.
    assert!(world.sign_off(&kari, &event).await.status < 300);
    let reply = world.post(&iceland.admin, &format!("/events/{event}/cancel"), &json!({ "reason": "storm" })).await;
    assert!(reply.status < 300, "{}", reply.text);
    world.pass(TimeDelta::seconds(10)).await;
    world.pass(TimeDelta::minutes(20)).await;
    for person in [&ida, &ola, &kari] {
        assert_eq!(iceland.charged(person).await, ["settled 0 back"]);
    }
    assert_eq!(world.seen(&ida, &event).await, "ended event_cancelled REFUND");
    assert_eq!(world.seen(&kari, &event).await, "ended withdrawn REFUND");
    iceland.world.end().await;
}
