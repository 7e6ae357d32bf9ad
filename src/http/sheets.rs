//! The books as files that spreadsheets open: CSV, line by line however many there are, and XLSX for people.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use chrono_tz::Tz;
use futures_util::{StreamExt, TryStreamExt, stream};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::error::ApiError;
use super::{Answered, write_time};
use crate::domain::fault::Fault;
use crate::domain::permission::Standing;
use crate::domain::refusal::Refusal;
use crate::flows::app::App;
use crate::flows::read_books::{Entry, Question, entries};
use crate::telemetry::log_error_chain;

/// How many lines are read at once.
const TOGETHER: i64 = 1_000;
/// How many lines a workbook has at most: it is made in memory.
const WORKBOOK_LINES_MAX: usize = 25_000;

const HEADS: [&str; 15] = [
    "happened_at",
    "day",
    "kind",
    "amount",
    "currency",
    "transaction_id",
    "reference",
    "order_id",
    "event_id",
    "event_title",
    "organizer",
    "sales_unit",
    "provider",
    "in_the_portal",
    "test_mode",
];

/// Where the amount stands in a row.
const AMOUNT: usize = 3;

type Row = [String; 15];

fn row(entry: &Entry, zone: Tz, test_mode: bool) -> Row {
    let line = &entry.line;
    [
        write_time(line.happened_at),
        line.happened_at.with_timezone(&zone).date_naive().to_string(),
        line.kind.word().to_owned(),
        line.amount.amount.to_string(),
        line.amount.currency.code().to_owned(),
        line.provider_event.clone(),
        line.reference.clone(),
        line.order.to_string(),
        line.event.to_string(),
        line.event_title.clone(),
        line.organizer.clone(),
        entry.sales_unit_name.clone(),
        entry.provider.word().to_owned(),
        line.elsewhere.to_string(),
        test_mode.to_string(),
    ]
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

fn csv_rows(rows: impl IntoIterator<Item = Row>) -> Result<Bytes, ApiError> {
    let broken = |error: String| ApiError::Bug(format!("a line of the books could not be written: {error}"));
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.map(harmless)).map_err(|error| broken(error.to_string()))?;
    }
    writer.into_inner().map(Bytes::from).map_err(|error| broken(error.to_string()))
}

/// Where a file has got to.
struct Reading {
    app: App,
    who: Standing,
    question: Question,
    after: Option<(i64, uuid::Uuid)>,
}

impl Reading {
    /// The next lines; none at the end.
    async fn next(&mut self) -> Result<Vec<Entry>, ApiError> {
        let found = entries(&self.app, &self.who, self.question.clone(), self.after, TOGETHER).await?;
        if let Some(last) = found.last() {
            self.after = Some((last.line.happened_at.timestamp_millis(), last.line.id));
        }
        Ok(found)
    }

    fn csv(&self, entries: &[Entry]) -> Result<Bytes, ApiError> {
        csv_rows(entries.iter().map(|entry| row(entry, self.app.settings.time_zone, self.question.test_mode)))
    }
}

/// All lines as CSV (RFC 4180), read while they go out.
pub(super) async fn csv(app: &App, who: &Standing, question: Question) -> Answered {
    let mut reading = Reading { app: app.clone(), who: who.clone(), question, after: None };
    // Whoever may not read hears so, and not within the file.
    let first = reading.next().await?;
    let head = [csv_rows([HEADS.map(str::to_owned)])?, reading.csv(&first)?].concat();
    let rest = stream::unfold((reading, !first.is_empty()), async |(mut reading, goes_on)| {
        if !goes_on {
            return None;
        }
        match reading.next().await {
            Ok(entries) if entries.is_empty() => None,
            Ok(entries) => Some((reading.csv(&entries), (reading, true))),
            // The connection breaks off, so that nobody takes a part for the whole.
            Err(error) => Some((Err(error), (reading, false))),
        }
    });
    let whole = stream::iter([Ok(Bytes::from(head))]).chain(rest).map_err(actix_web::Error::from);
    Ok(file("text/csv; charset=utf-8", "books.csv").streaming(Box::pin(whole)))
}

/// All lines as a workbook.
pub(super) async fn xlsx(app: &App, who: &Standing, question: Question) -> Answered {
    let (zone, test_mode) = (app.settings.time_zone, question.test_mode);
    let mut reading = Reading { app: app.clone(), who: who.clone(), question, after: None };
    let mut rows: Vec<Row> = Vec::new();
    loop {
        let entries = reading.next().await?;
        if entries.is_empty() {
            break;
        }
        rows.extend(entries.iter().map(|entry| row(entry, zone, test_mode)));
        if rows.len() > WORKBOOK_LINES_MAX {
            return Err(ApiError::bad_query("from", Fault::TooManyLines(WORKBOOK_LINES_MAX)));
        }
    }
    let made = actix_web::web::block(move || workbook(&rows)).await;
    let made = made.map_err(|_gone| ApiError::Refused(Refusal::Overloaded))?;
    let bytes = made.map_err(|error| {
        log_error_chain(&error, "a workbook could not be made");
        ApiError::Bug("a workbook could not be made".to_owned())
    })?;
    Ok(file("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "books.xlsx").body(bytes))
}

fn file(content_type: &str, name: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.content_type(content_type);
    response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    response
}

fn workbook(rows: &[Row]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (bold, money) = (Format::new().set_bold(), Format::new().set_num_format("#,##0.00"));
    let sheet = book.add_worksheet();
    sheet.set_name("books")?;
    for (column, head) in (0..).zip(HEADS) {
        sheet.write_with_format(0, column, head, &bold)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (number, row) in (1..).zip(rows) {
        for ((column, place), text) in (0..).zip(0..).zip(row) {
            // A cell of this format holds a number of 64 bits and nothing else; two decimals survive that.
            match text.parse::<Decimal>().ok().filter(|_| place == AMOUNT).and_then(|amount| amount.to_f64()) {
                Some(amount) => sheet.write_with_format(number, column, amount, &money)?,
                None => sheet.write_string(number, column, text)?,
            };
        }
    }
    sheet.autofit();
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        let row =
            std::array::from_fn(|place| if place == 9 { "=HYPERLINK(\"x\",1)".to_owned() } else { "a,b".to_owned() });
        let text = String::from_utf8(csv_rows([row]).unwrap().to_vec()).unwrap();
        assert!(text.starts_with("\"a,b\",\"a,b\",") && text.ends_with("\r\n"), "{text}");
        assert!(text.contains("\"'=HYPERLINK(\"\"x\"\",1)\""), "{text}");
    }

    #[test]
    fn a_workbook_is_a_workbook_also_when_it_is_empty() {
        let row: Row = std::array::from_fn(|place| if place == AMOUNT { "99.50".to_owned() } else { "x".to_owned() });
        for rows in [vec![], vec![row]] {
            assert!(workbook(&rows).unwrap().starts_with(b"PK"));
        }
    }
}
