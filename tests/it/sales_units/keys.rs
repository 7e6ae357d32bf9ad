//! Keys go in and never come out; bad ones cost nobody a seat, and changing them costs nobody a payment.

use chrono::TimeDelta;
use plass::boot::{App, furnish};
use plass::config::KeySettings;
use plass::flows::reseal::reseal;
use plass::flows::units::provider_of;
use plass::keys::Keys;
use plass::store::conn::Place;
use plass::vipps::ProviderError;
use serde_json::{Value, json};

use super::{Office, id};
use crate::support::world::World;

/// What the stories set as keys.
const SECRETS: [&str; 3] = ["test-hytta-client", "test-hytta-secret", "test-hytta-subscription"];

async fn refuse_keys(world: &World, times: Option<u32>) {
    let mut rule = json!({ "on": "token", "do": "status", "status": 401 });
    if let Some(times) = times {
        rule["times"] = json!(times);
    }
    world.faults(json!([rule])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_never_come_back() {
    let office = Office::open().await;
    let agreement = office.agreement("Hytta").await;
    let set = office.set_keys(&agreement, "test-hytta").await;
    assert_eq!(set.json["credentials"]["set_by"], office.admin.id);
    assert_eq!(set.json["credentials"]["proven_at"], Value::Null);
    let unit = office.unit(&agreement, "hytta", "222222", true).await;
    let tested = office.world.post(&office.admin, &format!("/agreements/{agreement}/test"), &json!({})).await;
    assert_eq!((&tested.json["ok"], &tested.json["trouble"]), (&json!(true), &Value::Null), "{}", tested.text);
    let mut said = set.text + &tested.text;
    let patch = json!({ "display_name": "Hytta 2" });
    said += &office.world.patch(&office.admin, &format!("/agreements/{agreement}"), &patch).await.text;
    for path in [
        "/agreements".to_owned(),
        format!("/agreements/{agreement}"),
        "/sales-units".to_owned(),
        format!("/sales-units/{unit}"),
        format!("/sales-units/{unit}/webhooks"),
    ] {
        let reply = office.world.get(&office.admin, &path).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        said += &reply.text;
    }
    // A wrong one is not repeated either.
    let wrong = json!({ "client_id": "å-wrong", "client_secret": "a b-wrong", "subscription_key": "" });
    let refused = office.put(&format!("/agreements/{agreement}/credentials"), &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(!refused.text.contains("wrong"), "{}", refused.text);
    // Nor do they stand in the database, or in a copy of it.
    if let Place::Sqlite(path) = office.world.app.store.place() {
        for file in [path.clone(), format!("{path}-wal")] {
            said += &String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default());
        }
    }
    for secret in SECRETS {
        assert!(!said.contains(secret), "{secret} is told");
    }
    assert!(said.contains("Hytta 2"), "nothing was read");
    office.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_wait_for_good_keys_and_lose_no_seat() {
    let office = Office::open().await;
    refuse_keys(&office.world, None).await;
    let (agreement, _) = office.unit_with_keys("hytta", "222222").await;
    let path = format!("/agreements/{agreement}/test");
    let tested = office.world.post(&office.admin, &path, &json!({})).await;
    assert_eq!((tested.status, &tested.json["ok"]), (200, &json!(false)));
    assert_eq!(tested.json["trouble"]["reason"], "keys_refused", "{}", tested.text);
    assert!(!tested.json["trouble"]["title"].as_str().unwrap().is_empty());
    let event = office.paid_event("hytta").await;
    let ida = office.world.person("ida").await;
    assert_eq!(office.world.sign_up(&ida, &event).await.status, 201);
    office.world.settle().await;
    let order = office.world.order_id(&ida, &event).await;
    assert_eq!(office.world.pay(&ida, &order).await.refusal(), (503, "payment_provider_unavailable"));
    // The deadline passes, and nobody could ask: the seat stays.
    office.world.pass(TimeDelta::hours(5)).await;
    assert_eq!(office.world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    office.world.no_more_faults().await;
    // Within minutes the house looks after the unit's webhook again.
    office.world.pass(TimeDelta::minutes(6)).await;
    let other = office.signs_up_and_clicks("other", &event).await;
    office.approves(&other, &event).await;
    assert_eq!(office.world.seen(&other, &event).await, "confirmed CAPTURE");
    office.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_keys_a_seat_waits_too() {
    let office = Office::open().await;
    let agreement = office.agreement("Hytta").await;
    office.unit(&agreement, "hytta", "222222", true).await;
    let event = office.paid_event("hytta").await;
    let ida = office.world.person("ida").await;
    assert_eq!(office.world.sign_up(&ida, &event).await.status, 201);
    office.world.pass(TimeDelta::minutes(10)).await;
    assert_eq!(office.world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    office.set_keys(&agreement, "test-hytta").await;
    office.world.pass(TimeDelta::minutes(20)).await;
    office.world.pays(&ida, &event).await;
    assert_eq!(office.world.seen(&ida, &event).await, "confirmed CAPTURE");
    office.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_keys_work_until_new_ones_were_accepted() {
    let office = Office::open().await;
    let (agreement, _) = office.unit_with_keys("hytta", "222222").await;
    let event = office.paid_event("hytta").await;
    let first = office.signs_up_and_clicks("first", &event).await;
    let show = format!("/agreements/{agreement}");
    let shown = office.world.get(&office.admin, &show).await;
    assert!(shown.json["credentials"]["proven_at"].is_string(), "{}", shown.text);
    // The new keys are wrong: the provider refuses them once, and then gives the old ones a token.
    refuse_keys(&office.world, Some(1)).await;
    let set = office.set_keys(&agreement, "test-wrong").await;
    assert_eq!(set.json["credentials"]["older_are_kept"], true, "{}", set.text);
    office.approves(&first, &event).await;
    assert_eq!(office.world.seen(&first, &event).await, "confirmed CAPTURE");
    let shown = office.world.get(&office.admin, &show).await;
    assert_eq!(shown.json["credentials"]["older_are_kept"], true, "{}", shown.text);
    // Set anew, and tried: the old ones are no longer needed.
    office.set_keys(&agreement, "test-right").await;
    let tested = office.world.post(&office.admin, &format!("{show}/test"), &json!({})).await;
    assert_eq!(tested.json["ok"], true, "{}", tested.text);
    let shown = office.world.get(&office.admin, &show).await;
    assert_eq!(shown.json["credentials"]["older_are_kept"], false, "{}", shown.text);
    assert!(shown.json["credentials"]["proven_at"].is_string());
    let second = office.signs_up_and_clicks("second", &event).await;
    office.approves(&second, &event).await;
    assert_eq!(office.world.seen(&second, &event).await, "confirmed CAPTURE");
    office.world.end().await;
}

/// Another process over the same database, with these keys.
fn process(world: &World, keys: Keys) -> App {
    let app = &world.app;
    furnish((*app.settings).clone(), app.store.clone(), world.clock.clone(), keys, app.mail.clone()).unwrap()
}

fn settings(master: &str, old: &[&str]) -> KeySettings {
    KeySettings { master: master.to_owned(), old: old.iter().map(|&key| key.to_owned()).collect() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_learns_of_new_keys() {
    let office = Office::open().await;
    let agreement = office.agreement("Hytta").await;
    let reply = office.try_unit(&agreement, "hytta", "222222", true).await;
    let unit = id(&reply, "sales_unit_id").parse().unwrap();
    let other = process(&office.world, Keys::for_tests());
    let keyless = provider_of(&other, unit).await.unwrap().check().await;
    assert!(matches!(keyless, Err(ProviderError::Unavailable { .. })), "{keyless:?}");
    office.set_keys(&agreement, "test-hytta").await;
    provider_of(&other, unit).await.unwrap().check().await.unwrap();
    office.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_master_key_seals_everything_anew() {
    let office = Office::open().await;
    let (_, unit) = office.unit_with_keys("hytta", "222222").await;
    // The house registers the unit's webhook.
    office.world.settle().await;
    let unit = unit.parse().unwrap();
    // The key that the house of the stories has, as settings would name it.
    let old = "test:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    let (_, new) = Keys::generate().unwrap();
    let only_new = || Keys::from_settings(&settings(&new, &[])).unwrap();
    let too_early = process(&office.world, only_new());
    assert!(provider_of(&too_early, unit).await.unwrap().check().await.is_err());
    assert_eq!(reseal(&too_early).await.unwrap(), 0);
    let both = process(&office.world, Keys::from_settings(&settings(&new, &[old])).unwrap());
    // The keys of the agreement, and the secrets of two registrations.
    assert_eq!(reseal(&both).await.unwrap(), 3);
    assert_eq!(reseal(&both).await.unwrap(), 0);
    let later = process(&office.world, only_new());
    provider_of(&later, unit).await.unwrap().check().await.unwrap();
    // The world goes on with the new key.
    let mut world = office.world;
    world.app.keys = later.keys.clone();
    world.end().await;
}
