//! The stories of the matrix.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use plass::domain::permission::Role;
use serde_json::{Value, json};

use super::providers::{over_each_provider, over_each_provider_of_parts};
use super::{Story, check, check_twice};
use crate::support::cards::is_card_page;
use crate::support::people::Reply;
use crate::support::world::{Person, World};

/// Who takes part, and where.
pub(crate) struct Cast {
    tag: String,
    event: String,
    /// May do everything.
    organizer: Person,
    ida: Person,
    ola: Person,
    /// How often somebody pressed "pay".
    presses: AtomicUsize,
}

/// How often somebody asks who was told to come back later.
const PATIENCE: usize = 4;

/// Waits until nobody is in doubt about what was asked of the provider.
async fn until_known(world: &World) {
    // A charge without an answer is sent again once it is certainly absent, which takes ten minutes.
    let wait = if world.over.charges_stored_cards() { 15 } else { 5 };
    world.pass(TimeDelta::minutes(wait)).await;
}

impl Cast {
    async fn gather(world: &World, tag: &str, seats: i64) -> Self {
        let named = |name: &str| format!("{name}-{tag}");
        let organizer = world.officer(&named("organizer"), Role::Admin).await;
        let event = world.paid_event(&organizer, seats).await;
        let (ida, ola) = (world.person(&named("ida")).await, world.person(&named("ola")).await);
        Self { tag: tag.to_owned(), event, organizer, ida, ola, presses: AtomicUsize::new(0) }
    }

    /// Asks until there is an answer that is no trouble; none when the process dies under it.
    async fn insists(&self, world: &World, who: &Person, (method, path): (&str, &str), body: &Value) -> Option<Reply> {
        let key = format!("{}-{method}-{}", self.tag, path.rsplit('/').next().unwrap());
        let mut last = String::new();
        for _ in 0..PATIENCE {
            let request = world.request(method, path, Some(who)).header("Idempotency-Key", &key);
            let request = if body.is_null() { request } else { request.json(body) };
            let reply = world.send(request).await;
            if world.is_alone_and_dead() {
                return None;
            }
            if reply.status < 500 && reply.status != 429 {
                return Some(reply);
            }
            last = reply.text;
            world.pass(TimeDelta::minutes(1)).await;
        }
        panic!("nobody answers {method} {path}: {last}");
    }

    /// Asks like that, and expects one of these statuses or codes.
    async fn does(&self, world: &World, who: &Person, request: (&str, &str), body: &Value, fine: &[&str]) {
        let Some(reply) = self.insists(world, who, request, body).await else { return };
        let (status, code) = reply.refusal();
        let is_fine = fine.contains(&code) || fine.contains(&status.to_string().as_str());
        assert!(is_fine, "{request:?}: {}", reply.text);
        world.settle().await;
    }

    fn at(&self, path: &str) -> String {
        format!("/events/{}/registrations{path}", self.event)
    }

    async fn signs_up(&self, world: &World, who: &Person) {
        self.does(world, who, ("POST", &self.at("")), &json!({}), &["201"]).await;
    }

    /// Signs off; who asked before and heard nothing may be told that it is so already.
    async fn signs_off(&self, world: &World, who: &Person) {
        self.does(world, who, ("DELETE", &self.at("/me")), &Value::Null, &["204", "not_registered"]).await;
    }

    /// Clicks until a payment opens; its reference. None when it is paid already. Nothing is paid by it: a card that is
    /// charged has no money.
    async fn clicks(&self, world: &World, who: &Person) -> Option<String> {
        if world.over.charges_stored_cards() {
            self.charges(world, who, "declined").await;
        } else if !self.is_sent_on(self.presses(world, who).await) {
            return None;
        }
        Some(world.reference(who, &self.event).await)
    }

    /// Presses "pay"; none when the process dies under it.
    async fn presses(&self, world: &World, who: &Person) -> Option<Reply> {
        let order = world.order_id(who, &self.event).await;
        // Another address each time, or the first answer would come back.
        let number = self.presses.fetch_add(1, Ordering::SeqCst);
        self.insists(world, who, ("POST", &format!("/orders/{order}/pay?{number}")), &json!({})).await
    }

    /// True when the press leads somewhere; false when there is nothing to pay any more, it is too late, or nobody answered.
    fn is_sent_on(&self, reply: Option<Reply>) -> bool {
        match reply.as_ref().map(Reply::refusal) {
            Some((200, _)) => true,
            Some((409, "already_paid" | "payment_deadline_passed")) | None => false,
            Some(other) => panic!("{other:?}"),
        }
    }

    /// Has this card charged: types it in when asked for one, comes back, and presses.
    async fn charges(&self, world: &World, who: &Person, card: &str) {
        for _ in 0..PATIENCE {
            let reply = self.presses(world, who).await;
            let url = reply.as_ref().and_then(|reply| reply.json["redirect_url"].as_str()).map(str::to_owned);
            if !self.is_sent_on(reply) {
                return;
            }
            match url.filter(|url| is_card_page(url)) {
                Some(page) => self.comes_back_with(world, &page, card).await,
                None => return world.pass(TimeDelta::seconds(10)).await,
            }
        }
    }

    async fn comes_back_with(&self, world: &World, page: &str, card: &str) {
        let back = world.types_in(page, card).await;
        let reply = world.goes_to(&back).await;
        assert!(reply.status < 400 || reply.status >= 500, "{}", reply.text);
    }

    async fn pays(&self, world: &World, who: &Person) {
        if !world.over.charges_stored_cards() {
            if let Some(reference) = self.clicks(world, who).await {
                world.does("approve", &reference).await;
            }
            return;
        }
        self.charges(world, who, "good").await;
        if world.is_alone_and_dead() || !world.seen(who, &self.event).await.starts_with("awaiting") {
            return;
        }
        // The card on file has no money, or nobody knows yet what came of it: here is another.
        for _ in 0..PATIENCE {
            let reply = world.wants_another_card(who, &self.event).await;
            if world.is_alone_and_dead() {
                return;
            }
            if reply.status == 303 {
                self.comes_back_with(world, reply.header("location"), "good").await;
            }
            if reply.status < 500 {
                return self.charges(world, who, "good").await;
            }
            world.pass(TimeDelta::minutes(1)).await;
        }
    }

    /// Pays, and waits until nobody is in doubt about it any more.
    async fn has_paid(&self, world: &World, who: &Person) {
        self.pays(world, who).await;
        until_known(world).await;
    }

    /// Begins a payment that can still come about: a session, or a charge that the bank takes its time over.
    async fn begins(&self, world: &World, who: &Person) -> String {
        if world.over.charges_stored_cards() {
            self.charges(world, who, "slow").await;
        } else {
            self.clicks(world, who).await;
        }
        world.reference(who, &self.event).await
    }

    /// What was begun comes about: it is approved, or charged.
    async fn comes_about(&self, world: &World, reference: &str) {
        let path = if world.over.charges_stored_cards() { "askell/payments" } else { "payments" };
        let act = if world.over.charges_stored_cards() { "settle" } else { "approve" };
        let reply = world.control("POST", &format!("/{path}/{reference}/{act}"), &json!({})).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }

    /// All of it is given back in the provider's portal.
    async fn is_refunded_in_the_portal(&self, world: &World, reference: &str) {
        let path = if world.over.charges_stored_cards() { "askell/payments" } else { "payments" };
        let reply = world.control("POST", &format!("/{path}/{reference}/refund"), &json!({})).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }

    /// Begins to pay and does not: gives up in the app, or the card is declined.
    async fn aborts(&self, world: &World, who: &Person) {
        if let Some(reference) = self.clicks(world, who).await {
            if !world.over.charges_stored_cards() {
                world.does("abort", &reference).await;
            }
            world.pass(TimeDelta::minutes(1)).await;
        }
    }

    async fn refunds(&self, world: &World, amount: Option<&str>) {
        let order = world.order_id(&self.ida, &self.event).await;
        let mut wish = json!({ "reason": "a broken chair" });
        if let Some(amount) = amount {
            wish["amount"] = json!(amount);
        }
        let path = format!("/orders/{order}/refund");
        self.does(world, &self.organizer, ("POST", &path), &wish, &["200", "202"]).await;
    }

    /// Seat and order of somebody, and the money that the provider moved for all attempts together, in øre. Whether a session
    /// that nobody approved was closed or ran out makes no difference.
    async fn stands(&self, world: &World, who: &Person) -> String {
        let mut told = world.seen(who, &self.event).await;
        let orders = world.get(who, "/me/orders").await;
        let mut sums = [0; 4];
        for order in orders.json["results"].as_array().unwrap() {
            let order = world.order(who, order["order_id"].as_str().unwrap()).await;
            assert_eq!(order["needs_attention"], Value::Null, "{order}");
            for attempt in order["attempts"].as_array().unwrap() {
                let moved = world.moved(attempt["reference"].as_str().unwrap()).await;
                if moved[0] > 0 {
                    for (sum_of_all, sum) in sums.iter_mut().zip(moved) {
                        *sum_of_all += sum;
                    }
                }
            }
        }
        for (sum, name) in sums.iter().zip(["authorized", "captured", "refunded", "cancelled"]) {
            if *sum > 0 {
                told = format!("{told} {name} {sum}");
            }
        }
        told
    }
}

/// One story: its name, its seats, its acts, and whose end is told.
macro_rules! story {
    ($story:ident, $seats:literal seats: $acts:literal acts, |$cast:ident, $world:ident, $number:ident| $body:block) => {
        pub(crate) struct $story(Cast);

        impl Story for $story {
            const ACTS: usize = $acts;

            async fn prepare(world: &World, tag: &str) -> Self {
                Self(Cast::gather(world, tag, $seats).await)
            }

            async fn act(&self, $world: &World, $number: usize) {
                let $cast = &self.0;
                $body
            }

            async fn ending(&self, world: &World) -> Vec<String> {
                let mut told = Vec::new();
                for who in [&self.0.ida, &self.0.ola] {
                    told.push(self.0.stands(world, who).await);
                }
                told
            }
        }
    };
}

// Here, since it tells its stories in the same form.
mod late;

/// The tests of the stories over one provider.
macro_rules! tests {
    ($name:ident, $provider:expr, {$($story:ident $once:ident $twice:ident: $ida:literal, $ola:literal;)*}) => {
        mod $name {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $once() {
                    check::<$story>($provider, &[$ida, $ola]).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $twice() {
                    check_twice::<$story>($provider, &[$ida, $ola]).await;
                }
            )*
        }
    };
}

story!(Paying, 2 seats: 2 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        _ => cast.pays(world, &cast.ida).await,
    }
});

story!(Aborting, 2 seats: 3 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => cast.aborts(world, &cast.ida).await,
        _ => cast.pays(world, &cast.ida).await,
    }
});

story!(Deadline, 1 seats: 4 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => cast.signs_up(world, &cast.ola).await,
        2 => {
            if world.seen(&cast.ida, &cast.event).await == "awaiting_payment INITIATE" {
                cast.clicks(world, &cast.ida).await;
            }
            // In one jump, as for a machine that slept: hundreds of equal looks would each be a step.
            world.clock.advance(TimeDelta::hours(3));
            world.settle().await;
            // What went wrong is tried again before Ola looks.
            world.clock.advance_machine(TimeDelta::minutes(2));
            until_known(world).await;
        }
        _ => cast.pays(world, &cast.ola).await,
    }
});

story!(Leaving, 1 seats: 4 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => cast.signs_up(world, &cast.ola).await,
        2 => drop(cast.clicks(world, &cast.ida).await),
        _ => cast.signs_off(world, &cast.ida).await,
    }
});

story!(Returning, 2 seats: 4 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => {
            if world.seen(&cast.ida, &cast.event).await.starts_with("awaiting") {
                cast.clicks(world, &cast.ida).await;
                cast.signs_off(world, &cast.ida).await;
            }
        }
        2 => {
            // Another key than the first time, or the first answer would come back.
            let again = json!({ "allow_photo": true });
            let path = cast.at("?");
            cast.does(world, &cast.ida, ("POST", &path), &again, &["201", "already_registered"]).await;
        }
        _ => cast.pays(world, &cast.ida).await,
    }
});

story!(Refunding, 2 seats: 3 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => cast.has_paid(world, &cast.ida).await,
        _ => cast.refunds(world, Some("40")).await,
    }
});

story!(RefundingAll, 2 seats: 3 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => cast.has_paid(world, &cast.ida).await,
        _ => cast.refunds(world, None).await,
    }
});

story!(Removing, 1 seats: 4 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => cast.signs_up(world, &cast.ola).await,
        2 => cast.has_paid(world, &cast.ida).await,
        _ => {
            let path = cast.at(&format!("/{}?refund=full", cast.ida.id));
            cast.does(world, &cast.organizer, ("DELETE", &path), &Value::Null, &["204", "not_registered"]).await;
        }
    }
});

story!(Cancelling, 1 seats: 4 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => cast.signs_up(world, &cast.ola).await,
        2 => cast.has_paid(world, &cast.ida).await,
        _ => {
            let path = format!("/events/{}/cancel", cast.event);
            let wish = json!({ "reason": "the kitchen burned down" });
            cast.does(world, &cast.organizer, ("POST", &path), &wish, &["200", "202"]).await;
        }
    }
});

story!(Promoting, 1 seats: 4 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => cast.signs_up(world, &cast.ola).await,
        2 => {
            let path = format!("/events/{}", cast.event);
            cast.does(world, &cast.organizer, ("PATCH", &path), &json!({ "limit": 2 }), &["200"]).await;
        }
        _ => cast.pays(world, &cast.ola).await,
    }
});

story!(MarkingPaid, 2 seats: 3 acts, |cast, world, number| {
    match number {
        0 => cast.signs_up(world, &cast.ida).await,
        1 => {
            if world.seen(&cast.ida, &cast.event).await.starts_with("awaiting") {
                cast.clicks(world, &cast.ida).await;
            }
        }
        _ => {
            let path = cast.at(&format!("/{}/mark-paid", cast.ida.id));
            let wish = json!({ "reason": "cash" });
            cast.does(world, &cast.organizer, ("POST", &path), &wish, &["200", "already_paid"]).await;
        }
    }
});

over_each_provider!(tests! {
    Paying who_pays_has_a_seat_once who_pays_has_a_seat_though_every_call_goes_out_twice:
        "confirmed CAPTURE authorized 25000 captured 25000", "";
    Aborting who_aborted_pays_with_the_next_session who_aborted_pays_though_every_call_goes_out_twice:
        "confirmed CAPTURE authorized 25000 captured 25000", "";
    Deadline who_does_not_pay_makes_room who_does_not_pay_makes_room_though_every_call_goes_out_twice:
        "ended unpaid CANCEL", "confirmed CAPTURE authorized 25000 captured 25000";
    Leaving who_leaves_an_open_session_makes_room who_leaves_makes_room_though_every_call_goes_out_twice:
        "ended withdrawn CANCEL", "awaiting_payment INITIATE";
    Returning who_comes_back_pays_once who_comes_back_pays_once_though_every_call_goes_out_twice:
        "confirmed CAPTURE authorized 25000 captured 25000", "";
    RefundingAll all_of_it_goes_back_once all_of_it_goes_back_once_though_every_call_goes_out_twice:
        "confirmed REFUND authorized 25000 captured 25000 refunded 25000", "";
    Removing who_is_removed_has_the_money_back_once who_is_removed_has_it_back_though_every_call_goes_out_twice:
        "ended removed REFUND authorized 25000 captured 25000 refunded 25000", "awaiting_payment INITIATE";
    Cancelling a_cancelled_event_gives_everything_back_once a_cancelled_event_gives_back_though_every_call_goes_out_twice:
        "ended event_cancelled REFUND authorized 25000 captured 25000 refunded 25000", "ended event_cancelled";
    Promoting more_seats_go_to_who_waits more_seats_go_to_who_waits_though_every_call_goes_out_twice:
        "awaiting_payment INITIATE", "confirmed CAPTURE authorized 25000 captured 25000";
    MarkingPaid who_paid_elsewhere_pays_nothing_more who_paid_elsewhere_pays_nothing_though_every_call_goes_out_twice:
        "confirmed SALE", "";
});

mod in_part {
    use super::*;

    over_each_provider_of_parts!(tests! {
        Refunding a_part_goes_back_once a_part_goes_back_once_though_every_call_goes_out_twice:
            "confirmed CAPTURE authorized 25000 captured 25000 refunded 4000", "";
    });
}
