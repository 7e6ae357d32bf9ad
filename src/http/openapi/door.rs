//! Payments at the door, and the codes that hang there.

use utoipa::openapi::path::HttpMethod::{Delete, Get, Post, Put};

use super::operation::{Described, describe};
use crate::http::api::door::{CodeAnswer, DoorAnswer, PutCode, SyncedAnswer, Take};

const UNANSWERED: [&str; 6] = [
    "forbidden",
    "not_found",
    "credentials_missing",
    "door_not_available",
    "provider_refused",
    "payment_provider_unavailable",
];

/// The codes of sales units and of events.
pub(super) fn codes() -> Vec<Described> {
    let (all, one) = ("/api/v1/sales-units/{sales_unit_id}/qrs", "/api/v1/sales-units/{sales_unit_id}/qrs/{qr_id}");
    vec![
        describe(Get, all, ("door", "list_unit_codes"), "The codes of a sales unit")
            .about("Those that are ours, as we know them. Needs `settings.manage`.")
            .signed_in()
            .lists::<CodeAnswer<'static>>("A page of codes.")
            .refuses(&["forbidden", "not_found"]),
        describe(Post, "/api/v1/sales-units/{sales_unit_id}/qrs/sync", ("door", "sync_codes"), "Ask for all codes now")
            .about(
                "As the provider has them now, also those that somebody made elsewhere. Ours that are gone there are \
                 gone here. An idempotency key is ignored. Needs `settings.manage`.",
            )
            .signed_in()
            .takes_nothing()
            .answers::<SyncedAnswer<'static>>(200, "All codes.")
            .refuses(&UNANSWERED),
        describe(Put, one, ("door", "put_code"), "Make a code, move it, or take one over")
            .about("The id is ours to choose: 1 to 128 of `a-z`, `A-Z`, `0-9`, `-` and `_`. Needs `settings.manage`.")
            .signed_in()
            .takes::<PutCode>()
            .answers::<CodeAnswer<'static>>(200, "As it is now.")
            .refuses(&UNANSWERED),
        describe(Delete, one, ("door", "delete_code"), "Delete a code")
            .about("What is printed of it leads nowhere from then on. Needs `settings.manage`.")
            .signed_in()
            .answers_nothing(204, "Deleted.")
            .refuses(&UNANSWERED),
        describe(Get, "/api/v1/events/{event_id}/qrs", ("door", "list_event_codes"), "The codes at an event's door")
            .about("Those of the sales unit that its new orders go to. For whoever manages its registrations.")
            .signed_in()
            .lists::<CodeAnswer<'static>>("A page of codes.")
            .refuses(&["forbidden", "not_found"]),
        describe(Get, "/api/v1/events/{event_id}/qrs/{qr_id}/sheet.svg", ("door", "print_code"), "A code to print")
            .about("A sheet (A4) with the event's name. For whoever manages its registrations.")
            .signed_in()
            .answers_file("image/svg+xml", "The sheet.")
            .refuses(&["forbidden", "not_found"]),
    ]
}

/// Payments at the door.
pub(super) fn payments() -> Vec<Described> {
    let path = "/api/v1/orders/{order_id}/door";
    vec![
        describe(Get, path, ("door", "show_door_payment"), "How a payment at the door stands")
            .about("Ask again while it is under way. For whoever manages the event's registrations.")
            .signed_in()
            .answers::<DoorAnswer<'static>>(200, "How it stands.")
            .refuses(&["forbidden", "not_found"]),
        describe(Post, path, ("door", "take_payment"), "Take a payment at the door")
            .about(
                "Sends a request to a phone, or waits five minutes for the next scan of a code. Whatever payment was open \
                 for the order ends first. Asking again takes the place of what was asked before, so an idempotency key \
                 is ignored. For whoever manages the event's registrations.",
            )
            .signed_in()
            .takes::<Take>()
            .answers::<DoorAnswer<'static>>(200, "It is under way.")
            .refuses(&[
                "forbidden",
                "not_found",
                "already_paid",
                "payment_deadline_passed",
                "order_ended",
                "too_many_attempts",
                "qr_in_use",
                "door_not_available",
            ]),
        describe(Delete, path, ("door", "call_off_payment"), "Call a payment at the door off")
            .about(
                "Nobody waits for a scan any more, and a request that is not approved yet ends. What was approved first \
                 stays. For whoever manages the event's registrations.",
            )
            .signed_in()
            .answers::<DoorAnswer<'static>>(200, "How it stands now.")
            .refuses(&["forbidden", "not_found", "door_not_available"]),
    ]
}
