//! The ledger: every amount that moved at the provider is a line, whoever moved it, and no line is ever changed.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::Text;
use plass::domain::permission::Role;
use plass::store::conn::Conn;
use plass::store::migrate::migrate;
use serde_json::{Value, json};

use crate::support::database::TestDatabase;
use crate::support::rows::{Rows, count};
use crate::support::world::{Person, World};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    told: String,
}

impl World {
    /// The ledger's lines of a payment, as they happened: kind, amount, and a star where no call of ours is known.
    async fn ledger(&self, reference: &str) -> Vec<String> {
        let (place, reference) = (self.database.place(), reference.to_owned());
        let sql = "SELECT kind || ' ' || CAST(amount AS TEXT) || CASE WHEN provider_key IS NULL THEN '*' ELSE '' END \
                   AS told FROM ledger WHERE attempt_id = (SELECT id FROM attempts WHERE reference = $1) \
                   ORDER BY happened_at, ledger.id";
        tokio::task::spawn_blocking(move || {
            let mut conn = Conn::open(&place).unwrap();
            let lines: Vec<Line> = diesel::sql_query(sql).bind::<Text, _>(reference).load(&mut conn).unwrap();
            lines.into_iter().map(|line| line.told).collect()
        })
        .await
        .unwrap()
    }

    async fn in_the_portal(&self, act: &str, reference: &str, amount: i64) {
        let body = json!({ "amount": amount });
        let reply = self.control("POST", &format!("/payments/{reference}/{act}"), &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

/// Ida has paid for the only seat: the world, the admin, the event, Ida, her order and its reference.
async fn ida_has_paid() -> (World, Person, String, Person, String, String) {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 1).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    let (order, reference) = (world.order_id(&ida, &event).await, world.reference(&ida, &event).await);
    (world, admin, event, ida, order, reference)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moves_is_booked_once_however_often_it_is_seen() {
    let (world, admin, _, ida, order, reference) = ida_has_paid().await;
    assert_eq!(world.ledger(&reference).await, ["authorized 25000*", "captured 25000"]);
    let reply = world.refund(&admin, &order, &json!({ "amount": "100", "reason": "x" }), "key").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let booked = ["authorized 25000*", "captured 25000", "refunded 10000"];
    assert_eq!(world.ledger(&reference).await, booked);
    let read = world.calls_to(&reference, "GET", "/events").await;
    for _ in 0..3 {
        assert_eq!(world.post(&ida, &format!("/orders/{order}/sync"), &json!({})).await.status, 200);
    }
    assert_eq!(world.ledger(&reference).await, booked);
    let calls = world.calls_to(&reference, "GET", "/events").await;
    assert_eq!(calls, read, "a log is read only when its sums have moved");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_made_in_the_portal_shows_up_by_itself_and_says_so() {
    let (world, _, event, ida, order, reference) = ida_has_paid().await;
    world.in_the_portal("refund", &reference, 4_000).await;
    world.settle().await;
    assert_eq!(world.ledger(&reference).await, ["authorized 25000*", "captured 25000", "refunded 4000*"]);
    let trail = world.trail(&ida, &order).await;
    assert!(trail.contains(&"captured: observed".to_owned()), "{trail:?}");
    assert_eq!(trail.last().unwrap(), "refunded: in_the_portal");
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_nobody_approved_moves_nothing() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 2).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    let (aborted, left) = (world.opens_a_payment(&ida, &event).await, world.opens_a_payment(&ola, &event).await);
    assert_eq!(world.does("abort", &aborted).await.status, 200);
    assert_eq!(world.sign_off(&ola, &event).await.status, 204);
    world.pass(TimeDelta::hours(3)).await;
    for reference in [aborted, left] {
        assert_eq!(world.ledger(&reference).await, Vec::<String>::new());
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_does_not_wait_for_the_log_and_the_log_is_read_later() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 1).await;
    let ida = world.person("ida").await;
    world.faults(json!([{ "on": "events", "do": "status", "status": 503 }])).await;
    world.pays_for_a_seat(&ida, &event).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    let reference = world.reference(&ida, &event).await;
    assert_eq!(world.ledger(&reference).await, Vec::<String>::new());
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.ledger(&reference).await, ["authorized 25000*", "captured 25000"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_goes_back_is_booked_like_money_that_came() {
    let (world, admin, event, ida, _, reference) = ida_has_paid().await;
    let path = format!("/events/{event}/registrations/{}?refund=full", ida.id);
    assert_eq!(world.delete(&admin, &path).await.status, 204);
    world.settle().await;
    assert_eq!(world.ledger(&reference).await, ["authorized 25000*", "captured 25000", "refunded 25000"]);
    world.faults(json!([{ "on": "capture", "do": "status", "status": 503 }])).await;
    let ola = world.person("ola").await;
    world.pays_for_a_seat(&ola, &event).await;
    let reference = world.reference(&ola, &event).await;
    world.in_the_portal("cancel", &reference, 25_000).await;
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    assert_eq!(world.ledger(&reference).await, ["authorized 25000*", "cancelled 25000*"]);
    let trail = world.trail(&ola, &world.order_id(&ola, &event).await).await;
    assert!(trail.contains(&"released: in_the_portal".to_owned()), "{trail:?}");
    world.end().await;
}

#[test]
fn the_database_refuses_to_rewrite_what_was_booked() {
    let database = TestDatabase::create();
    let mut conn = Conn::open(&database.place()).unwrap();
    migrate(&mut conn).unwrap();
    // Done again at every start.
    migrate(&mut conn).unwrap();
    Rows::default().fill_all(&mut conn);
    for sql in [
        "UPDATE ledger SET amount = amount + 1",
        "DELETE FROM ledger",
        "UPDATE trail SET cause = 'x'",
        "DELETE FROM trail",
    ] {
        let refused = diesel::sql_query(sql).execute(&mut conn).unwrap_err().to_string();
        assert!(refused.contains("is only added to"), "{sql}: {refused}");
    }
    // Users, events and orders stay as long as the books speak of them.
    for table in ["users", "events", "orders", "attempts"] {
        assert!(diesel::sql_query(format!("DELETE FROM {table}")).execute(&mut conn).is_err(), "{table}");
        assert_eq!(count(&mut conn, &format!("SELECT COUNT(*) AS count FROM {table}")), 1, "{table}");
    }
    assert_eq!(count(&mut conn, "SELECT COUNT(*) AS count FROM ledger"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_took_money_is_never_deleted() {
    let (world, admin, event, _, _, _) = ida_has_paid().await;
    let reply = world.delete(&admin, &format!("/events/{event}")).await;
    assert_eq!((reply.status, reply.json["code"].as_str()), (409, Some("event_in_use")));
    assert_ne!(world.get(&admin, &format!("/events/{event}")).await.json, Value::Null);
    world.end().await;
}

/// Ida has paid, and no webhook ever arrives again.
async fn ida_has_paid_and_bells_are_lost() -> (World, Person, String, Person, String, String) {
    let scene = ida_has_paid().await;
    scene.0.faults(json!([{ "on": "webhook", "do": "lose" }])).await;
    scene
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_in_the_portal_is_found_without_a_bell_however_late() {
    for (after, found_within) in [
        (TimeDelta::minutes(1), TimeDelta::hours(2)),
        (TimeDelta::days(5), TimeDelta::days(2)),
        (TimeDelta::days(200), TimeDelta::days(8)),
    ] {
        let (world, _, _, ida, order, reference) = ida_has_paid_and_bells_are_lost().await;
        world.pass(after).await;
        world.in_the_portal("refund", &reference, 4_000).await;
        world.settle().await;
        assert_eq!(world.order(&ida, &order).await["amounts"]["refunded"], "0.00");
        world.pass(found_within).await;
        assert_eq!(world.order(&ida, &order).await["amounts"]["refunded"], "40.00");
        assert_eq!(world.trail(&ida, &order).await.last().unwrap(), "refunded: in_the_portal");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paid_order_is_asked_about_seldom_and_not_for_ever() {
    let (world, _, _, _, _, reference) = ida_has_paid().await;
    let (mut asked, mut by_the_doctor) = (Vec::new(), Vec::new());
    for days in [1, 29, 336, 200] {
        let before = world.calls_to(&reference, "GET", &reference).await;
        let logs_before = world.calls_to(&reference, "GET", "/events").await;
        world.pass(TimeDelta::days(days)).await;
        // While nothing moves only the doctor reads the log beside the sums.
        let logs = world.calls_to(&reference, "GET", "/events").await - logs_before;
        asked.push(world.calls_to(&reference, "GET", &reference).await - before - logs);
        by_the_doctor.push(logs);
    }
    let [first_day, first_month, later, last] = by_the_doctor[..] else { panic!("{by_the_doctor:?}") };
    assert!(first_day <= 1 && first_month <= 30 && (later, last) == (0, 0), "{by_the_doctor:?}");
    let [first_day, first_month, first_year, later] = asked[..] else { panic!("{asked:?}") };
    assert!((20..=24).contains(&first_day) && (25..=30).contains(&first_month), "{asked:?}");
    assert!((42..=50).contains(&first_year) && later <= 1, "{asked:?}");
    world.end().await;
}
