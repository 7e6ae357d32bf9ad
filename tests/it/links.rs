//! The payment link and its button: clicked twice, too late, from two tabs, in two languages, and after a detour through
//! signing off and on again. However often somebody clicks, nobody can pay twice.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::world::{Person, World};

/// An event with two seats, and Ida, who has not signed up yet.
async fn ida_before_she_signs_up() -> (World, String, Person) {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 2).await;
    let ida = world.person("ida").await;
    (world, event, ida)
}

async fn ida_is_about_to_pay() -> (World, String, Person, String) {
    let (world, event, ida) = ida_before_she_signs_up().await;
    let reference = world.opens_a_payment(&ida, &event).await;
    (world, event, ida, reference)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_click_within_minutes_opens_the_same_session() {
    let (world, event, ida, reference) = ida_is_about_to_pay().await;
    let order = world.order_id(&ida, &event).await;
    let first = world.pay(&ida, &order).await;
    world.pass(TimeDelta::minutes(3)).await;
    let second = world.pay(&ida, &order).await;
    assert_eq!((second.status, &second.json["redirect_url"]), (200, &first.json["redirect_url"]));
    assert_eq!(world.reference(&ida, &event).await, reference);
    assert_eq!(world.payments().await.len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_opened_long_ago_is_ended_and_replaced() {
    let (world, event, ida, first) = ida_is_about_to_pay().await;
    world.pass(TimeDelta::minutes(5)).await;
    let second = world.clicks(&ida, &event).await;
    assert_ne!(first, second);
    assert_eq!(world.at_provider(&first).await, "TERMINATED cancelled 25000");
    assert_eq!(world.attempts(&ida, &event).await, "terminated open");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_back_and_forth_always_gets_a_session_that_works() {
    let (world, event, ida, mut reference) = ida_is_about_to_pay().await;
    for _ in 0..3 {
        world.does("abort", &reference).await;
        let link = world.link(&ida, &event).await;
        let back = world.visit("GET", &format!("{link}/return")).await;
        assert_eq!(back.status, 200);
        assert!(back.text.contains("Ikke betalt ennå") && back.text.contains("Prøv igjen"), "{}", back.text);
        assert_eq!(world.visit("POST", &link).await.status, 303);
        let next = world.reference(&ida, &event).await;
        assert_ne!(next, reference);
        reference = next;
    }
    world.does("approve", &reference).await;
    assert_eq!(world.attempts(&ida, &event).await, "aborted aborted aborted settled");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_open_one_session() {
    for late in [false, true] {
        let (world, event, ida, first) = ida_is_about_to_pay().await;
        if late {
            world.pass(TimeDelta::minutes(6)).await;
        } else {
            world.does("abort", &first).await;
        }
        let order = world.order_id(&ida, &event).await;
        let replies = join_all((0..4).map(|_| world.pay(&ida, &order))).await;
        let urls: Vec<_> = replies.iter().map(|reply| (reply.status, reply.json["redirect_url"].as_str())).collect();
        assert!(urls.iter().all(|url| *url == urls[0] && url.0 == 200), "{urls:?}");
        assert_eq!(world.payments().await.len(), 2);
        let second = world.reference(&ida, &event).await;
        world.does("approve", &second).await;
        assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_right_after_signing_up_open_one_session() {
    let (world, event, ida) = ida_before_she_signs_up().await;
    world.sign_up(&ida, &event).await;
    let order = world.order_id(&ida, &event).await;
    let replies = join_all((0..3).map(|_| world.pay(&ida, &order))).await;
    let urls: Vec<_> = replies.iter().map(|reply| (reply.status, reply.json["redirect_url"].as_str())).collect();
    assert!(urls.iter().all(|url| *url == urls[0] && url.0 == 200), "{urls:?}");
    assert_eq!(world.payments().await.len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_deadline_the_link_says_what_became_of_it() {
    let (world, event, ida, _) = ida_is_about_to_pay().await;
    let (order, link) = (world.order_id(&ida, &event).await, world.link(&ida, &event).await);
    world.pass(TimeDelta::hours(3)).await;
    assert_eq!(world.pay(&ida, &order).await.refusal(), (409, "payment_deadline_passed"));
    let page = world.visit("GET", &link).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Fristen er ute") && !page.text.contains("<button"), "{}", page.text);
    let click = world.visit("POST", &link).await;
    assert_eq!((click.status, link.ends_with(click.header("location"))), (303, true));
    assert_eq!(world.visit("GET", &format!("{link}/return")).await.status, 200);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_of_a_paid_or_given_up_seat_opens_nothing() {
    let (world, event, ida, reference) = ida_is_about_to_pay().await;
    let (order, link) = (world.order_id(&ida, &event).await, world.link(&ida, &event).await);
    world.does("approve", &reference).await;
    assert_eq!(world.pay(&ida, &order).await.refusal(), (409, "already_paid"));
    assert!(world.visit("GET", &link).await.text.contains("Betalt. Du har plass!"));
    assert_eq!(world.visit("POST", &link).await.status, 303);
    let ola = world.person("ola").await;
    world.opens_a_payment(&ola, &event).await;
    let (order, link) = (world.order_id(&ola, &event).await, world.link(&ola, &event).await);
    assert_eq!(world.sign_off(&ola, &event).await.status, 204);
    assert_eq!(world.pay(&ola, &order).await.refusal(), (409, "order_ended"));
    assert!(world.visit("GET", &link).await.text.contains("Du har meldt deg av"));
    assert_eq!(world.payments().await.len(), 2);
    world.pass(TimeDelta::seconds(2)).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_attempts_an_hour_are_enough() {
    let (world, event, ida, mut reference) = ida_is_about_to_pay().await;
    let order = world.order_id(&ida, &event).await;
    for _ in 1..10 {
        world.does("abort", &reference).await;
        reference = world.clicks(&ida, &event).await;
    }
    world.does("abort", &reference).await;
    let refused = world.pay(&ida, &order).await;
    assert_eq!(refused.refusal(), (429, "too_many_attempts"));
    assert!(!refused.header("retry-after").is_empty() && refused.json["retry_at"].is_string(), "{}", refused.text);
    let link = world.link(&ida, &event).await;
    let page = world.visit("POST", &link).await;
    assert!(page.status == 429 && page.text.contains("mange forsøk"), "{} {}", page.status, page.text);
    let again = refused.json["retry_at"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    world.pass(again - world.clock.now()).await;
    let last = world.clicks(&ida, &event).await;
    world.does("approve", &last).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_speaks_norwegian_and_english_and_names_nobody() {
    let (world, event, ida, _) = ida_is_about_to_pay().await;
    let link = world.link(&ida, &event).await;
    for (language, heading) in [("nb-NO,nb;q=0.9", "Plassen er holdt av"), ("en-GB,en;q=0.9", "A seat is held for you")]
    {
        let page = world.send(world.client.get(&link).header("Accept-Language", language)).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(heading) && page.text.contains("Julebord"), "{}", page.text);
        assert!(!page.text.contains("Berg") && !page.text.contains("ida"), "{}", page.text);
        assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "no-store"));
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_link_is_a_page_that_says_so() {
    let world = World::begin().await;
    for path in ["/pay/nobody-has-this", "/pay/nobody-has-this/return"] {
        let page = world.visit("GET", &format!("{}{path}", world.url())).await;
        assert_eq!(page.status, 404);
        assert!(page.text.contains("Denne lenka finnes ikke"), "{}", page.text);
    }
    assert_eq!(world.visit("POST", &format!("{}/pay/nobody-has-this", world.url())).await.status, 404);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_return_page_knows_before_the_webhook_and_needs_no_cookie() {
    let (world, event, ida, reference) = ida_is_about_to_pay().await;
    world.faults(json!([{ "on": "webhook", "do": "lose" }])).await;
    let link = world.link(&ida, &event).await;
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    let elsewhere = reqwest::Client::builder().no_proxy().build().unwrap();
    let back = world.send(elsewhere.get(format!("{link}/return"))).await;
    assert_eq!(back.status, 200);
    assert!(back.text.contains("Betalt. Du har plass!"), "{}", back.text);
    assert_eq!(back.header("set-cookie"), "");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_off_and_on_again_waits_with_paying_until_the_old_session_is_dead() {
    let (world, event, ida, old) = ida_is_about_to_pay().await;
    world.faults(json!([{ "on": "cancel", "do": "error_before", "times": 1 }])).await;
    world.sign_off(&ida, &event).await;
    let again = world.sign_up(&ida, &event).await;
    assert_eq!((again.status, &again.json["status"]), (201, &json!("awaiting_payment")), "the seat is given at once");
    world.settle().await;
    assert_eq!(world.attempts(&ida, &event).await, "planned");
    assert_eq!(world.at_provider(&old).await, "CREATED");
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.pay(&ida, &order).await.refusal(), (503, "payment_provider_unavailable"));
    world.pass(TimeDelta::seconds(40)).await;
    assert_eq!(world.at_provider(&old).await, "TERMINATED cancelled 25000");
    assert_eq!(world.attempts(&ida, &event).await, "open");
    let new = world.clicks(&ida, &event).await;
    world.does("approve", &new).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_after_signing_off_and_on_hurries_the_end_of_the_old_session() {
    let (world, event, ida, old) = ida_is_about_to_pay().await;
    world.faults(json!([{ "on": "cancel", "do": "error_before", "times": 4 }])).await;
    world.sign_off(&ida, &event).await;
    world.sign_up(&ida, &event).await;
    // Four tries failed; the fifth would come only after a longer pause.
    world.pass(TimeDelta::seconds(70)).await;
    assert_eq!(world.answers(&old, "cancel").await, ["error_before"; 4].join(" "));
    let new = world.clicks(&ida, &event).await;
    assert_ne!(old, new);
    assert_eq!(world.at_provider(&old).await, "TERMINATED cancelled 25000");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_approves_the_old_session_after_signing_on_again_gets_the_money_back_and_pays_once() {
    let (world, event, ida, old) = ida_is_about_to_pay().await;
    let old_order = world.order_id(&ida, &event).await;
    world.faults(json!([{ "on": "cancel", "do": "timeout_before", "times": 1 }])).await;
    world.sign_off(&ida, &event).await;
    world.sign_up(&ida, &event).await;
    world.settle().await;
    world.does("approve", &old).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE", "old money moves to no new order");
    world.pass(TimeDelta::minutes(2)).await;
    assert_eq!(world.at_provider(&old).await, "AUTHORIZED authorized 25000 cancelled 25000");
    assert_eq!(world.order(&ida, &old_order).await["status"], "VOID");
    let new = world.clicks(&ida, &event).await;
    world.does("approve", &new).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.at_provider(&new).await, "AUTHORIZED authorized 25000 captured 25000");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_order_whose_deadline_passes_while_it_waits_for_the_old_session_ends_unpaid() {
    let (world, event, ida, old) = ida_is_about_to_pay().await;
    world.provider_is_down("timeout_before").await;
    world.sign_off(&ida, &event).await;
    world.sign_up(&ida, &event).await;
    world.pass(TimeDelta::hours(3)).await;
    assert_eq!(world.seen(&ida, &event).await, "ended unpaid CANCEL");
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(20)).await;
    assert_eq!(world.payments().await.len(), 1, "nothing was made for it");
    assert_eq!(world.at_provider(&old).await, "EXPIRED");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_often_somebody_signs_off_and_on_one_session_opens_in_the_end() {
    let (world, event, ida, old) = ida_is_about_to_pay().await;
    world.provider_is_down("timeout_before").await;
    for _ in 0..3 {
        assert_eq!(world.sign_off(&ida, &event).await.status, 204);
        assert_eq!(world.sign_up(&ida, &event).await.json["status"], "awaiting_payment");
        world.settle().await;
    }
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(3)).await;
    assert_eq!(world.at_provider(&old).await, "TERMINATED cancelled 25000");
    assert_eq!(world.payments().await.len(), 2);
    let new = world.clicks(&ida, &event).await;
    world.does("approve", &new).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_through_the_queue_waits_for_the_old_session_too() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    let old = world.opens_a_payment(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.faults(json!([{ "on": "cancel", "reference": old, "do": "timeout_before", "times": 2 }])).await;
    world.sign_off(&ida, &event).await;
    assert_eq!(world.sign_up(&ida, &event).await.json["status"], "waitlisted");
    world.sign_off(&ola, &event).await;
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    assert_eq!(world.attempts(&ida, &event).await, "planned");
    world.does("approve", &old).await;
    world.pass(TimeDelta::minutes(3)).await;
    assert_eq!(world.at_provider(&old).await, "AUTHORIZED authorized 25000 cancelled 25000");
    let new = world.clicks(&ida, &event).await;
    world.does("approve", &new).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_approves_while_a_click_replaces_the_session_has_paid() {
    let (world, event, ida, old) = ida_is_about_to_pay().await;
    let order = world.order_id(&ida, &event).await;
    world.pass(TimeDelta::minutes(5)).await;
    world.faults(json!([{ "on": "cancel", "do": "timeout_before", "times": 1 }])).await;
    assert_eq!(world.pay(&ida, &order).await.refusal(), (503, "payment_provider_unavailable"));
    world.does("approve", &old).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed RESERVED");
    assert_eq!(world.pay(&ida, &order).await.refusal(), (409, "already_paid"));
    world.pass(TimeDelta::minutes(1)).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    assert_eq!(world.payments().await.len(), 1);
    world.end().await;
}
