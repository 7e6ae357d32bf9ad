//! The description of the API, generated from the code: the schemas are those of the types that handlers read and write,
//! the problems those of `problems.rs`, and a test holds the operations against the routes. `docs/openapi.json` is the
//! copy that is reviewed.

mod books;
mod door;
mod doors;
mod events;
pub mod examples;
mod main_job;
mod nullable;
mod operation;
pub(super) mod pages;
mod parameters;
mod people;
mod settings;
mod shown;
mod values;

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::path::PathsBuilder;
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, Info, OpenApi, OpenApiBuilder, PathItem, ServerBuilder, Tag};

use super::Answered;
use super::problems::{ProblemAnswer, problems};
use super::public::knows;
use crate::words::Language;
use operation::{Described, lonely_problem};

/// The description as JSON.
pub fn document() -> String {
    DOCUMENT.text.clone()
}

struct Document {
    text: String,
    etag: String,
}

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    // Built from strings and numbers only, it is always JSON; the snapshot would show it empty.
    let text = describe_all().to_pretty_json().unwrap_or_default();
    let digest: String = Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Document { text, etag: format!("\"{digest}\"") }
});

/// `GET /api/v1/openapi.json`
pub(super) async fn show(request: HttpRequest) -> Answered {
    let is_known = knows(&request, &DOCUMENT.etag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::ETAG, DOCUMENT.etag.as_str()));
    // It is the same for everybody and changes with the program only.
    response.insert_header((header::CACHE_CONTROL, "public, no-cache"));
    Ok(if is_known {
        response.finish()
    } else {
        response.content_type("application/json").body(DOCUMENT.text.as_str())
    })
}

fn operations() -> Vec<Described> {
    [
        people::auth(),
        people::me(),
        people::users(),
        people::groups(),
        people::roles(),
        events::events(),
        events::registrations(),
        events::orders(),
        books::books(),
        books::operations(),
        settings::agreements(),
        settings::sales_units(),
        settings::webhooks(),
        door::codes(),
        door::payments(),
        doors::pages(),
        doors::ways_to_pay(),
        doors::machines(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn describe_all() -> OpenApi {
    let mut schemas = vec![(ProblemAnswer::name().into_owned(), <ProblemAnswer as utoipa::PartialSchema>::schema())];
    ProblemAnswer::schemas(&mut schemas);
    let mut paths = PathsBuilder::new();
    for mut described in operations() {
        schemas.append(&mut described.schemas);
        let (path, method, id) = (described.path, described.method.clone(), described.id);
        let mut operation = described.build();
        examples::attach(&mut operation, id);
        paths = paths.path(path, PathItem::new(method, operation));
    }
    schemas.iter_mut().for_each(|(_, schema)| nullable::describe_fields(schema));
    OpenApiBuilder::new()
        .info(info())
        .servers(Some([ServerBuilder::new().url("/").description(Some("Wherever this document came from.")).build()]))
        .paths(paths)
        .components(Some(components(schemas)))
        .tags(Some(tags()))
        .build()
}

const ABOUT: &str = "\
Event registration for student organizations: sign-ups, waiting lists and payments with Vipps.

**Who.** `Authorization: Bearer <token>` with the access token of a login. What one may not read is not found (404), what \
one may not do is forbidden (403).

**Values.** Money is a decimal string with its currency beside it. Times are RFC 3339: answers are UTC with milliseconds, \
requests take any offset and need one. Durations are `HH:MM:SS`.

**Lists.** `limit` and `cursor`; the answer has `next_cursor`, and a `Link` header while there is more. Rows added \
meanwhile never make one appear twice or vanish. A query parameter that is not listed is refused.

**Problems.** Whatever does not succeed is `application/problem+json` (RFC 9457) with a stable `code`; its `type` is a \
page that says what to do. `title` and `detail` are Norwegian or English by `Accept-Language`; a client that names no \
language gets English, because what programs are told is read by developers first. Codes and pointers are the same in \
both. Unknown addresses answer `not_found`, known ones with a method that they do not take \
`method_not_allowed`, with `Allow`.

**Idempotency.** Where an `Idempotency-Key` is listed, the same request with the same key gets the first answer again, \
for 24 hours, with `Idempotency-Replayed: true`. Refusals are not remembered.

**Changes.** A field may be added to an answer at any time; what stands here keeps its name, type and meaning.";

fn info() -> Info {
    let license = LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build();
    InfoBuilder::new()
        .title("Plass")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license))
        .build()
}

fn tags() -> Vec<Tag> {
    let tag = |(name, about): (&str, &str)| TagBuilder::new().name(name).description(Some(about)).build();
    [
        ("auth", "Signing in, staying in and leaving."),
        ("me", "Whoever is signed in."),
        ("events", "What one can sign up for."),
        ("registrations", "People's places at an event."),
        ("orders", "What was owed, paid and given back. Nobody edits or deletes one."),
        ("books", "What moved at the payment providers, for whoever keeps the accounts."),
        ("users", "Users, for those who manage them."),
        ("groups", "Groups and who belongs to them."),
        ("roles", "Who may do what."),
        ("agreements", "Agreements with payment providers, and their keys, which are never shown."),
        ("sales-units", "Where money goes, and the webhooks of each."),
        ("door", "Payments where people come in: requests to phones, and codes to scan."),
        ("pages", "Pages for people, without a login."),
        ("machines", "For the payment provider and for whatever watches the process."),
        ("documentation", "This document."),
    ]
    .map(tag)
    .to_vec()
}

fn components(schemas: Vec<operation::Named>) -> Components {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access token of a login; good for 15 minutes."))
        .build();
    let mut components =
        ComponentsBuilder::new().schemas_from_iter(schemas).security_scheme("bearer", SecurityScheme::Http(bearer));
    for kind in problems() {
        components = components.response(kind.code, lonely_problem(kind.status, kind.code));
    }
    for (name, kind, about) in [
        ("X-Request-Id", Type::String, "The id of the request: the client's own, or a fresh one."),
        ("Link", Type::String, "The next page, `rel=\"next\"`; not there on the last one."),
        ("Idempotency-Replayed", Type::Boolean, "`true` when this is the first answer again."),
        ("Retry-After", Type::Integer, "How many seconds to wait."),
        ("Content-Language", Type::String, "`nb` or `en`: the language of the problem."),
        ("WWW-Authenticate", Type::String, "`Bearer`."),
        ("Location", Type::String, "Where to go next."),
        ("ETag", Type::String, "Changes with what is sent."),
    ] {
        let schema = ObjectBuilder::new().schema_type(SchemaType::new(kind));
        components =
            components.header(name, HeaderBuilder::new().schema(Some(schema)).description(Some(about)).build());
    }
    let mut components = components.build();
    for kind in problems() {
        let answer = super::written(&ProblemAnswer::example(kind, Language::En));
        let example = ExampleBuilder::new().summary(kind.en.title).value(Some(answer)).build();
        components.examples.insert(kind.code.to_owned(), example.into());
    }
    components
}

#[cfg(test)]
mod tests;
