//! The books for treasurers: what was taken and given back, by day, event, group, sales unit or provider, with bars that
//! say the same as the figures beside them; and the lines as files for spreadsheets.

use actix_web::http::StatusCode;
use askama::Template;
use chrono::Datelike;
use serde::Deserialize;

use super::orders::Choice;
use super::voice::Voice;
use super::{address, said};
use crate::domain::books::{By, Figures, Period};
use crate::domain::money::{Currency, Money, Ore};
use crate::flows::read_books::{self, Question, Report};
use crate::flows::units::house_environment;
use crate::http::api::books::{LinesQuery, query_day};
use crate::http::error::ApiError;
use crate::http::page::Query;
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, html, render};
use crate::http::{Answered, sheets};

/// A bar of the whole width.
const BAR: i64 = 1_000;

/// What the query says. A field that the form left empty says nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BooksQuery {
    by: Option<String>,
    from: Option<String>,
    to: Option<String>,
    test_mode: Option<bool>,
}

/// Figures in words.
pub(super) struct FiguresInWords {
    pub(super) payments: i64,
    pub(super) taken: String,
    pub(super) refunded: String,
    pub(super) net: String,
}

/// One line of the report, in words.
pub(super) struct BooksRow {
    pub(super) name: String,
    pub(super) figures: FiguresInWords,
    pub(super) taken_of_1000: i64,
    pub(super) refunded_of_1000: i64,
}

/// What there is in one currency.
pub(super) struct Part {
    pub(super) currency: &'static str,
    pub(super) total: FiguresInWords,
    pub(super) outstanding: String,
    pub(super) rows: Vec<BooksRow>,
}

#[derive(Template)]
#[template(path = "manage/books.html")]
pub(super) struct BooksPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) filings: Vec<Choice>,
    pub(super) filing: &'static str,
    pub(super) offers_test: bool,
    pub(super) test_mode: bool,
    pub(super) parts: Vec<Part>,
    pub(super) csv_path: String,
    pub(super) xlsx_path: String,
}

/// What was asked for, understood.
struct Asked {
    question: Question,
    by: By,
    offers_test: bool,
}

impl Asked {
    // In the year so far, unless somebody asks for other days: there is always a first day of a year.
    fn read(visitor: &Visitor, query: &BooksQuery, voice: Voice) -> Result<Self, ApiError> {
        let (from, to) = (said(query.from.as_ref()), said(query.to.as_ref()));
        let is_untouched = query.from.is_none() && query.to.is_none();
        let new_year = voice.now.with_timezone(&voice.zone).date_naive().with_ordinal(1);
        let by = said(query.by.as_ref()).and_then(|word| By::from_word(&word)).unwrap_or(By::Day);
        let is_test_house = house_environment(&visitor.app).is_test_mode();
        let period = Period {
            from: if is_untouched { new_year } else { query_day("from", from.as_deref())? },
            to: query_day("to", to.as_deref())?,
        };
        let test_mode = is_test_house || query.test_mode.unwrap_or_default();
        Ok(Self { question: Question { period, test_mode, ..Question::default() }, by, offers_test: !is_test_house })
    }

    fn file(&self, path: &str) -> String {
        let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string());
        let (from, to) = (day(self.question.period.from), day(self.question.period.to));
        let test_mode = self.question.test_mode.then_some("true");
        address(path, &[("from", from.as_deref()), ("to", to.as_deref()), ("test_mode", test_mode)])
    }
}

/// `GET /manage/books`.
pub(crate) async fn show(visitor: Visitor, query: Query<BooksQuery>) -> Answered {
    let caller = visitor.needs_caller()?;
    let voice = Voice::for_visitor(&visitor);
    let asked = Asked::read(&visitor, &query.0, voice)?;
    let report = read_books::report(&visitor.app, &caller.standing, asked.question.clone(), asked.by).await?;
    let template = books_page(&visitor.frame, &asked, &report, voice);
    Ok(html(StatusCode::OK, render(&template, voice.language)))
}

/// `GET /manage/books/lines.csv`.
pub(crate) async fn lines_csv(visitor: Visitor, query: Query<LinesQuery>) -> Answered {
    let caller = visitor.needs_caller()?;
    sheets::csv(&visitor.app, &caller.standing, query.0.question()?).await
}

/// `GET /manage/books/lines.xlsx`.
pub(crate) async fn lines_xlsx(visitor: Visitor, query: Query<LinesQuery>) -> Answered {
    let caller = visitor.needs_caller()?;
    sheets::xlsx(&visitor.app, &caller.standing, query.0.question()?).await
}

fn books_page<'a>(frame: &'a Frame, asked: &Asked, report: &Report, voice: Voice) -> BooksPage<'a> {
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let filings = By::ALL.into_iter().map(|by| Choice {
        value: by.word().to_owned(),
        name: name_of(by, voice).to_owned(),
        is_chosen: by == asked.by,
    });
    let parts = report.totals.iter().map(|total| Part {
        currency: total.currency.code(),
        total: in_words(&total.figures, total.currency, voice),
        outstanding: voice.price(Money { amount: total.outstanding, currency: total.currency }),
        rows: rows(report, total.currency, voice),
    });
    BooksPage {
        frame,
        from: day(asked.question.period.from),
        to: day(asked.question.period.to),
        filings: filings.collect(),
        filing: name_of(asked.by, voice),
        offers_test: asked.offers_test,
        test_mode: asked.question.test_mode,
        parts: parts.collect(),
        csv_path: asked.file("/manage/books/lines.csv"),
        xlsx_path: asked.file("/manage/books/lines.xlsx"),
    }
}

fn name_of(by: By, voice: Voice) -> &'static str {
    match by {
        By::Day => voice.pick("Dag", "Day"),
        By::Event => voice.pick("Arrangement", "Event"),
        By::Group => voice.pick("Gruppe", "Group"),
        By::SalesUnit => voice.pick("Salgssted", "Sales unit"),
        By::Provider => voice.pick("Betalingstjeneste", "Payment provider"),
    }
}

fn in_words(figures: &Figures, currency: Currency, voice: Voice) -> FiguresInWords {
    let price = |amount: Ore| voice.price(Money { amount, currency });
    FiguresInWords {
        payments: figures.payments,
        taken: price(figures.moved.captured),
        refunded: price(figures.moved.refunded),
        net: price(figures.net()),
    }
}

fn rows(report: &Report, currency: Currency, voice: Voice) -> Vec<BooksRow> {
    let lines = || report.lines.iter().filter(|line| line.currency == currency);
    let most = lines().map(|line| line.figures.moved.captured.max(line.figures.moved.refunded)).max();
    // The longest bar has the whole width; what is little still shows.
    let of_most = |amount: Ore| match most {
        Some(most) if most.is_positive() && amount.is_positive() => (amount.0.saturating_mul(BAR) / most.0).max(4),
        Some(_) | None => 0,
    };
    let row = |line: &read_books::ReportLine| BooksRow {
        name: line.name.clone(),
        figures: in_words(&line.figures, currency, voice),
        taken_of_1000: of_most(line.figures.moved.captured),
        refunded_of_1000: of_most(line.figures.moved.refunded),
    };
    lines().map(row).collect()
}
