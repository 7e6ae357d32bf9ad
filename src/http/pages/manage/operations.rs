//! Everything that goes or went to a payment provider, and where it stands: what waits, what was not answered, what was
//! done, refused or given up. For whoever may read the books.

use actix_web::http::StatusCode;
use askama::Template;
use serde::Deserialize;

use super::orders::Choice;
use super::states::{self, State};
use super::voice::Voice;
use super::{address, said};
use crate::domain::effect::EffectKind;
use crate::domain::ids::{OrderId, SalesUnitId};
use crate::domain::money::Money;
use crate::domain::operation::{KINDS, Operation, OperationState, kind_from_word};
use crate::domain::sales_unit::Provider;
use crate::flows::read_operations::{self, Operations};
use crate::http::Answered;
use crate::http::error::ApiError;
use crate::http::page::Page;
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, Tone, html, render};
use crate::store::operations::OperationFilter;

/// How many lines a page has.
const ROWS: i64 = 50;

/// What the query says. A field that the form left empty says nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperationsQuery {
    state: Option<String>,
    kind: Option<String>,
    sales_unit: Option<String>,
    provider: Option<String>,
    order_id: Option<OrderId>,
}

/// What was asked for, understood. What nobody knows is not asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) state: Option<OperationState>,
    pub(super) kind: Option<EffectKind>,
    pub(super) sales_unit: Option<SalesUnitId>,
    pub(super) provider: Option<Provider>,
    pub(super) order: Option<OrderId>,
}

impl Asked {
    fn read(query: &OperationsQuery) -> Self {
        let word = |text: &Option<String>| said(text.as_ref());
        Self {
            state: word(&query.state).and_then(|word| OperationState::from_word(&word)),
            kind: word(&query.kind).and_then(|word| kind_from_word(&word)),
            sales_unit: word(&query.sales_unit).and_then(|word| word.parse().ok()),
            provider: word(&query.provider).and_then(|word| Provider::from_word(&word)),
            order: query.order_id,
        }
    }

    fn filter(&self) -> OperationFilter {
        OperationFilter {
            state: self.state,
            kind: self.kind,
            sales_unit: self.sales_unit,
            provider: self.provider,
            order: self.order,
            ..OperationFilter::default()
        }
    }

    fn is_narrowed(&self) -> bool {
        let by_word = self.state.is_some() || self.kind.is_some() || self.provider.is_some();
        by_word || self.sales_unit.is_some() || self.order.is_some()
    }

    fn path(&self, cursor: Option<&str>) -> String {
        let unit = self.sales_unit.map(|unit| unit.to_string());
        let order = self.order.map(|order| order.to_string());
        let query = [
            ("state", self.state.map(OperationState::word)),
            ("kind", self.kind.map(EffectKind::word)),
            ("sales_unit", unit.as_deref()),
            ("provider", self.provider.map(Provider::word)),
            ("order_id", order.as_deref()),
            ("cursor", cursor),
        ];
        address("/manage/operations", &query)
    }
}

/// One of them, in words.
#[derive(Debug)]
pub(super) struct OperationRow {
    pub(super) path: String,
    pub(super) what: &'static str,
    pub(super) amount: Option<String>,
    pub(super) test_mode: bool,
    pub(super) event: String,
    pub(super) unit: String,
    pub(super) provider: &'static str,
    pub(super) wanted: String,
    pub(super) machine_wanted: String,
    pub(super) tries: Option<i64>,
    pub(super) state: State,
    /// When it ended or is tried next, or what became of the payment that was made.
    pub(super) note: Option<String>,
}

#[derive(Template)]
#[template(path = "manage/operations.html")]
pub(super) struct OperationsPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) states: Vec<Choice>,
    pub(super) kinds: Vec<Choice>,
    pub(super) providers: Vec<Choice>,
    /// Empty where there is nothing to choose.
    pub(super) units: Vec<Choice>,
    /// The order that all of them are about, and its page.
    pub(super) order: Option<(String, String)>,
    pub(super) is_narrowed: bool,
    pub(super) rows: Vec<OperationRow>,
    pub(super) is_continued: bool,
    pub(super) first_path: String,
    pub(super) next_path: Option<String>,
}

/// `GET /manage/operations`.
pub(crate) async fn show(visitor: Visitor, mut page: Page<OperationsQuery>) -> Answered {
    page.limit = ROWS;
    let caller = visitor.needs_caller()?;
    let (asked, after) = (Asked::read(&page.filter), page.after()?);
    let found =
        read_operations::operations(&visitor.app, &caller.standing, asked.filter(), after, page.fetch()).await?;
    let voice = Voice::for_visitor(&visitor);
    let template = listed(&visitor.frame, &asked, &page, found, voice)?;
    Ok(html(StatusCode::OK, render(&template, voice.language)))
}

fn listed<'a>(
    frame: &'a Frame,
    asked: &Asked,
    page: &Page<OperationsQuery>,
    mut found: Operations,
    voice: Voice,
) -> Result<OperationsPage<'a>, ApiError> {
    let (rows, next) = page.cut(found.rows, |row| (row.wanted_at.timestamp_millis(), row.id));
    found.rows = rows;
    let mut template = operations_page(frame, asked, &found, voice);
    template.is_continued = page.cursor().is_some();
    template.next_path = next.map(|next| asked.path(Some(&next)));
    Ok(template)
}

/// The page, in words.
pub(super) fn operations_page<'a>(
    frame: &'a Frame,
    asked: &Asked,
    found: &Operations,
    voice: Voice,
) -> OperationsPage<'a> {
    let choice =
        |value: &str, name: &str, is_chosen| Choice { value: value.to_owned(), name: name.to_owned(), is_chosen };
    let states = OperationState::ALL.into_iter();
    let states = states.map(|state| choice(state.word(), &stands(state, voice).text, asked.state == Some(state)));
    let kinds = KINDS.into_iter().map(|kind| {
        let name = what(kind, Provider::VippsEpayment, voice);
        choice(kind.word(), name, asked.kind == Some(kind))
    });
    let providers = Provider::ALL.into_iter().map(|provider| {
        let name = super::settings::provider_words(provider);
        choice(provider.word(), name, asked.provider == Some(provider))
    });
    let mut units: Vec<Choice> = if found.everywhere && found.unit_names.len() > 1 {
        let units = found.unit_names.iter();
        units.map(|(id, name)| choice(&id.to_string(), name, asked.sales_unit == Some(*id))).collect()
    } else {
        Vec::new()
    };
    units.sort_by(|one, other| (&one.name, &one.value).cmp(&(&other.name, &other.value)));
    OperationsPage {
        frame,
        states: states.collect(),
        kinds: kinds.collect(),
        providers: providers.collect(),
        units,
        order: asked.order.map(|order| (order.to_string(), format!("/manage/orders/{order}"))),
        is_narrowed: asked.is_narrowed(),
        rows: found.rows.iter().map(|operation| row(operation, found, voice)).collect(),
        is_continued: false,
        first_path: asked.path(None),
        next_path: None,
    }
}

fn row(operation: &Operation, found: &Operations, voice: Voice) -> OperationRow {
    let amount = operation.amount.map(|amount| Money { amount, currency: operation.currency });
    OperationRow {
        path: format!("/manage/orders/{}", operation.order),
        what: what(operation.kind, operation.provider, voice),
        amount: amount.map(|amount| voice.price(amount)),
        test_mode: operation.test_mode,
        event: operation.event_title.clone(),
        unit: found.unit_names.get(&operation.sales_unit).cloned().unwrap_or_default(),
        provider: super::settings::provider_words(operation.provider),
        wanted: voice.short(operation.wanted_at),
        machine_wanted: crate::http::write_time(operation.wanted_at),
        tries: operation.tries,
        state: stands(operation.state, voice),
        note: note(operation, voice),
    }
}

/// What is done, in words.
pub(super) fn what(kind: EffectKind, provider: Provider, voice: Voice) -> &'static str {
    match (kind, provider) {
        (EffectKind::Create, Provider::Askell) => voice.pick("Belaste kortet", "Charge the card"),
        (EffectKind::Create, Provider::VippsEpayment | Provider::VippsEcom) => {
            voice.pick("Lage betalingen", "Make the payment")
        }
        (EffectKind::Close, _) => voice.pick("Avslutte betalingen", "End the payment"),
        (EffectKind::Capture, _) => voice.pick("Trekke pengene", "Take the money"),
        (EffectKind::Release, _) => voice.pick("Frigi pengene", "Release the money"),
        (EffectKind::Refund, _) => voice.pick("Betale tilbake", "Refund"),
        (EffectKind::Letter, _) => voice.pick("Brev", "Letter"),
    }
}

/// Where it stands, in words.
pub(super) fn stands(state: OperationState, voice: Voice) -> State {
    let (tone, text) = match state {
        OperationState::Waiting => (Tone::Waiting, voice.pick("Venter", "Waiting")),
        OperationState::Unanswered => (Tone::Waiting, voice.pick("Ikke besvart", "Not answered")),
        OperationState::Done => (Tone::Good, voice.pick("Utført", "Done")),
        OperationState::Refused => (Tone::Open, voice.pick("Avvist", "Refused")),
        OperationState::GivenUp => (Tone::Over, voice.pick("Lagt bort", "Given up")),
    };
    State { tone, text: text.to_owned() }
}

fn note(operation: &Operation, voice: Voice) -> Option<String> {
    if let Some(next) = operation.next_try_at {
        return Some(format!("{} {}", voice.pick("Neste forsøk", "Next try"), voice.short(next)));
    }
    if operation.kind == EffectKind::Create && operation.state == OperationState::Done {
        let payment = states::attempt(operation.attempt, voice);
        return Some(format!("{} {}", voice.pick("Betalingen nå:", "The payment now:"), payment.text));
    }
    operation.ended_at.map(|ended| voice.short(ended))
}
