//! What a house shows to whoever watches it: on a listener of its own, about everything that matters, and nothing about
//! anybody.

use chrono::TimeDelta;
use plass::domain::permission::Role;
use plass::flows::doctor::make_rounds;
use serde_json::json;

use crate::support::world::World;

/// What is shown, line by line.
struct Shown(String);

impl Shown {
    #[track_caller]
    fn has(&self, line: &str) {
        let name = line.split(['{', ' ']).next().unwrap();
        let alike: Vec<&str> = self.0.lines().filter(|shown| shown.starts_with(name)).collect();
        assert!(self.0.lines().any(|shown| shown == line), "{line} is not among {alike:#?}");
    }

    /// The value of one line.
    #[track_caller]
    fn value(&self, name: &str) -> i64 {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} is not shown")).parse().unwrap()
    }
}

impl World {
    async fn metrics(&self, address: std::net::SocketAddr) -> Shown {
        let reply = self.visit("GET", &format!("http://{address}/metrics")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(reply.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
        assert!(reply.text.ends_with("# EOF\n"));
        Shown(reply.text)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_watches_sees_what_matters_and_nobody() {
    let mut world = World::begin().await;
    let began = world.clock.now().timestamp();
    let address = world.shows_metrics();
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 2).await;
    let (ida, kari, ola) = (world.person("ida").await, world.person("kari").await, world.person("ola").await);
    world.pays_for_a_seat(&ida, &event).await;
    world.faults(json!([{ "on": "capture", "do": "status", "status": 400, "code": "6260", "times": 1 }])).await;
    world.pays_for_a_seat(&kari, &event).await;
    assert_eq!(world.sign_up(&ola, &event).await.status, 201);
    assert_eq!(world.sign_up(&ola, &event).await.status, 409);
    world.visit("BREW", &format!("{}/ida@example.org", world.url())).await;
    world.settle().await;

    let shown = world.metrics(address).await;
    let signing_up = r#"{method="POST",route="/api/v1/events/{event_id}/registrations""#;
    shown.has(&format!(r#"plass_http_answer_seconds_count{signing_up},status="2xx"}} 3"#));
    shown.has(&format!(r#"plass_http_answer_seconds_count{signing_up},status="4xx"}} 1"#));
    shown.has(r#"plass_http_answer_seconds_count{method="other",route="none",status="4xx"} 1"#);
    shown.has(r#"plass_sign_ups_total{outcome="admitted"} 3"#);
    shown.has(r#"plass_sign_ups_total{outcome="refused"} 1"#);
    shown.has("plass_sign_ups_standing 0");
    shown.has(r#"plass_provider_call_seconds_count{operation="create",outcome="answered"} 2"#);
    shown.has(r#"plass_provider_call_seconds_count{operation="capture",outcome="answered"} 1"#);
    shown.has(r#"plass_provider_call_seconds_count{operation="capture",outcome="refused"} 1"#);
    shown.has(r#"plass_orders_needing_attention{kind="capture_refused"} 1"#);
    shown.has(r#"plass_orders_needing_attention{kind="refund_refused"} 0"#);
    shown.has(r#"plass_outbox_parked{kind="capture"} 1"#);
    shown.has(r#"plass_outbox_waiting{kind="capture"} 0"#);
    shown.has("plass_database_answers 1");
    assert!(shown.value(r#"plass_letters_total{outcome="sent"}"#) >= 5);
    assert_eq!(shown.value(r#"plass_duty_done_timestamp_seconds{kind="doctor"}"#), began);

    // Labels are words of the house: nothing that people are called, have or sent.
    let references = [world.reference(&ida, &event).await, world.reference(&kari, &event).await];
    let secrets = [&event, &ida.id, &ida.email, &references[0], &references[1]];
    for word in secrets.into_iter().map(String::as_str).chain(["kari", "Berg", "Julebord", "BREW", "sosialen"]) {
        assert!(!shown.0.contains(word), "{word} is shown");
    }

    // On its own listener there is nothing else, and it is nowhere else.
    assert_eq!(world.visit("GET", &format!("http://{address}/health/live")).await.status, 404);
    assert_eq!(world.visit("GET", &format!("{}/metrics", world.url())).await.status, 404);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_shown_with_its_age() {
    let mut world = World::begin().await;
    let address = world.shows_metrics();
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 1).await;
    let ida = world.person("ida").await;
    world.provider_is_down("error_before").await;
    assert_eq!(world.sign_up(&ida, &event).await.status, 201);
    world.pass(TimeDelta::minutes(10)).await;
    let shown = world.metrics(address).await;
    shown.has(r#"plass_outbox_waiting{kind="create"} 1"#);
    assert_eq!(shown.value(r#"plass_outbox_oldest_seconds{kind="create"}"#), 600);
    // A look that nobody takes.
    world.plant("UPDATE orders SET check_at = check_at - 3600000, claimed_until = 9000000000000000").await;
    let late = world.metrics(address).await;
    late.has("plass_looks_due 1");
    assert!(late.value("plass_looks_late_seconds") > 0);
    world.plant("UPDATE orders SET check_at = check_at + 3600000, claimed_until = 0").await;
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(20)).await;
    world.end().await;
}

/// The rounds are due now; whoever comes first makes them.
async fn rounds(world: &World) {
    world.plant("UPDATE duties SET due_at = 0 WHERE name = 'doctor'").await;
    make_rounds(&world.app).await.unwrap();
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rounds_ask_the_provider_and_are_seen() {
    let mut world = World::begin().await;
    let address = world.shows_metrics();
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 2).await;
    let (ida, kari) = (world.person("ida").await, world.person("kari").await);
    world.pays_for_a_seat(&ida, &event).await;
    world.opens_a_payment(&kari, &event).await;
    let reference = world.reference(&ida, &event).await;
    let calls = world.calls(&reference).await;
    world.pass(TimeDelta::minutes(5)).await;
    rounds(&world).await;
    let shown = world.metrics(address).await;
    assert_eq!((shown.value("plass_doctor_compared"), shown.value("plass_doctor_unanswered")), (2, 0));
    assert!(shown.0.lines().filter(|line| line.starts_with("plass_doctor_findings{")).all(|line| line.ends_with(" 0")));
    let asked = &world.calls(&reference).await[calls.len()..];
    assert!(asked.iter().all(|call| call["method"] == "GET"), "the doctor only asks: {asked:?}");

    // The books show a refund that the provider has not.
    world.plant("UPDATE attempts SET refunded = 100 WHERE captured > 0").await;
    rounds(&world).await;
    let shown = world.metrics(address).await;
    shown.has(r#"plass_doctor_findings{kind="provider_shows_less"} 1"#);
    shown.has(r#"plass_doctor_findings{kind="ledger_differs"} 1"#);
    world.plant("UPDATE attempts SET refunded = 0").await;

    // A provider that is silent is asked once.
    world.provider_is_down("timeout_before").await;
    rounds(&world).await;
    let shown = world.metrics(address).await;
    assert_eq!((shown.value("plass_doctor_compared"), shown.value("plass_doctor_unanswered")), (1, 1));
    shown.has(r#"plass_doctor_findings{kind="provider_shows_less"} 0"#);
    world.no_more_faults().await;

    // Whoever starts next shows the rounds of before.
    world.kill().await;
    world.start_again().await;
    let address = world.shows_metrics();
    assert_eq!(world.metrics(address).await.value("plass_doctor_unanswered"), 1);
    world.pass(TimeDelta::days(1)).await;
    assert_eq!(world.metrics(address).await.value("plass_doctor_unanswered"), 0, "they are made every day");
    world.end().await;
}
