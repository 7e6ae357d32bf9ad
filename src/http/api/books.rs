//! The books: what moved at the payment providers, summed up and line by line, for treasurers and their spreadsheets.

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::super::error::ApiError;
use super::super::extract::Actor;
use super::super::page::{Page, Query};
use super::super::values::{Stamp, Sum};
use super::super::words::{BooksByWord, CurrencyWord, MovementWord, ProviderWord};
use super::super::{Answered, sheets, written};
use crate::domain::books::{By, Figures, Period};
use crate::domain::fault::Fault;
use crate::domain::ids::{EventId, OrderId, SalesUnitId};
use crate::domain::sales_unit::Provider;
use crate::flows::app::App;
use crate::flows::read_books::{self, Entry, Question, ReportLine, Total};

/// Which lines count.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinesQuery {
    from: Option<String>,
    to: Option<String>,
    event_id: Option<EventId>,
    organizer: Option<String>,
    sales_unit: Option<SalesUnitId>,
    provider: Option<String>,
    test_mode: Option<bool>,
}

/// Which lines count, and how they are summed up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportQuery {
    by: Option<String>,
    from: Option<String>,
    to: Option<String>,
    event_id: Option<EventId>,
    organizer: Option<String>,
    sales_unit: Option<SalesUnitId>,
    provider: Option<String>,
    test_mode: Option<bool>,
}

impl LinesQuery {
    pub(in crate::http) fn question(&self) -> Result<Question, ApiError> {
        let provider = self.provider.as_deref().map(|word| {
            let known = || Fault::NoneOf(Provider::ALL.map(Provider::word).to_vec());
            Provider::from_word(word).ok_or_else(|| ApiError::bad_query("provider", known()))
        });
        Ok(Question {
            period: Period { from: query_day("from", self.from.as_deref())?, to: query_day("to", self.to.as_deref())? },
            event: self.event_id,
            organizer: self.organizer.clone(),
            sales_unit: self.sales_unit,
            provider: provider.transpose()?,
            test_mode: self.test_mode.unwrap_or_default(),
        })
    }
}

impl ReportQuery {
    fn parts(self) -> Result<(Question, By), ApiError> {
        let Self { by, from, to, event_id, organizer, sales_unit, provider, test_mode } = self;
        let lines = LinesQuery { from, to, event_id, organizer, sales_unit, provider, test_mode };
        let known = || Fault::NoneOf(By::ALL.map(By::word).to_vec());
        let by = by.map(|word| By::from_word(&word).ok_or_else(|| ApiError::bad_query("by", known())));
        Ok((lines.question()?, by.transpose()?.unwrap_or(By::Day)))
    }
}

/// Reads a day, like `2026-01-31`.
pub(in crate::http) fn query_day(name: &str, text: Option<&str>) -> Result<Option<NaiveDate>, ApiError> {
    let wrong = || ApiError::bad_query(name, Fault::NoDay);
    let read = |text: &str| {
        let day: NaiveDate = text.parse().map_err(|_no_day| wrong())?;
        // Written in full, as no other day is.
        if day.to_string() == text { Ok(day) } else { Err(wrong()) }
    };
    text.map(read).transpose()
}

/// What was taken and given back.
#[derive(Serialize, ToSchema)]
#[schema(as = BooksFigures)]
struct FiguresAnswer {
    /// How many payments were taken.
    #[schema(minimum = 0)]
    payments: i64,
    /// Reserved by payers.
    authorized: Sum,
    /// Taken.
    taken: Sum,
    /// Given back after it was taken.
    refunded: Sum,
    /// Let go without having been taken.
    released: Sum,
    /// Taken, less what was given back.
    net: Sum,
}

impl FiguresAnswer {
    fn of(figures: &Figures) -> Self {
        Self {
            payments: figures.payments,
            authorized: Sum(figures.moved.authorized),
            taken: Sum(figures.moved.captured),
            refunded: Sum(figures.moved.refunded),
            released: Sum(figures.moved.cancelled),
            net: Sum(figures.net()),
        }
    }
}

/// What is filed under one name, in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = BooksReportLine)]
struct LineAnswer<'l> {
    /// The day, the id, the slug or the word that it is filed under.
    key: &'l str,
    /// What that is called.
    name: &'l str,
    /// The currency of the amounts.
    #[schema(value_type = CurrencyWord)]
    currency: &'static str,
    /// What moved within the period.
    moved: FiguresAnswer,
    /// Reserved at the end of the period, and neither taken nor released; null for days.
    #[schema(required)]
    outstanding: Option<Sum>,
}

/// What all of it comes to, in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = BooksTotal)]
struct TotalAnswer {
    /// The currency of the amounts.
    #[schema(value_type = CurrencyWord)]
    currency: &'static str,
    /// What moved within the period.
    moved: FiguresAnswer,
    /// Reserved at the end of the period, and neither taken nor released.
    outstanding: Sum,
}

/// What moved at the payment providers, summed up.
#[derive(Serialize, ToSchema)]
#[schema(as = BooksReport)]
pub(crate) struct ReportAnswer<'r> {
    /// What it is filed by.
    #[schema(value_type = BooksByWord)]
    by: &'static str,
    /// True when no money is real.
    test_mode: bool,
    /// Days as they came, others by name.
    results: Vec<LineAnswer<'r>>,
    /// All of it, for each currency.
    totals: Vec<TotalAnswer>,
}

fn write_line(line: &ReportLine) -> LineAnswer<'_> {
    LineAnswer {
        key: &line.key,
        name: &line.name,
        currency: line.currency.code(),
        moved: FiguresAnswer::of(&line.figures),
        outstanding: line.outstanding.map(Sum),
    }
}

fn write_total(total: &Total) -> TotalAnswer {
    TotalAnswer {
        currency: total.currency.code(),
        moved: FiguresAnswer::of(&total.figures),
        outstanding: Sum(total.outstanding),
    }
}

/// `GET /books`.
pub(crate) async fn report(app: Data<App>, actor: Actor, query: Query<ReportQuery>) -> Answered {
    let (question, by) = query.0.parts()?;
    let test_mode = question.test_mode;
    let report = read_books::report(&app, actor.standing(), question, by).await?;
    Ok(HttpResponse::Ok().json(ReportAnswer {
        by: by.word(),
        test_mode,
        results: report.lines.iter().map(write_line).collect(),
        totals: report.totals.iter().map(write_total).collect(),
    }))
}

/// One amount that moved at a payment provider.
#[derive(Serialize, ToSchema)]
#[schema(as = BooksLine)]
pub(crate) struct EntryAnswer<'e> {
    /// When it happened, by the provider's clock.
    happened_at: Stamp,
    /// What the amount did.
    #[schema(value_type = MovementWord)]
    kind: &'static str,
    /// How much.
    amount: Sum,
    /// Its currency.
    #[schema(value_type = CurrencyWord)]
    currency: &'static str,
    /// The provider's id of it.
    transaction_id: &'e str,
    /// The payment's name at the provider.
    reference: &'e str,
    /// The order.
    #[schema(value_type = uuid::Uuid)]
    order_id: OrderId,
    /// The event.
    #[schema(value_type = uuid::Uuid)]
    event_id: EventId,
    /// What the event is called.
    event_title: &'e str,
    /// The slug of the group that organizes it.
    organizer: &'e str,
    /// The sales unit.
    #[schema(value_type = uuid::Uuid)]
    sales_unit: SalesUnitId,
    /// The provider.
    #[schema(value_type = ProviderWord)]
    provider: &'static str,
    /// True when somebody moved it in the provider's portal.
    in_the_portal: bool,
}

fn write_entry(entry: &Entry) -> Value {
    let line = &entry.line;
    written(&EntryAnswer {
        happened_at: Stamp(line.happened_at),
        kind: line.kind.word(),
        amount: Sum(line.amount.amount),
        currency: line.amount.currency.code(),
        transaction_id: &line.provider_event,
        reference: &line.reference,
        order_id: line.order,
        event_id: line.event,
        event_title: &line.event_title,
        organizer: &line.organizer,
        sales_unit: line.sales_unit,
        provider: entry.provider.word(),
        in_the_portal: line.elsewhere,
    })
}

/// `GET /books/lines`.
pub(crate) async fn lines(app: Data<App>, actor: Actor, page: Page<LinesQuery>) -> Answered {
    let (question, after) = (page.filter.question()?, page.after()?);
    let entries = read_books::entries(&app, actor.standing(), question, after, page.fetch()).await?;
    Ok(page.answer(entries, write_entry, |entry| (entry.line.happened_at.timestamp_millis(), entry.line.id)))
}

/// `GET /books/lines.csv`.
pub(crate) async fn lines_csv(app: Data<App>, actor: Actor, query: Query<LinesQuery>) -> Answered {
    sheets::csv(&app, actor.standing(), query.0.question()?).await
}

/// `GET /books/lines.xlsx`.
pub(crate) async fn lines_xlsx(app: Data<App>, actor: Actor, query: Query<LinesQuery>) -> Answered {
    sheets::xlsx(&app, actor.standing(), query.0.question()?).await
}
