//! An event is cancelled: nobody comes in any more, everybody's registration ends, and every øre goes back exactly once.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::people::Reply;
use crate::support::world::{Person, World};

impl World {
    async fn cancels(&self, who: &Person, event: &str) -> Reply {
        self.post(who, &format!("/events/{event}/cancel"), &json!({ "reason": "The hall is flooded." })).await
    }

    async fn cancellation(&self, who: &Person, event: &str) -> Value {
        let reply = self.get(who, &format!("/events/{event}/cancellation")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json
    }
}

/// The sums of a cancellation, in one line.
fn sums(cancellation: &Value) -> String {
    ["registrations_ended", "registrations_left", "returned", "to_return", "by_hand", "is_done"]
        .map(|name| cancellation[name].to_string().replace('"', ""))
        .join(" ")
}

/// Who gets what back, a line each.
fn people(plan: &Value) -> Vec<String> {
    let line = |one: &Value| {
        let word = |name: &str| one[name].to_string().replace('"', "");
        let name = one["user"]["first_name"].as_str().unwrap();
        format!("{name} {} {} {}", word("status"), word("amount"), word("by_hand"))
    };
    plan["people"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_gets_everything_back_once() {
    let world = World::begin().await;
    let (admin, organizer) =
        (world.officer("admin", plass::domain::permission::Role::Admin).await, world.organizer().await);
    let event = world.paid_event(&organizer, 4).await;
    let (ida, magnus, nora) = (world.person("ida").await, world.person("magnus").await, world.person("nora").await);
    let (henrik, ingrid) = (world.person("henrik").await, world.person("ingrid").await);
    world.pays_for_a_seat(&ida, &event).await;
    world.pays_for_a_seat(&ingrid, &event).await;
    let partly = world.order_id(&ingrid, &event).await;
    let wish = json!({ "amount": "99.50", "reason": "came by bus" });
    assert_eq!(world.refund(&admin, &partly, &wish, "bus").await.status, 200);
    let opened = world.opens_a_payment(&magnus, &event).await;
    let cash = json!({ "user_id": henrik.id, "paid_outside": { "reason": "cash" } });
    assert_eq!(world.post(&organizer, &format!("/events/{event}/registrations"), &cash).await.status, 201);
    assert_eq!(world.sign_up(&nora, &event).await.json["wait_queue_number"], 1);

    // What would it do? Nothing changes.
    let question = json!({ "reason": "The hall is flooded.", "dry_run": true });
    let plan = world.post(&organizer, &format!("/events/{event}/cancel"), &question).await;
    assert_eq!(plan.status, 200, "{}", plan.text);
    assert_eq!(sums(&plan.json), "0 5 0.00 400.50 250.00 false");
    let told = people(&plan.json);
    assert_eq!(
        told,
        [
            "ida confirmed 250.00 false",
            "ingrid confirmed 150.50 false",
            "magnus awaiting_payment 0.00 false",
            "henrik confirmed 250.00 true",
            "nora waitlisted 0.00 false",
        ]
    );
    assert_eq!(world.get(&organizer, &format!("/events/{event}/cancellation")).await.status, 404);
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");

    // Money goes back, so whoever may not give money back does not cancel.
    assert_eq!(world.cancels(&organizer, &event).await.status, 403);
    let reply = world.cancels(&admin, &event).await;
    assert_eq!((reply.status, reply.json["registrations_left"].as_i64()), (200, Some(5)), "{}", reply.text);
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(sums(&world.cancellation(&organizer, &event).await), "5 0 500.00 0.00 250.00 true");
    for (who, ended) in [(&ida, "REFUND"), (&ingrid, "REFUND"), (&magnus, "CANCEL"), (&henrik, "REFUND")] {
        assert_eq!(world.seen(who, &event).await, format!("ended event_cancelled {ended}"));
    }
    assert_eq!(world.seen(&nora, &event).await, "ended event_cancelled");
    assert_eq!(world.at_provider(&opened).await, "TERMINATED cancelled 25000");
    let reference = world.reference(&ingrid, &event).await;
    assert_eq!(world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 25000");
    assert_eq!(world.keys(&reference, "refund").await.len(), 2, "the bus, and the rest");

    // For good.
    let again = world.cancels(&admin, &event).await;
    assert_eq!((again.status, again.json["reason"].as_str()), (200, Some("The hall is flooded.")));
    assert_eq!(world.sign_up(&nora, &event).await.json["code"], "event_cancelled");
    let cash = json!({ "user_id": nora.id, "paid_outside": { "reason": "cash" } });
    let added = world.post(&organizer, &format!("/events/{event}/registrations"), &cash).await;
    assert_eq!(added.json["code"], "event_cancelled");
    let shown = world.get(&nora, &format!("/events/{event}")).await.json;
    assert_eq!(
        (shown["list_count"].as_i64(), shown["cancellation_reason"].as_str()),
        (Some(0), Some("The hall is flooded."))
    );
    let open = world.get(&nora, "/events?open=true").await.json;
    assert_eq!(open["results"].as_array().unwrap().len(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_give_money_back_cancels_while_nobody_paid() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let (ida, event) = (world.person("ida").await, world.event(&organizer, 1, json!({})).await);
    let magnus = world.person("magnus").await;
    world.sign_up(&ida, &event).await;
    world.sign_up(&magnus, &event).await;
    for reason in ["", "  ", &"x".repeat(501)] {
        let reply = world.post(&organizer, &format!("/events/{event}/cancel"), &json!({ "reason": reason })).await;
        assert_eq!((reply.status, reply.json["errors"][0]["pointer"].as_str()), (422, Some("/reason")));
    }
    assert_eq!(world.cancels(&organizer, &event).await.status, 200);
    world.settle().await;
    // The seat that came free went to nobody.
    assert_eq!(world.seen(&magnus, &event).await, "ended event_cancelled");
    // Nor does one that a larger limit makes.
    assert_eq!(world.patch(&organizer, &format!("/events/{event}"), &json!({ "limit": 9 })).await.status, 200);
    let empty = world.event(&organizer, 1, json!({})).await;
    assert_eq!(world.cancels(&organizer, &empty).await.json["is_done"], true);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_anywhere_it_goes_on_where_it_stopped() {
    // A login outlives four kills: each time a few minutes pass.
    for first in (0..12).step_by(4) {
        killed_at(first..first + 4).await;
    }
}

async fn killed_at(moments: std::ops::Range<usize>) {
    let mut world = World::begin().await;
    let admin = world.officer("admin", plass::domain::permission::Role::Admin).await;
    let (ida, magnus) = (world.person("ida").await, world.person("magnus").await);
    for moment in moments {
        let event = world.paid_event(&admin, 2).await;
        world.pays_for_a_seat(&ida, &event).await;
        world.pays_for_a_seat(&magnus, &event).await;
        let references = [world.reference(&ida, &event).await, world.reference(&magnus, &event).await];
        assert_eq!(world.cancels(&admin, &event).await.status, 200);
        // The jobs are at work already; each question lets them come a little further before the process dies.
        for _ in 0..moment {
            world.cancellation(&admin, &event).await;
        }
        world.kill().await;
        world.start_again().await;
        world.pass(TimeDelta::minutes(5)).await;
        assert_eq!(sums(&world.cancellation(&admin, &event).await), "2 0 500.00 0.00 0.00 true", "killed at {moment}");
        for reference in references {
            assert_eq!(
                world.at_provider(&reference).await,
                "AUTHORIZED authorized 25000 captured 25000 refunded 25000"
            );
        }
    }
    world.end().await;
}
