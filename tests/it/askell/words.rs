//! What people read says with whom they pay: at a sales unit of Áskell nobody hears of Vipps.

use chrono::TimeDelta;
use serde_json::json;

use super::Iceland;
use crate::support::pages::Browser;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_and_letters_name_the_provider_that_is_paid() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(3).await);
    let ida = iceland.pays("ida", &event).await;
    let ola = world.person("ola").await;
    assert_eq!(world.sign_up(&ola, &event).await.status, 201);
    world.settle().await;
    let mut browser = Browser::of(world, &iceland.admin).await;
    let order = world.order_id(&ida, &event).await;
    let page = browser.open(&format!("/manage/orders/{order}")).await;
    page.expect(
        200,
        &["Spør Áskell nå", "Referanser hos Áskell", "kan betales tilbake med Áskell", "Loggen hos Áskell"],
    );
    let page = browser.open(&format!("/manage/orders/{order}/log")).await;
    page.expect(200, &["Loggen hos Áskell", "Loggene stemmer.", "Trukket"]);
    let page = browser.open(&format!("/manage/operations?order_id={order}")).await;
    page.expect(200, &["Belaste kortet", "Utført", "Own", "Áskell"]);
    for path in [
        format!("/manage/orders/{order}"),
        format!("/manage/orders/{order}/log"),
        format!("/manage/events/{event}/add?q=ola%20berg"),
        format!("/manage/events/{event}/orders"),
        format!("/manage/events/{event}/registrations/{}/paid", ola.id),
        format!("/manage/events/{event}/registrations/{}/remove", ola.id),
        format!("/manage/events/{event}/registrations/{}/remove", ida.id),
        format!("/manage/settings/sales-units/{}", iceland.unit),
    ] {
        let page = browser.open(&path).await;
        assert!(page.status() == 200 && !page.says("Vipps"), "{path}: {}", page.text());
    }
    // All of it goes back, and both are written to.
    assert_eq!(iceland.refunds(&ida, &event, json!(null), "back").await.status, 200);
    world.pass(TimeDelta::minutes(1)).await;
    assert_eq!(world.sign_off(&ola, &event).await.status, 204);
    world.pass(TimeDelta::minutes(10)).await;
    let letters = world.letters_to(&ida);
    let all: String = letters.iter().map(|letter| letter.text.as_str()).collect();
    assert!(all.contains("med Áskell, og plassen er din") && all.contains("til deg gjennom Áskell"), "{all}");
    for letter in letters.iter().chain(&world.letters_to(&ola)) {
        assert!(!letter.text.contains("Vipps") && !letter.html.contains("Vipps"), "{}", letter.text);
    }
    iceland.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_and_its_refund_stand_in_the_list() {
    let iceland = Iceland::begin().await;
    let (world, event) = (&iceland.world, iceland.event(2).await);
    let ida = iceland.pays("ida", &event).await;
    assert_eq!(iceland.refunds(&ida, &event, json!(null), "back").await.status, 200);
    world.pass(TimeDelta::minutes(1)).await;
    let reply = world.get(&iceland.admin, "/provider-operations?provider=askell").await;
    let told: Vec<String> = reply.json["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {}", row["kind"], row["state"], row["amount"]))
        .collect();
    let expected = [r#""refund" "done" "1000.00""#, r#""create" "done" "1000.00""#];
    assert_eq!(told, expected, "{}", reply.text);
    assert_eq!(reply.json["results"][0]["sales_unit"], json!(iceland.unit));
    iceland.world.end().await;
}
