//! The main job: a member signs up, pays, keeps the seat; whoever does not pay loses it.

use chrono::TimeDelta;

use crate::support::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_signs_up_pays_and_keeps_the_seat() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 2).await;
    let ida = world.person("ida").await;
    let seat = world.sign_up(&ida, &event).await;
    assert_eq!(seat.json["status"], "awaiting_payment");
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    assert_eq!(world.pay(&ida, &order).await.status, 200);
    let reference = world.reference(&ida, &event).await;
    world.does("approve", &reference).await;
    assert_eq!(world.seen(&ida, &event).await, "confirmed CAPTURE");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_pay_loses_the_seat_to_the_next_in_line() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 1).await;
    let (ola, kari) = (world.person("ola").await, world.person("kari").await);
    world.sign_up(&ola, &event).await;
    world.sign_up(&kari, &event).await;
    assert_eq!(world.seen(&kari, &event).await, "waitlisted 1");
    world.pass(TimeDelta::minutes(121)).await;
    assert_eq!(world.seen(&ola, &event).await, "ended unpaid CANCEL");
    assert_eq!(world.seen(&kari, &event).await, "awaiting_payment INITIATE");
    assert_eq!(world.told(&ola).last().unwrap(), "Plassen din gikk til nestemann");
    assert_eq!(world.told(&kari).last().unwrap(), "Du har fått plass – betal i tide");
    world.end().await;
}
