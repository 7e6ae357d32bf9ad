//! The queue: who gets the seat that came free, until when, and who waits for how long.

use chrono::TimeDelta;
use plass::http::write_time;
use serde_json::{Value, json};

use crate::support::people::Reply;
use crate::support::world::{Person, World};

/// Signs people up one after the other.
async fn line_up(world: &World, event: &str, names: &[&str]) -> Vec<Person> {
    let mut people = Vec::new();
    for name in names {
        let person = world.person(name).await;
        let reply = world.sign_up(&person, event).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        people.push(person);
    }
    people
}

/// Everybody's status, and place in the queue.
async fn all_seen(world: &World, people: &[Person], event: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for person in people {
        seen.push(world.seen(person, event).await);
    }
    seen
}

async fn edit(world: &World, organizer: &Person, event: &str, change: Value) -> Reply {
    let reply = world.patch(organizer, &format!("/events/{event}"), &change).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

async fn deadline(world: &World, who: &Person, event: &str) -> String {
    world.registration(who, event).await["payment_expiredate"].as_str().unwrap_or("none").to_owned()
}

fn after(world: &World, by: TimeDelta) -> String {
    write_time(world.clock.now() + by)
}

/// A paid event that starts so many minutes from now.
async fn soon(world: &World, organizer: &Person, seats: i64, minutes: i64) -> String {
    let starts = world.clock.now() + TimeDelta::minutes(minutes);
    let more = json!({
        "paid_information": { "price": "250.00", "paytime": "02:00:00" },
        "start_date": write_time(starts), "end_date": write_time(starts + TimeDelta::hours(4)),
    });
    world.event(organizer, seats, more).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_in_the_queue_move_up() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({})).await;
    let people = line_up(&world, &event, &["a", "b", "c", "d", "e"]).await;
    assert_eq!(
        all_seen(&world, &people, &event).await,
        ["confirmed", "waitlisted 1", "waitlisted 2", "waitlisted 3", "waitlisted 4"]
    );
    let waiting = world.registration(&people[2], &event).await;
    assert_eq!(
        (&waiting["is_on_wait"], &waiting["order"], &waiting["has_paid"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    // Somebody in the middle leaves, then the seat comes free.
    world.sign_off(&people[2], &event).await;
    assert_eq!(
        all_seen(&world, &people, &event).await,
        ["confirmed", "waitlisted 1", "ended withdrawn", "waitlisted 2", "waitlisted 3"]
    );
    world.sign_off(&people[0], &event).await;
    assert_eq!(
        all_seen(&world, &people, &event).await,
        ["ended withdrawn", "confirmed", "ended withdrawn", "waitlisted 1", "waitlisted 2"]
    );
    // Whoever comes back stands at the end.
    world.sign_up(&people[0], &event).await;
    assert_eq!(world.seen(&people[0], &event).await, "waitlisted 3");
    let shown = world.get(&people[0], &format!("/events/{event}")).await.json;
    assert_eq!((&shown["list_count"], &shown["waiting_list_count"]), (&json!(1), &json!(3)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_nobody_pays_for_runs_through_the_queue() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let people = line_up(&world, &event, &["a", "b", "c"]).await;
    world.settle().await;
    assert_eq!(deadline(&world, &people[0], &event).await, after(&world, TimeDelta::hours(2)));
    world.pass(TimeDelta::hours(2)).await;
    assert_eq!(
        all_seen(&world, &people, &event).await,
        ["ended unpaid CANCEL", "awaiting_payment INITIATE", "waitlisted 1"]
    );
    assert_eq!(deadline(&world, &people[1], &event).await, after(&world, TimeDelta::hours(12)));
    world.pass(TimeDelta::hours(12)).await;
    assert_eq!(
        all_seen(&world, &people, &event).await,
        ["ended unpaid CANCEL", "ended unpaid CANCEL", "awaiting_payment INITIATE"]
    );
    world.pays(&people[2], &event).await;
    assert_eq!(world.seen(&people[2], &event).await, "confirmed CAPTURE");
    let told = |person| world.told(person).last().unwrap().clone();
    let expected = ["Plassen din gikk til nestemann", "Plassen din gikk til nestemann", "Du har plass"];
    assert_eq!(people.iter().map(told).collect::<Vec<_>>(), expected);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promotion_gives_the_longer_time_and_never_past_the_start() {
    for (paytime, promotion_paytime, days, hours) in
        [("02:00:00", "12:00:00", 10, 12), ("24:00:00", "12:00:00", 10, 24), ("240:00:00", "12:00", 5, 120)]
    {
        let world = World::begin().await;
        let organizer = world.organizer().await;
        let paid = json!({ "price": "250", "paytime": paytime, "promotion_paytime": promotion_paytime });
        let starts = world.clock.now() + TimeDelta::days(days);
        let event = json!({
            "paid_information": paid, "start_date": write_time(starts),
            "end_date": write_time(starts + TimeDelta::hours(1)),
        });
        let event = world.event(&organizer, 1, event).await;
        let people = line_up(&world, &event, &["a", "b"]).await;
        world.sign_off(&people[0], &event).await;
        assert_eq!(deadline(&world, &people[1], &event).await, after(&world, TimeDelta::hours(hours)));
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_half_an_hour_before_the_start_it_is_too_late_to_pay() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = soon(&world, &organizer, 1, 40).await;
    let people = line_up(&world, &event, &["a", "b"]).await;
    world.pays(&people[0], &event).await;
    world.pass(TimeDelta::minutes(11)).await;
    // The seat comes free, and nobody gets it any more.
    let path = format!("/events/{event}/registrations/{}?refund=full", people[0].id);
    let admin = world.officer("admin", plass::domain::permission::Role::Admin).await;
    assert_eq!(world.delete(&admin, &path).await.status, 204);
    world.settle().await;
    assert_eq!(all_seen(&world, &people, &event).await, ["ended removed REFUND", "waitlisted 1"]);
    let late = world.person("late").await;
    assert_eq!(world.sign_up(&late, &event).await.refusal(), (409, "too_late_to_pay"));
    let add = |more: Value| {
        let mut body = json!({ "user_id": late.id });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let path = format!("/events/{event}/registrations");
    assert_eq!(world.post(&organizer, &path, &add(json!({}))).await.refusal(), (409, "too_late_to_pay"));
    // At the door one pays otherwise.
    let outside = add(json!({ "paid_outside": { "reason": "cash at the door" } }));
    let reply = world.post(&organizer, &path, &outside).await;
    assert_eq!((reply.status, &reply.json["order"]["status"]), (201, &json!("SALE")), "{}", reply.text);
    // Full again: still too late, and not a place in the queue.
    let later = world.person("later").await;
    assert_eq!(world.sign_up(&later, &event).await.refusal(), (409, "too_late_to_pay"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_an_hour_before_the_start_is_just_in_time() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = soon(&world, &organizer, 1, 30).await;
    let people = line_up(&world, &event, &["a", "b"]).await;
    assert_eq!(deadline(&world, &people[0], &event).await, after(&world, TimeDelta::minutes(30)));
    world.sign_off(&people[0], &event).await;
    assert_eq!(deadline(&world, &people[1], &event).await, after(&world, TimeDelta::minutes(30)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_start_promotes_too() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = soon(&world, &organizer, 1, 40).await;
    let people = line_up(&world, &event, &["a", "b"]).await;
    world.pass(TimeDelta::minutes(15)).await;
    world.sign_off(&people[0], &event).await;
    world.settle().await;
    assert_eq!(world.seen(&people[1], &event).await, "waitlisted 1");
    let starts = world.clock.now() + TimeDelta::hours(3);
    let dates = json!({ "start_date": write_time(starts), "end_date": write_time(starts + TimeDelta::hours(1)) });
    edit(&world, &organizer, &event, dates).await;
    assert_eq!(world.seen(&people[1], &event).await, "awaiting_payment INITIATE");
    assert_eq!(deadline(&world, &people[1], &event).await, write_time(starts));
    // Deadlines that were given stay.
    let starts = world.clock.now() + TimeDelta::hours(2);
    edit(&world, &organizer, &event, json!({ "start_date": write_time(starts) })).await;
    assert_eq!(deadline(&world, &people[1], &event).await, after(&world, TimeDelta::hours(3)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_larger_limit_promotes_at_once_and_a_smaller_one_takes_nobody_a_seat() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({})).await;
    let people = line_up(&world, &event, &["a", "b", "c", "d"]).await;
    let shown = edit(&world, &organizer, &event, json!({ "limit": 3 })).await.json;
    assert_eq!((&shown["list_count"], &shown["waiting_list_count"]), (&json!(3), &json!(1)));
    assert_eq!(all_seen(&world, &people, &event).await, ["confirmed", "confirmed", "confirmed", "waitlisted 1"]);
    edit(&world, &organizer, &event, json!({ "limit": 1 })).await;
    assert_eq!(all_seen(&world, &people, &event).await, ["confirmed", "confirmed", "confirmed", "waitlisted 1"]);
    // Seats are given again only below the limit.
    for (leaves, then) in [(0, "waitlisted 1"), (1, "waitlisted 1"), (2, "confirmed")] {
        world.sign_off(&people[leaves], &event).await;
        assert_eq!(world.seen(&people[3], &event).await, then);
    }
    world.settle().await;
    assert!(world.told(&people[1]).contains(&"Du er meldt av".to_owned()));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_becomes_unlimited_has_room_for_everybody() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let people = line_up(&world, &event, &["a", "b", "c"]).await;
    edit(&world, &organizer, &event, json!({ "limit": 0 })).await;
    assert_eq!(all_seen(&world, &people, &event).await, ["awaiting_payment INITIATE"; 3]);
    for person in &people {
        world.pays(person, &event).await;
    }
    assert_eq!(all_seen(&world, &people, &event).await, ["confirmed CAPTURE"; 3]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_free_seat_from_the_queue_is_confirmed_with_a_letter() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({})).await;
    let people = line_up(&world, &event, &["a", "b"]).await;
    world.sign_off(&people[0], &event).await;
    world.settle().await;
    let seat = world.registration(&people[1], &event).await;
    assert_eq!(
        (&seat["status"], &seat["payment_expiredate"], &seat["order"]),
        (&json!("confirmed"), &Value::Null, &Value::Null)
    );
    assert!(world.told(&people[1]).contains(&"Du har fått plass".to_owned()));
    assert!(world.told(&people[0]).contains(&"Du er meldt av".to_owned()));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_event_still_promotes() {
    for stop in [json!({ "closed": true }), json!({ "sign_up": false })] {
        let world = World::begin().await;
        let organizer = world.organizer().await;
        let event = world.paid_event(&organizer, 1).await;
        let people = line_up(&world, &event, &["a", "b", "c"]).await;
        edit(&world, &organizer, &event, stop.clone()).await;
        let code = if stop["closed"] == true { "event_closed" } else { "sign_up_disabled" };
        let late = world.person("late").await;
        assert_eq!(world.sign_up(&late, &event).await.refusal(), (409, code));
        world.sign_off(&people[0], &event).await;
        assert_eq!(world.seen(&people[1], &event).await, "awaiting_payment INITIATE");
        edit(&world, &organizer, &event, json!({ "limit": 2 })).await;
        assert_eq!(world.seen(&people[2], &event).await, "awaiting_payment INITIATE");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_price_is_for_new_orders() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let people = line_up(&world, &event, &["a", "b"]).await;
    world.settle().await;
    let shown = edit(&world, &organizer, &event, json!({ "paid_information": { "price": "99.50" } })).await.json;
    assert_eq!(shown["paid_information"]["paytime"], "02:00:00");
    let price = async |who: &Person| world.registration(who, &event).await["order"]["price"].clone();
    assert_eq!(price(&people[0]).await, "250.00");
    world.pays(&people[0], &event).await;
    edit(&world, &organizer, &event, json!({ "limit": 2 })).await;
    assert_eq!(price(&people[1]).await, "99.50");
    world.pays(&people[1], &event).await;
    let taken = world.payments().await;
    let taken: Vec<&Value> = taken.iter().map(|payment| &payment["aggregate"]["capturedAmount"]["value"]).collect();
    assert_eq!(taken, [&json!(25_000), &json!(9_950)]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn free_and_paid_do_not_change_while_anyone_is_signed_up() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 1, json!({})).await;
    let people = line_up(&world, &event, &["a", "b"]).await;
    let path = format!("/events/{event}");
    let paid = json!({ "paid_information": { "price": "100", "paytime": "01:00" } });
    let free = json!({ "paid_information": null });
    world.sign_off(&people[0], &event).await;
    assert_eq!(world.patch(&organizer, &path, &paid).await.refusal(), (409, "event_has_registrations"));
    assert_eq!(world.patch(&organizer, &path, &free).await.status, 200);
    world.sign_off(&people[1], &event).await;
    assert_eq!(world.patch(&organizer, &path, &paid).await.json["is_paid_event"], true);
    world.sign_up(&people[0], &event).await;
    assert_eq!(world.patch(&organizer, &path, &free).await.refusal(), (409, "event_has_registrations"));
    world.sign_off(&people[0], &event).await;
    world.settle().await;
    let shown = world.patch(&organizer, &path, &free).await.json;
    assert_eq!((&shown["is_paid_event"], &shown["paid_information"]), (&json!(false), &Value::Null));
    // What was owed stays in the books.
    assert_eq!(world.seen(&people[0], &event).await, "ended withdrawn CANCEL");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_from_the_queue_waits_for_the_old_session_to_end() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    world.sign_up(&ida, &event).await;
    world.settle().await;
    let first = world.order_id(&ida, &event).await;
    assert_eq!(world.pay(&ida, &first).await.status, 200);
    let old = world.reference(&ida, &event).await;
    world.faults(json!([{ "on": "cancel", "do": "status", "status": 503 }])).await;
    world.sign_off(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    assert_eq!(world.sign_up(&ida, &event).await.json["wait_queue_number"], 1);
    world.sign_off(&ola, &event).await;
    world.settle().await;
    let second = world.order_id(&ida, &event).await;
    assert_eq!(world.order(&ida, &second).await["attempts"][0]["state"], "planned");
    // The old session is approved after all: that money goes back, and the new seat is not paid by it.
    world.does("approve", &old).await;
    world.no_more_faults().await;
    world.pass(TimeDelta::minutes(10)).await;
    assert_eq!(world.order(&ida, &first).await["status"], "VOID");
    assert_eq!(world.seen(&ida, &event).await, "awaiting_payment INITIATE");
    world.pays(&ida, &event).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_that_waits_gets_its_seats_in_one_go() {
    let world = World::begin().await;
    let admin = world.officer("admin", plass::domain::permission::Role::Admin).await;
    let event = world.event(&admin, 1, json!({})).await;
    for number in 0..205 {
        let user = json!({ "email": format!("w{number}@example.org"), "first_name": "w", "last_name": "Berg" });
        let user = world.post(&admin, "/users", &user).await.json["user_id"].clone();
        let body = json!({ "user_id": user });
        assert_eq!(world.post(&admin, &format!("/events/{event}/registrations"), &body).await.status, 201);
    }
    // More than one write gives away.
    let shown = edit(&world, &admin, &event, json!({ "limit": 0 })).await.json;
    assert_eq!((&shown["list_count"], &shown["waiting_list_count"]), (&json!(205), &json!(0)));
    world.settle().await;
    let told = world.mail.letters().into_iter().filter(|kept| kept.letter.subject.starts_with("Du har fått plass"));
    assert_eq!(told.count(), 204);
    world.end().await;
}
