//! Agreements with payment providers, their sales units, and the webhooks of those.

use utoipa::openapi::path::HttpMethod::{Delete, Get, Patch, Post, Put};

use super::operation::{Described, describe};
use crate::http::api::agreements::{
    AgreementAnswer, Fields as AgreementFields, New as NewAgreement, NewKeys, TestedAnswer,
};
use crate::http::api::sales_units::{Fields as UnitFields, New as NewUnit, UnitAnswer, WebhookAnswer};

/// What keeps a question about a unit from being answered by its provider.
const UNANSWERED: [&str; 5] =
    ["forbidden", "not_found", "credentials_missing", "provider_refused", "payment_provider_unavailable"];

pub(super) fn agreements() -> Vec<Described> {
    vec![
        describe(Get, "/api/v1/agreements", ("agreements", "list_agreements"), "Agreements")
            .about("In the order they were made; the house's own is the first. Needs `settings.manage`.")
            .signed_in()
            .lists::<AgreementAnswer<'static>>("A page of agreements.")
            .refuses(&["forbidden"]),
        describe(Post, "/api/v1/agreements", ("agreements", "add_agreement"), "Make an agreement")
            .about("It has no keys yet. Needs `settings.manage`.")
            .signed_in()
            .takes::<NewAgreement>()
            .once()
            .answers::<AgreementAnswer<'static>>(201, "Made.")
            .refuses(&["forbidden"]),
        describe(Get, "/api/v1/agreements/{agreement_id}", ("agreements", "show_agreement"), "One agreement")
            .about("Needs `settings.manage`.")
            .signed_in()
            .answers::<AgreementAnswer<'static>>(200, "The agreement.")
            .refuses(&["forbidden", "not_found"]),
        describe(Patch, "/api/v1/agreements/{agreement_id}", ("agreements", "edit_agreement"), "Change an agreement")
            .about(
                "It is disabled only once its sales units are. It moves from eCom to ePayment, and never back. Needs \
                 `settings.manage`.",
            )
            .signed_in()
            .takes_patch::<AgreementFields>()
            .answers::<AgreementAnswer<'static>>(200, "Changed.")
            .refuses(&["forbidden", "not_found", "agreement_in_use", "set_by_configuration"]),
        describe(
            Put,
            "/api/v1/agreements/{agreement_id}/credentials",
            ("agreements", "set_credentials"),
            "Set an agreement's keys",
        )
        .about(
            "Keys are sealed and never shown again. Those that the provider accepted before stay in use until it has \
             accepted these. Needs `settings.manage`.",
        )
        .signed_in()
        .takes::<NewKeys>()
        .answers::<AgreementAnswer<'static>>(200, "Set.")
        .refuses(&["forbidden", "not_found", "set_by_configuration"]),
        describe(
            Post,
            "/api/v1/agreements/{agreement_id}/test",
            ("agreements", "test_connection"),
            "Test the connection now",
        )
        .about(
            "Asks the provider for an access token with the newest keys; good ones take the place of older ones. An \
             idempotency key is ignored. Needs `settings.manage`.",
        )
        .signed_in()
        .takes_nothing()
        .answers::<TestedAnswer<'static>>(200, "How it went, well or not.")
        .refuses(&["forbidden", "not_found", "credentials_missing"]),
    ]
}

pub(super) fn sales_units() -> Vec<Described> {
    vec![
        describe(Get, "/api/v1/sales-units", ("sales-units", "list_sales_units"), "Sales units")
            .about("In the order they were made; the house's own is the first. Needs `settings.manage`.")
            .signed_in()
            .lists::<UnitAnswer<'static>>("A page of sales units.")
            .refuses(&["forbidden"]),
        describe(Post, "/api/v1/sales-units", ("sales-units", "add_sales_unit"), "Make a sales unit")
            .about("Needs `settings.manage`.")
            .signed_in()
            .takes::<NewUnit>()
            .once()
            .answers::<UnitAnswer<'static>>(201, "Made.")
            .refuses(&["forbidden", "merchant_serial_number_taken", "set_by_configuration"]),
        describe(Get, "/api/v1/sales-units/{sales_unit_id}", ("sales-units", "show_sales_unit"), "One sales unit")
            .about("Needs `settings.manage`.")
            .signed_in()
            .answers::<UnitAnswer<'static>>(200, "The sales unit.")
            .refuses(&["forbidden", "not_found"]),
        describe(
            Patch,
            "/api/v1/sales-units/{sales_unit_id}",
            ("sales-units", "edit_sales_unit"),
            "Change a sales unit",
        )
        .about("It is disabled only while no event takes it. Needs `settings.manage`.")
        .signed_in()
        .takes_patch::<UnitFields>()
        .answers::<UnitAnswer<'static>>(200, "Changed.")
        .refuses(&["forbidden", "not_found", "sales_unit_in_use", "set_by_configuration"]),
    ]
}

/// The webhook registrations of each unit.
pub(super) fn webhooks() -> Vec<Described> {
    let webhooks = "/api/v1/sales-units/{sales_unit_id}/webhooks";
    vec![
        describe(Get, webhooks, ("sales-units", "list_webhooks"), "A unit's webhook registrations")
            .about("As the provider lists them now, with what we know of ours. Needs `settings.manage`.")
            .signed_in()
            .lists::<WebhookAnswer<'static>>("A page of webhook registrations.")
            .refuses(&UNANSWERED),
        describe(Post, webhooks, ("sales-units", "register_webhook"), "Register a unit's webhook anew")
            .about(
                "Our own registrations from before are deleted at the provider. One that calls back about each payment \
                 has none. An idempotency key is ignored. Needs `settings.manage`.",
            )
            .signed_in()
            .takes_nothing()
            .answers::<WebhookAnswer<'static>>(201, "Registered.")
            .refuses(&UNANSWERED)
            .refuses(&["provider_has_no_webhooks"]),
        describe(
            Delete,
            "/api/v1/sales-units/{sales_unit_id}/webhooks/{webhook_id}",
            ("sales-units", "delete_webhook"),
            "Delete a webhook registration",
        )
        .about(
            "Whoever made it. While the unit is at work the house registers its own again within the hour. Needs \
             `settings.manage`.",
        )
        .signed_in()
        .answers_nothing(204, "Deleted.")
        .refuses(&UNANSWERED),
    ]
}
