//! What is not the API: pages for people, the provider's door, and what watches the process.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::HttpMethod::{Get, Post};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder};
use utoipa::openapi::{RefOr, Required, Schema};

use super::operation::{Described, describe, text};
use crate::http::api::health::Health;

pub(super) fn pages() -> Vec<Described> {
    vec![
        describe(Get, "/pay/{token}", ("pages", "show_payment_page"), "What is owed")
            .about("The payment link. It names nobody, needs no login, and stays good for ever.")
            .shows(200, "What is owed and the button, or what became of it.")
            .shows(404, "There is no such link.")
            .shows(500, "Something went wrong here.")
            .shows(503, "The database does not answer at this moment."),
        describe(Post, "/pay/{token}", ("pages", "open_payment"), "The button")
            .about("A form without fields.")
            .answers_nothing(303, "To the provider, or back to the page, which says why not.")
            .with_header("Location")
            .shows(404, "There is no such link.")
            .shows(429, "The payment was opened too often; the page says so.")
            .shows(500, "Something went wrong here.")
            .shows(503, "The provider or the database does not answer at this moment.")
            .with_header("Retry-After"),
        describe(Get, "/pay/{token}/return", ("pages", "come_back"), "Back from the provider")
            .about("The page renews itself until it is known how the payment ended.")
            .shows(200, "How it stands, and the way home.")
            .answers_nothing(303, "Back from registering a card: to the page with the button.")
            .with_header("Location")
            .shows(404, "There is no such link.")
            .shows(500, "Something went wrong here.")
            .shows(503, "The database does not answer at this moment."),
        describe(Get, "/invite/{token}", ("pages", "show_invitation"), "Choose a password")
            .stored()
            .shows(200, "The form.")
            .shows(410, "`link_expired`: the link was used already, or is too old."),
        describe(Post, "/invite/{token}", ("pages", "accept_invitation"), "Set the password")
            .stored()
            .takes_other(form())
            .shows(200, "Set. Sign in with it.")
            .shows(410, "`link_expired`: the link was used already, or is too old.")
            .shows(400, "The form has one field, `password`.")
            .shows(422, "The password is too short or too long; the page says so.")
            .shows(503, "`overloaded`: too many passwords at this moment."),
        describe(Get, "/docs", ("documentation", "show_docs"), "This document, for people").shows(200, "The page."),
        describe(Get, "/docs/problems/{code}", ("documentation", "show_problem"), "What a problem means")
            .about(
                "The `type` of a problem is this address. In the language that `lang` names, or else the browser asks \
                 for.",
            )
            .page_query("lang", text(), "`nb` or `en`; whatever else it says, the browser is asked.")
            .shows(200, "The page.")
            .shows(404, "There is no such problem."),
        describe(Get, "/api/v1/openapi.json", ("documentation", "show_openapi"), "This document, for programs")
            .answers_json(200, "The document.", object("An OpenAPI 3.1 document."))
            .with_tag(),
    ]
}

/// Other ways to pay than the button on the page.
pub(super) fn ways_to_pay() -> Vec<Described> {
    vec![
        describe(Get, "/pay/{token}/code", ("pages", "show_code"), "A code for the phone")
            .about("What the button below opened; once that is over, how the payment stands.")
            .shows(200, "The code, or how the payment stands.")
            .shows(404, "There is no such link.")
            .shows(500, "Something went wrong here.")
            .shows(503, "The database does not answer at this moment."),
        describe(Post, "/pay/{token}/code", ("pages", "open_code"), "The button for whoever pays with another device")
            .about("A form without fields.")
            .answers_nothing(303, "To the code, or back to the page, which says why not.")
            .with_header("Location")
            .shows(404, "There is no such link.")
            .shows(429, "The payment was opened too often; the page says so.")
            .shows(500, "Something went wrong here.")
            .shows(503, "The provider or the database does not answer at this moment.")
            .with_header("Retry-After"),
        describe(Post, "/pay/{token}/card", ("pages", "register_another_card"), "Another card")
            .about("A form without fields. Where a card on file is charged: registers another one.")
            .answers_nothing(303, "To the provider's page, or back to the page, which says why not.")
            .with_header("Location")
            .shows(404, "There is no such link.")
            .shows(500, "Something went wrong here.")
            .shows(503, "The provider or the database does not answer at this moment.")
            .with_header("Retry-After"),
    ]
}

pub(super) fn machines() -> Vec<Described> {
    vec![
        hears("/webhooks/vipps", "hear_vipps", "The provider's door")
            .about("Verified by its signature and answered at once. What it says is never believed: it makes us ask."),
        hears("/webhooks/vipps/{sales_unit_id}", "hear_vipps_of_unit", "The provider's door for one sales unit")
            .about("As `/webhooks/vipps`, with the secrets of this unit's registrations alone.")
            .refuses(&["not_found"]),
        hears("/webhooks/vipps/scans", "hear_scan", "The provider's door for scans")
            .about("A scan of a code pays what is waited for there; without anybody who waits it starts nothing."),
        hears("/webhooks/vipps/{sales_unit_id}/scans", "hear_scan_of_unit", "The door for scans of one sales unit")
            .about("As `/webhooks/vipps/scans`, with the secrets of this unit's registrations alone.")
            .refuses(&["not_found"]),
        describe(
            Post,
            "/webhooks/vipps/{sales_unit_id}/v2/payments/{reference}",
            ("machines", "hear_vipps_about_payment"),
            "The provider's door for one payment",
        )
        .about(
            "Where a provider without webhooks calls back, which Vipps eCom does once. Known by the token that it was \
             given with the payment, and answered at once. What it says is never believed: it makes us ask.",
        )
        .header("Authorization", "The token that the payment was made with, as it is.")
        .stored()
        .takes_other(webhook())
        .answers_nothing(200, "Heard.")
        .refuses(&["unauthenticated", "not_found"]),
        describe(Post, "/webhooks/askell/{sales_unit_id}", ("machines", "hear_askell_of_unit"), "Áskell's door")
            .about(
                "For one sales unit. Signed over the raw body with a secret of its registrations. What it says is only a \
                 hint, and the same one twice is one.",
            )
            .header("Hook-Hmac", "Base64 of HMAC-SHA-512 over the body.")
            .stored()
            .takes_other(webhook())
            .answers_nothing(200, "Heard.")
            .refuses(&["unauthenticated", "not_found"]),
        describe(Get, "/health/live", ("machines", "live"), "Does the process live?")
            .answers::<Health>(200, "It does."),
        describe(Get, "/health/ready", ("machines", "ready"), "Can it work?")
            .about("The database answers, is migrated, and its clock agrees. The payment provider has no say in it.")
            .answers::<Health>(200, "It can.")
            .refuses(&["not_ready"]),
    ]
}

/// A door for webhooks.
fn hears(path: &'static str, id: &'static str, summary: &str) -> Described {
    describe(Post, path, ("machines", id), summary)
        .header("Authorization", "`HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=…`")
        .header("X-Ms-Date", "When it was sent.")
        .header("X-Ms-Content-Sha256", "The digest of the body.")
        .stored()
        .takes_other(webhook())
        .answers_nothing(200, "Heard.")
        .refuses(&["unauthenticated"])
}

fn form() -> RequestBody {
    let password = text().min_length(Some(10)).max_length(Some(200)).description(Some("The password to be."));
    let form = ObjectBuilder::new().property("password", password).required("password");
    let form = form.additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let content = ContentBuilder::new().schema(Some(form)).build();
    RequestBodyBuilder::new()
        .content("application/x-www-form-urlencoded", content)
        .required(Some(Required::True))
        .build()
}

fn webhook() -> RequestBody {
    let content = ContentBuilder::new().schema(Some(object("As the provider describes it."))).build();
    RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)).build()
}

fn object(about: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .description(Some(about))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .into()
}
