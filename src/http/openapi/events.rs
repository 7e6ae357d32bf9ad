//! Events, registrations and orders.

use utoipa::openapi::path::HttpMethod::{Delete, Get, Patch, Post};

use super::operation::{Described, describe, flag, id, text};
use crate::http::api::events::cancel::{CancellationAnswer, NewCancellation};
use crate::http::api::events::stream::SeatsAnswer;
use crate::http::api::events::{EventAnswer, EventPatch, NewEvent};
use crate::http::api::orders::log::OrderLogAnswer;
use crate::http::api::orders::{LineAnswer, NewRefund, NewResolution, OrderAnswer, Redirect};
use crate::http::api::registrations::{MarksPatch, NewRegistration, Reason, RegistrationAnswer};
use crate::http::values::Moment;
use crate::http::words::{OrderStatusWord, RegistrationStatusWord};

pub(super) fn events() -> Vec<Described> {
    vec![
        describe(Get, "/api/v1/events", ("events", "list_events"), "Events")
            .about("Anybody may read them. By start.")
            .stored()
            .query_word::<Moment>("from", "Those that end at or after it; now unless given.")
            .query_word::<Moment>("to", "Those that start before it.")
            .query("organizer", text(), "Those that the group with this slug organizes.")
            .query(
                "q",
                text(),
                "Those with this in title, description or location, taken literally, whatever the case.",
            )
            .query("is_paid_event", flag(), "`true`: paid ones. `false`: free ones.")
            .query("open", flag(), "`true`: those that one could sign up for now. `false`: the others.")
            .lists::<EventAnswer<'static>>("A page of events.")
            .with_tag(),
        describe(Post, "/api/v1/events", ("events", "add_event"), "Make an event")
            .about("Needs `events.create`, everywhere or for the group that organizes it.")
            .signed_in()
            .takes::<NewEvent>()
            .once()
            .answers::<EventAnswer<'static>>(201, "Made.")
            .with_header("Location")
            .refuses(&["forbidden"]),
        describe(Get, "/api/v1/events/{event_id}", ("events", "show_event"), "One event")
            .about("Anybody may read it.")
            .stored()
            .answers::<EventAnswer<'static>>(200, "The event.")
            .with_tag()
            .refuses(&["not_found"]),
        describe(
            Get,
            "/api/v1/events/{event_id}/stream",
            ("events", "watch_event"),
            "The seats of an event, as they change",
        )
        .about("Anybody may listen. What changed is told within a fraction of a second, and at once to whoever comes.")
        .stored()
        .streams::<SeatsAnswer>("The seats, now and whenever they change.")
        .refuses(&["not_found"]),
        describe(Patch, "/api/v1/events/{event_id}", ("events", "edit_event"), "Change an event")
            .about("Needs `events.manage` for it; moving it to another group needs the right there too.")
            .signed_in()
            .takes_patch::<EventPatch>()
            .answers::<EventAnswer<'static>>(200, "Changed.")
            .refuses(&["forbidden", "not_found", "event_has_registrations"]),
        describe(Post, "/api/v1/events/{event_id}/cancel", ("events", "cancel_event"), "Cancel an event")
            .about(
                "For good. Everybody's registration ends, and all money goes back, a little at a time. Needs \
                 `events.manage` for it, and `orders.refund` when a seat is paid. A `dry_run` says who gets what back.",
            )
            .signed_in()
            .takes::<NewCancellation>()
            .once()
            .answers::<CancellationAnswer<'static>>(200, "Cancelled, or what it would do.")
            .refuses(&["forbidden", "not_found"]),
        describe(Get, "/api/v1/events/{event_id}/cancellation", ("events", "show_cancellation"), "How far it has come")
            .about("Needs `events.manage` for it.")
            .signed_in()
            .answers::<CancellationAnswer<'static>>(200, "How far it has come.")
            .refuses(&["forbidden", "not_found"]),
        describe(Delete, "/api/v1/events/{event_id}", ("events", "delete_event"), "Delete an event")
            .about("Only while nobody has ever signed up for it. Needs `events.manage` for it.")
            .signed_in()
            .answers_nothing(204, "Deleted.")
            .refuses(&["forbidden", "not_found", "event_in_use"]),
    ]
}

pub(super) fn registrations() -> Vec<Described> {
    const ALL: &str = "/api/v1/events/{event_id}/registrations";
    vec![
        describe(Get, ALL, ("registrations", "list_registrations"), "Who is signed up")
            .about(
                "Seats first, by the time they were given, then the queue. Ended ones only with `status=ended`. Needs \
                 `registrations.manage` for the event.",
            )
            .signed_in()
            .query_word::<RegistrationStatusWord>("status", "Those that stand there.")
            .query("has_paid", flag(), "`true`: those that are paid. `false`: those that are not.")
            .query("has_attended", flag(), "`true`: those who were there. `false`: the others.")
            .query("q", text(), "Those of people with this in their name, whatever the case.")
            .lists::<RegistrationAnswer<'static>>("A page of registrations.")
            .refuses(&["forbidden", "not_found"]),
        describe(Post, ALL, ("registrations", "sign_up"), "Sign up")
            .about(
                "The answer is final: a seat, a place in the queue, or a polite no. An organizer signs up somebody \
                 else with `user_id`, whatever the window says; with `paid_outside` the seat counts as paid.",
            )
            .signed_in()
            .may_take::<NewRegistration>()
            .once()
            .answers::<RegistrationAnswer<'static>>(201, "Signed up: `status` says as what.")
            .refuses(&["forbidden", "not_found", "already_registered", "event_cancelled", "event_closed"])
            .refuses(&["sign_up_disabled"])
            .refuses(&["not_open_yet", "registration_closed", "too_late_to_pay", "event_full", "not_a_paid_event"]),
    ]
    .into_iter()
    .chain(own_registration())
    .chain(others_registration())
    .collect()
}

fn own_registration() -> Vec<Described> {
    const OWN: &str = "/api/v1/events/{event_id}/registrations/me";
    vec![
        describe(Get, OWN, ("registrations", "show_my_registration"), "One's own registration")
            .about("The newest one, ended or not.")
            .signed_in()
            .answers::<RegistrationAnswer<'static>>(200, "The registration.")
            .refuses(&["not_found"]),
        describe(Patch, OWN, ("registrations", "edit_my_registration"), "Say whether pictures may be taken")
            .signed_in()
            .takes_patch::<MarksPatch>()
            .answers::<RegistrationAnswer<'static>>(200, "Changed.")
            .refuses(&["forbidden", "not_found", "registration_ended"]),
        describe(Delete, OWN, ("registrations", "sign_off"), "Sign off")
            .about("The seat is free at once and goes to the next in line.")
            .signed_in()
            .answers_nothing(204, "Signed off.")
            .refuses(&["not_found", "not_registered", "sign_off_deadline_passed", "paid_registration_needs_refund"]),
    ]
}

fn others_registration() -> Vec<Described> {
    const ONE: &str = "/api/v1/events/{event_id}/registrations/{user_id}";
    const PAID: &str = "/api/v1/events/{event_id}/registrations/{user_id}/mark-paid";
    vec![
        describe(Get, ONE, ("registrations", "show_registration"), "Somebody's registration")
            .about("The newest one, ended or not. One's own, or with `registrations.manage` for the event.")
            .signed_in()
            .answers::<RegistrationAnswer<'static>>(200, "The registration.")
            .refuses(&["not_found"]),
        describe(Patch, ONE, ("registrations", "edit_registration"), "Mark who was there")
            .about("`has_attended` is for organizers, `allow_photo` for the person.")
            .signed_in()
            .takes_patch::<MarksPatch>()
            .answers::<RegistrationAnswer<'static>>(200, "Changed.")
            .refuses(&["forbidden", "not_found", "registration_ended"]),
        describe(Delete, ONE, ("registrations", "remove_registration"), "Remove somebody")
            .about("Needs `registrations.manage` for the event, and `orders.refund` to give the money back.")
            .signed_in()
            .query("refund", text().enum_values(Some(["full"])), "Gives a paid seat's money back.")
            .answers_nothing(204, "Removed.")
            .refuses(&["forbidden", "not_found", "not_registered", "paid_registration_needs_refund"]),
        describe(Post, PAID, ("registrations", "mark_paid"), "Record a payment outside the provider")
            .about("Confirms at once, from the waiting list too while a seat is free. Needs `registrations.manage`.")
            .signed_in()
            .takes::<Reason>()
            .once()
            .answers::<RegistrationAnswer<'static>>(200, "Confirmed.")
            .refuses(&["forbidden", "not_found", "not_registered", "not_a_paid_event", "registration_ended"])
            .refuses(&["already_paid", "event_full", "event_cancelled"]),
    ]
}

pub(super) fn orders() -> Vec<Described> {
    vec![
        describe(Get, "/api/v1/orders", ("orders", "list_orders"), "Orders")
            .about("Newest first. All of them with `orders.read` everywhere, else those of the events one manages.")
            .signed_in()
            .query("event_id", id(), "Those for this event.")
            .query("user_id", id(), "Those of this user.")
            .query_word::<OrderStatusWord>("status", "Those that stand there.")
            .query("needs_attention", flag(), "`true`: those that a person must look at. `false`: the others.")
            .query(
                "q",
                text(),
                "Those with this in the person's name, the event's title or the order's id, whatever the case.",
            )
            .lists::<OrderAnswer<'static>>("A page of orders.")
            .refuses(&["forbidden"]),
        describe(Get, "/api/v1/orders/{order_id}", ("orders", "show_order"), "One order")
            .about("One's own, or with `orders.read` for its event.")
            .signed_in()
            .answers::<OrderAnswer<'static>>(200, "The order.")
            .refuses(&["not_found"]),
        describe(Get, "/api/v1/orders/{order_id}/events", ("orders", "show_trail"), "What happened to an order")
            .about("Oldest first. For whoever may read the order.")
            .signed_in()
            .lists::<LineAnswer<'static>>("A page of its story.")
            .refuses(&["not_found"]),
        describe(Get, "/api/v1/orders/{order_id}/log", ("orders", "show_log"), "The provider's own log, beside ours")
            .about("The provider is asked now. Needs `orders.read` for the event.")
            .signed_in()
            .answers::<OrderLogAnswer<'static>>(200, "Both logs of each payment.")
            .refuses(&["forbidden", "not_found", "payment_provider_unavailable"]),
        describe(Post, "/api/v1/orders/{order_id}/pay", ("orders", "pay"), "Pay")
            .about("Opens a payment at the provider. For the owner. An idempotency key is ignored.")
            .signed_in()
            .takes_nothing()
            .answers::<Redirect>(200, "Where to send the payer.")
            .refuses(&["forbidden", "not_found", "already_paid", "payment_deadline_passed", "order_ended"])
            .refuses(&["too_many_attempts", "payment_provider_unavailable"]),
        describe(Post, "/api/v1/orders/{order_id}/sync", ("orders", "sync"), "Ask the provider now")
            .about("Has this person really paid? For whoever may read the order. An idempotency key is ignored.")
            .signed_in()
            .takes_nothing()
            .answers::<OrderAnswer<'static>>(200, "The order as it then stands.")
            .refuses(&["not_found", "payment_provider_unavailable"]),
        describe(Post, "/api/v1/orders/{order_id}/refund", ("orders", "refund"), "Give money back")
            .about("Needs `orders.refund` for the event. An order settled outside the provider is refunded by record.")
            .signed_in()
            .takes::<NewRefund>()
            .only_once()
            .answers::<OrderAnswer<'static>>(200, "The refund is done, or refused by the provider.")
            .answers::<OrderAnswer<'static>>(202, "The refund is on its way. The repeat tells how it stands then.")
            .refuses(&["forbidden", "not_found", "not_captured_yet", "refund_exceeds_captured", "refund_only_in_full"]),
        describe(Post, "/api/v1/orders/{order_id}/resolve", ("orders", "resolve"), "Resolve what needs a person")
            .about("Needs `orders.refund` for the event. The acts that fit are in the order's `needs_attention`.")
            .signed_in()
            .takes::<NewResolution>()
            .once()
            .answers::<OrderAnswer<'static>>(200, "The order as it then stands. Calls to the provider follow.")
            .refuses(&["forbidden", "not_found", "nothing_to_resolve", "payment_provider_unavailable"]),
    ]
}
