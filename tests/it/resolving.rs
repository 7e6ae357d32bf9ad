//! What a person does about orders that the house cannot mend by itself: it is tried again after the provider was asked,
//! or somebody answers for what was settled elsewhere.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::pages::Browser;
use crate::support::people::Reply;
use crate::support::world::{Person, World};

/// A treasurer, an event with one seat, and Ida, who has paid for it or is about to.
struct Scene {
    world: World,
    treasurer: Person,
    admin: Person,
    event: String,
    ida: Person,
    order: String,
    reference: String,
}

impl Scene {
    async fn begin() -> Self {
        Self::with(None).await
    }

    /// Captures or refunds are refused for good from the beginning.
    async fn with(refused: Option<&str>) -> Self {
        let world = World::begin().await;
        let (admin, treasurer) = (world.officer("admin", Role::Admin).await, world.treasurer().await);
        let event = world.paid_event(&admin, 1).await;
        let ida = world.person("ida").await;
        if let Some(kind) = refused {
            refuse(&world, kind).await;
        }
        world.pays_for_a_seat(&ida, &event).await;
        world.settle().await;
        let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
        Self { world, treasurer, admin, event, ida, order, reference }
    }

    /// Ida was removed with all her money, and the provider refused to give it back.
    async fn refund_is_refused() -> Self {
        let scene = Self::with(Some("refund")).await;
        let path = format!("/events/{}/registrations/{}?refund=full", scene.event, scene.ida.id);
        assert_eq!(scene.world.delete(&scene.admin, &path).await.status, 204);
        scene.world.settle().await;
        assert_eq!(scene.books().await, "CAPTURE 250.00 0.00 refund_refused");
        assert_eq!(scene.parked().await, 1);
        scene
    }

    async fn resolves(&self, act: &str) -> Reply {
        let body = json!({ "act": act, "reason": "I looked in the portal" });
        let reply = self.world.post(&self.treasurer, &format!("/orders/{}/resolve", self.order), &body).await;
        self.world.settle().await;
        reply
    }

    async fn books(&self) -> String {
        let order = self.world.order(&self.ida, &self.order).await;
        let word = |pointer: &str| order.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
        [word("/status"), word("/amounts/captured"), word("/amounts/refunded"), word("/needs_attention/reason")]
            .join(" ")
    }

    async fn acts(&self) -> Value {
        self.world.order(&self.treasurer, &self.order).await["needs_attention"]["acts"].clone()
    }

    async fn parked(&self) -> i64 {
        self.world.count("outbox", "parked_at IS NOT NULL").await
    }

    async fn needing(&self) -> usize {
        let list = self.world.get(&self.treasurer, "/orders?needs_attention=true").await;
        list.json["results"].as_array().unwrap().len()
    }
}

async fn refuse(world: &World, kind: &str) {
    world.faults(json!([{ "on": kind, "do": "status", "status": 400, "code": "6260" }])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_capture_is_tried_again_under_a_new_key() {
    let scene = Scene::with(Some("capture")).await;
    let world = &scene.world;
    assert_eq!(scene.books().await, "RESERVED 0.00 0.00 capture_refused");
    assert_eq!(scene.acts().await, json!(["try_again", "paid_outside", "settled_elsewhere"]));
    assert_eq!((scene.needing().await, scene.parked().await), (1, 1));
    // Refused once more: it waits for a person once more.
    let reply = scene.resolves("try_again").await;
    assert_eq!((reply.status, &reply.json["needs_attention"]), (200, &Value::Null), "{}", reply.text);
    world.pass(TimeDelta::minutes(1)).await;
    assert_eq!(scene.books().await, "RESERVED 0.00 0.00 capture_refused");
    world.no_more_faults().await;
    assert_eq!(scene.resolves("try_again").await.status, 200);
    world.pass(TimeDelta::minutes(1)).await;
    assert_eq!(scene.books().await, "CAPTURE 250.00 0.00 -");
    assert_eq!((scene.needing().await, scene.parked().await), (0, 0));
    assert_eq!(world.keys(&scene.reference, "capture").await.len(), 3, "each try has a key of its own");
    let trail = world.trail(&scene.treasurer, &scene.order).await;
    assert_eq!(trail.iter().filter(|line| *line == "tried_again: I looked in the portal").count(), 2, "{trail:?}");
    scene.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_refund_asks_before_it_is_sent_again() {
    let scene = Scene::refund_is_refused().await;
    let world = &scene.world;
    // Somebody gave the money back by hand, and nobody told us.
    world.no_more_faults().await;
    world.faults(json!([{ "on": "webhook", "do": "lose" }])).await;
    let portal = format!("/payments/{}/refund", scene.reference);
    assert_eq!(world.control("POST", &portal, &json!({})).await.status, 200);
    let sent = world.calls_to(&scene.reference, "POST", "/refund").await;
    assert_eq!(scene.resolves("try_again").await.status, 200);
    assert_eq!(scene.books().await, "REFUND 250.00 250.00 -");
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.calls_to(&scene.reference, "POST", "/refund").await, sent, "nothing was sent again");
    scene.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_refund_that_is_still_missing_goes_out_once() {
    let scene = Scene::refund_is_refused().await;
    let world = &scene.world;
    world.no_more_faults().await;
    let portal = format!("/payments/{}/refund", scene.reference);
    assert_eq!(world.control("POST", &portal, &json!({ "amount": 5_000 })).await.status, 200);
    assert_eq!(scene.resolves("try_again").await.status, 200);
    world.pass(TimeDelta::minutes(1)).await;
    assert_eq!(scene.books().await, "REFUND 250.00 250.00 -");
    assert_eq!(world.at_provider(&scene.reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 25000");
    assert_eq!(world.keys(&scene.reference, "refund").await.len(), 2);
    scene.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_tried_again_while_the_provider_is_silent() {
    let scene = Scene::refund_is_refused().await;
    scene.world.provider_is_down("timeout_before").await;
    let reply = scene.resolves("try_again").await;
    assert_eq!((reply.status, reply.json["code"].as_str()), (503, Some("payment_provider_unavailable")));
    assert_eq!((scene.needing().await, scene.parked().await), (1, 1));
    scene.world.no_more_faults().await;
    scene.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_settled_elsewhere_is_left_alone_and_still_watched() {
    let scene = Scene::refund_is_refused().await;
    let world = &scene.world;
    assert_eq!(scene.acts().await, json!(["try_again", "settled_elsewhere"]));
    let sent = world.calls_to(&scene.reference, "POST", "/refund").await;
    world.no_more_faults().await;
    assert_eq!(scene.resolves("settled_elsewhere").await.status, 200);
    world.pass(TimeDelta::days(3)).await;
    assert_eq!(scene.books().await, "CAPTURE 250.00 0.00 -");
    assert_eq!((scene.needing().await, scene.parked().await), (0, 0));
    assert_eq!(world.calls_to(&scene.reference, "POST", "/refund").await, sent);
    let trail = world.trail(&scene.treasurer, &scene.order).await;
    assert!(trail.contains(&"settled_elsewhere: I looked in the portal".to_owned()), "{trail:?}");
    // What the provider does later is in the books all the same.
    let portal = format!("/payments/{}/refund", scene.reference);
    assert_eq!(world.control("POST", &portal, &json!({})).await.status, 200);
    world.settle().await;
    assert_eq!(scene.books().await, "REFUND 250.00 250.00 -");
    scene.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_whose_money_vanished_can_be_paid_outside() {
    let scene = Scene::with(Some("capture")).await;
    let world = &scene.world;
    let portal = format!("/payments/{}/cancel", scene.reference);
    assert_eq!(world.control("POST", &portal, &json!({})).await.status, 200);
    world.settle().await;
    world.no_more_faults().await;
    assert_eq!(scene.resolves("try_again").await.status, 200);
    assert_eq!(scene.books().await, "VOID 0.00 0.00 payment_vanished");
    assert_eq!(scene.acts().await[0], "paid_outside");
    let reply = scene.resolves("paid_outside").await;
    assert_eq!((reply.status, reply.json["status"].as_str()), (200, Some("SALE")), "{}", reply.text);
    assert_eq!(world.seen(&scene.ida, &scene.event).await, "confirmed SALE");
    assert_eq!(scene.needing().await, 0);
    scene.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reservation_that_could_not_be_taken_is_released_when_the_seat_was_paid_outside() {
    let scene = Scene::with(Some("capture")).await;
    assert_eq!(scene.resolves("paid_outside").await.status, 200);
    scene.world.pass(TimeDelta::minutes(1)).await;
    assert_eq!(scene.world.seen(&scene.ida, &scene.event).await, "confirmed SALE");
    assert_eq!(scene.world.at_provider(&scene.reference).await, "AUTHORIZED authorized 25000 cancelled 25000");
    assert_eq!(scene.parked().await, 0);
    scene.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_must_be_something_to_resolve_and_somebody_who_may() {
    let scene = Scene::begin().await;
    let world = &scene.world;
    for act in ["try_again", "settled_elsewhere", "paid_outside"] {
        let reply = scene.resolves(act).await;
        assert_eq!((reply.status, reply.json["code"].as_str()), (409, Some("nothing_to_resolve")), "{act}");
    }
    let path = format!("/orders/{}/resolve", scene.order);
    for body in [
        json!({ "act": "forget_it", "reason": "x" }),
        json!({ "act": "try_again" }),
        json!({ "act": "try_again", "reason": " " }),
    ] {
        assert_eq!(world.post(&scene.treasurer, &path, &body).await.status, 422, "{body}");
    }
    let body = json!({ "act": "try_again", "reason": "x" });
    assert_eq!(world.post(&scene.ida, &path, &body).await.status, 403);
    let stranger = world.person("stranger").await;
    assert_eq!(world.post(&stranger, &path, &body).await.status, 404);
    scene.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_treasurer_resolves_it_on_the_page_of_the_order() {
    let scene = Scene::refund_is_refused().await;
    scene.world.no_more_faults().await;
    let mut browser = Browser::of(&scene.world, &scene.treasurer).await;
    let path = format!("/manage/orders/{}", scene.order);
    let page = browser.open(&path).await;
    page.expect(200, &["Noen må se på dette", "Ordne opp", "Spør Vipps, og prøv på nytt"]);
    let resolve = format!("{path}/resolve");
    let filled = [("act", "settled_elsewhere"), ("reason", "Overført fra banken")];
    let done = browser.press(&page, &resolve, &filled).await;
    let told = "førte 250 kr som gjort opp på annen måte: «Overført fra banken»";
    let seen = browser.follow(&done).await;
    seen.expect(200, &["Det er ført.", told]);
    assert!(!seen.has_form(&resolve));
    // A second press finds nothing left.
    browser.press(&page, &resolve, &filled).await.expect(409, &["Det er ikke lenger noe å ordne på denne måten."]);
    scene.world.end().await;
}
