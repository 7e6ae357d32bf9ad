//! The books: reports, their lines, and the files that spreadsheets open; and what goes to the providers.

use utoipa::openapi::KnownFormat;
use utoipa::openapi::path::HttpMethod::Get;
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat};

use super::operation::{Described, describe, flag, id, text};
use crate::http::api::books::{EntryAnswer, ReportAnswer};
use crate::http::api::operations::OperationAnswer;
use crate::http::words::{BooksByWord, OperationKindWord, OperationStateWord, ProviderWord};

/// What the lines come from, and for whom.
const ABOUT: &str = "From the ledger, which is filled from the provider's own log. For whoever holds `orders.read`: all \
                     of it, or what is of the events of the groups one holds it for.";

pub(super) fn books() -> Vec<Described> {
    let (csv, xlsx) = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    vec![
        narrowed(
            describe(Get, "/api/v1/books", ("books", "show_report"), "What was taken and given back")
                .about(ABOUT)
                .signed_in()
                .query_word::<BooksByWord>("by", "What it is filed by; days unless given."),
        )
        .answers::<ReportAnswer<'static>>(200, "The report."),
        narrowed(
            describe(Get, "/api/v1/books/lines", ("books", "list_lines"), "Every amount that moved")
                .about(&format!("As they happened. {ABOUT}"))
                .signed_in(),
        )
        .lists::<EntryAnswer<'static>>("A page of lines."),
        narrowed(
            describe(Get, "/api/v1/books/lines.csv", ("books", "export_csv"), "Every amount that moved, as CSV")
                .about(&format!("All lines in one file, UTF-8, with a head. {ABOUT}"))
                .signed_in(),
        )
        .answers_file(csv, "The file."),
        narrowed(
            describe(Get, "/api/v1/books/lines.xlsx", ("books", "export_xlsx"), "Every amount that moved, as XLSX")
                .about(&format!("All lines in one workbook, at most 25 000. {ABOUT}"))
                .signed_in(),
        )
        .answers_file(xlsx, "The file.")
        .refuses(&["overloaded"]),
    ]
}

pub(super) fn operations() -> Vec<Described> {
    vec![
        describe(
            Get,
            "/api/v1/provider-operations",
            ("books", "list_provider_operations"),
            "What goes or went to the payment providers",
        )
        .about(
            "Payments made, cards charged, money taken, let go and given back, each with where it stands. Newest first. \
             What the provider said yes to is `done` at once; that the money moved is in the books when its log shows it. \
             For whoever holds `orders.read`: all of it, or what is of the events of the groups one holds it for.",
        )
        .signed_in()
        .query_word::<OperationStateWord>("state", "Those that stand so.")
        .query_word::<OperationKindWord>("kind", "Those of this kind.")
        .query("event_id", id(), "Those of this event.")
        .query("order_id", id(), "Those for this order.")
        .query("sales_unit", id(), "Those of this sales unit.")
        .query_word::<ProviderWord>("provider", "Those with this provider.")
        .lists::<OperationAnswer<'static>>("A page of them.")
        .refuses(&["forbidden"]),
    ]
}

fn narrowed(described: Described) -> Described {
    described
        .query("from", day(), "The first day that counts, as the house's clocks show it.")
        .query("to", day(), "The last day that counts.")
        .query("event_id", id(), "Only this event.")
        .query("organizer", text(), "Only events of the group with this slug.")
        .query("sales_unit", id(), "Only this sales unit.")
        .query_word::<ProviderWord>("provider", "Only units of this provider.")
        .query("test_mode", flag(), "`true`: the books of money that is not real. They are never mixed.")
        .refuses(&["forbidden"])
}

fn day() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
}
