//! What comes too late, twice, from somewhere else or not at all: the same end over every provider, told once each, with
//! every call made once and made twice.

use plass::domain::sales_unit::Provider;

use super::*;
use crate::failures::tell;

const PAID: &str = "confirmed CAPTURE authorized 25000 captured 25000";

/// What became of money that came for a seat that was given up.
fn gone_back(over: Provider) -> &'static str {
    match over {
        Provider::VippsEpayment | Provider::VippsEcom => "ended withdrawn VOID authorized 25000 cancelled 25000",
        // A card is charged in one step: there is nothing to release.
        Provider::Askell => "ended withdrawn REFUND authorized 25000 captured 25000 refunded 25000",
    }
}

async fn check_once<S: Story>(over: Provider, expected: [&str; 2]) {
    let mut world = World::begin_over(over).await;
    let (ending, _, _) = tell::<S>(&mut world, "clean", None).await;
    assert_eq!(ending, expected);
    world.end().await;
    check_twice::<S>(over, &expected).await;
}

async fn nothing_is_heard(world: &World) {
    world.faults(json!([{ "on": "webhook", "do": "lose" }])).await;
}

story!(Unheard, 2 seats: 2 acts, |cast, world, number| {
    match number {
        0 => {
            nothing_is_heard(world).await;
            cast.signs_up(world, &cast.ida).await;
        }
        _ => cast.pays(world, &cast.ida).await,
    }
});

story!(Rumoured, 2 seats: 2 acts, |cast, world, number| {
    match number {
        0 => {
            let twice = json!({ "on": "webhook", "do": "double", "times": 2 });
            let late = json!({ "on": "webhook", "do": "delay", "delay": "00:05:00" });
            world.faults(json!([twice, late])).await;
            cast.signs_up(world, &cast.ida).await;
        }
        _ => cast.pays(world, &cast.ida).await,
    }
});

story!(LastMoment, 1 seats: 3 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => cast.signs_up(world, &cast.ola).await,
        _ => {
            world.pass(TimeDelta::minutes(119)).await;
            let reference = cast.begins(world, &cast.ida).await;
            nothing_is_heard(world).await;
            let deadline = world.registration(&cast.ida, &cast.event).await["payment_expiredate"].clone();
            let deadline = deadline.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
            world.pass(deadline - world.clock.now() - TimeDelta::milliseconds(1)).await;
            cast.comes_about(world, &reference).await;
        }
    }
});

story!(Afterwards, 1 seats: 3 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => cast.signs_up(world, &cast.ola).await,
        _ => {
            let reference = cast.begins(world, &cast.ida).await;
            world.faults(json!([{ "on": "cancel", "do": "timeout_before", "times": 2 }])).await;
            cast.signs_off(world, &cast.ida).await;
            cast.comes_about(world, &reference).await;
        }
    }
});

story!(Away, 2 seats: 2 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        _ => {
            let reference = cast.begins(world, &cast.ida).await;
            let kinds = ["create", "get", "list", "events", "cancel", "capture", "refund", "token", "retry"];
            let mut rules: Vec<Value> = kinds.iter().map(|on| json!({ "on": on, "do": "error_before" })).collect();
            rules.push(json!({ "on": "webhook", "do": "lose" }));
            world.faults(Value::Array(rules)).await;
            cast.comes_about(world, &reference).await;
            world.pass(TimeDelta::minutes(8)).await;
            assert_eq!(world.seen(&cast.ida, &cast.event).await, "awaiting_payment INITIATE");
            world.no_more_faults().await;
        }
    }
});

story!(GivingUp, 1 seats: 4 acts, |cast, world, number| {
    match number {
        0 => {
            let path = format!("/events/{}", cast.event);
            let gives_back = json!({ "refund_on_sign_off": true });
            cast.does(world, &cast.organizer, ("PATCH", &path), &gives_back, &["200"]).await;
            cast.signs_up(world, &cast.ida).await;
        }
        1 => cast.signs_up(world, &cast.ola).await,
        2 => cast.has_paid(world, &cast.ida).await,
        _ => cast.signs_off(world, &cast.ida).await,
    }
});

story!(Portal, 2 seats: 3 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => cast.has_paid(world, &cast.ida).await,
        _ => {
            let reference = world.reference(&cast.ida, &cast.event).await;
            nothing_is_heard(world).await;
            cast.is_refunded_in_the_portal(world, &reference).await;
            // Looks at what is settled are days apart.
            world.pass(TimeDelta::days(4)).await;
        }
    }
});

/// The tests of these stories over one provider.
macro_rules! once {
    ($name:ident, $provider:expr, {$($story:ident $told:ident: $ida:expr, $ola:literal;)*}) => {
        mod $name {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $told() {
                    let ida: fn(Provider) -> &'static str = $ida;
                    check_once::<$story>($provider, [ida($provider), $ola]).await;
                }
            )*
        }
    };
}

over_each_provider!(once! {
    Unheard who_pays_unheard_of_has_a_seat: |_over| PAID, "";
    Rumoured bells_that_come_late_and_twice_change_nothing: |_over| PAID, "";
    LastMoment who_pays_in_the_last_moment_keeps_the_seat: |_over| PAID, "waitlisted 1";
    Afterwards money_for_a_seat_given_up_goes_back: gone_back, "awaiting_payment INITIATE";
    Away who_pays_while_nobody_answers_has_a_seat: |_over| PAID, "";
    GivingUp a_paid_seat_that_is_given_up_is_paid_back:
        |_over| "ended withdrawn REFUND authorized 25000 captured 25000 refunded 25000", "awaiting_payment INITIATE";
    Portal what_is_given_back_in_the_portal_is_seen:
        |_over| "confirmed REFUND authorized 25000 captured 25000 refunded 25000", "";
});
