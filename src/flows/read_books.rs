//! The books, for whoever may read payments: everywhere, or of the events of some groups.

use std::collections::{BTreeMap, HashMap};

use super::app::App;
use super::see_settings::{UnitView, view_unit};
use crate::domain::books::{By, Figures, Period, day_of_quarter};
use crate::domain::ids::{EventId, SalesUnitId};
use crate::domain::money::{Currency, Ore};
use crate::domain::permission::{Permission, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::sales_unit::Provider;
use crate::store::books::{BookLine, BooksFilter, Filed};
use crate::store::{Reader, Stop, StoreError};

/// More sales units and groups than any organization has.
const NAMES_MAX: i64 = 10_000;

/// What is asked of the books.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The days that count.
    pub period: Period,
    /// Only this event.
    pub event: Option<EventId>,
    /// Only events of the group with this slug.
    pub organizer: Option<String>,
    /// Only this sales unit.
    pub sales_unit: Option<SalesUnitId>,
    /// Only units of this provider.
    pub provider: Option<Provider>,
    /// True for money that is not real, which has books of its own.
    pub test_mode: bool,
}

/// What is filed under one name, in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLine {
    /// The day, the id, the slug or the word that it is filed under.
    pub key: String,
    /// What that is called.
    pub name: String,
    /// The currency.
    pub currency: Currency,
    /// What moved within the period.
    pub figures: Figures,
    /// What was reserved at the end of the period, and neither taken nor released; empty for days.
    pub outstanding: Option<Ore>,
}

/// What all of it comes to, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// The currency.
    pub currency: Currency,
    /// What moved within the period.
    pub figures: Figures,
    /// What was reserved at the end of the period, and neither taken nor released.
    pub outstanding: Ore,
}

/// A report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its lines: days as they came, others by name.
    pub lines: Vec<ReportLine>,
    /// All of it, for each currency.
    pub totals: Vec<Total>,
}

/// A line of the books, with the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line.
    pub line: BookLine,
    /// With whom.
    pub provider: Provider,
    /// What the sales unit is called.
    pub sales_unit_name: String,
}

pub(super) type Units = HashMap<SalesUnitId, UnitView>;

/// The figures of each name and currency.
type Sums = BTreeMap<(String, &'static str), (Currency, Figures)>;

/// What moved, filed as asked.
pub async fn report(app: &App, who: &Standing, question: Question, by: By) -> Result<Report, Stop> {
    let organizers = organizers(who, question.organizer.clone())?;
    let house = app.clone();
    app.store
        .read(move |tx| {
            let units = units(&house, tx)?;
            let within = filter(&house, &question, organizers.clone(), &units);
            let so_far = BooksFilter { since: None, ..within.clone() };
            let moved = filed(&house, tx, &within, by, &units)?;
            let stands = match by {
                By::Day => filed(&house, tx, &so_far, By::Provider, &units)?,
                By::Event | By::Group | By::SalesUnit | By::Provider => filed(&house, tx, &so_far, by, &units)?,
            };
            let names = names(tx, by, &moved, &stands, &units)?;
            Ok(written(by, moved, &stands, &names))
        })
        .await
}

/// The lines themselves, as they happened.
pub async fn entries(
    app: &App,
    who: &Standing,
    question: Question,
    after: Option<(i64, uuid::Uuid)>,
    limit: i64,
) -> Result<Vec<Entry>, Stop> {
    let organizers = organizers(who, question.organizer.clone())?;
    let house = app.clone();
    app.store
        .read(move |tx| {
            let units = units(&house, tx)?;
            let lines = tx.book_lines(&filter(&house, &question, organizers.clone(), &units), after, limit)?;
            let one = |line: BookLine| {
                let unit = units.get(&line.sales_unit);
                Entry {
                    provider: provider_of(&units, line.sales_unit),
                    sales_unit_name: unit.map(|unit| unit.unit.display_name.clone()).unwrap_or_default(),
                    line,
                }
            };
            Ok(lines.into_iter().map(one).collect())
        })
        .await
}

/// The groups whose events count; empty for all. Whoever may read payments nowhere is refused.
fn organizers(who: &Standing, asked: Option<String>) -> Result<Option<Vec<String>>, Refusal> {
    Ok(match (who.needs_somewhere(Permission::OrdersRead)?, asked) {
        (None, asked) => asked.map(|slug| vec![slug]),
        (Some(groups), None) => Some(groups),
        (Some(groups), Some(asked)) => Some(groups.into_iter().filter(|slug| *slug == asked).collect()),
    })
}

pub(super) fn units(app: &App, tx: &mut Reader<'_>) -> Result<Units, StoreError> {
    let views = tx.sales_units(None, NAMES_MAX)?.into_iter().map(|contracted| view_unit(app, contracted));
    Ok(views.map(|view| (view.unit.id, view)).collect())
}

fn provider_of(units: &Units, unit: SalesUnitId) -> Provider {
    units.get(&unit).map_or(Provider::VippsEpayment, |view| view.agreement.provider)
}

fn filter(app: &App, question: &Question, organizers: Option<Vec<String>>, units: &Units) -> BooksFilter {
    let zone = app.settings.time_zone;
    let of_provider = question.provider.map(|provider| {
        let known = units.keys().copied().filter(|unit| provider_of(units, *unit) == provider);
        known.filter(|unit| question.sales_unit.is_none_or(|asked| asked == *unit)).collect()
    });
    BooksFilter {
        since: question.period.since(zone),
        until: question.period.until(zone),
        event: question.event,
        organizers,
        sales_units: of_provider.or_else(|| question.sales_unit.map(|unit| vec![unit])),
        test_mode: question.test_mode,
    }
}

fn filed(app: &App, tx: &mut Reader<'_>, filter: &BooksFilter, by: By, units: &Units) -> Result<Sums, StoreError> {
    let zone = app.settings.time_zone;
    Ok(match by {
        By::Day => gathered(tx.books_by_quarter(filter)?, |quarter| day_of_quarter(quarter, zone).to_string()),
        By::Event => gathered(tx.books_by_event(filter)?, |event| event.to_string()),
        By::Group => gathered(tx.books_by_group(filter)?, |slug| slug),
        By::SalesUnit => gathered(tx.books_by_unit(filter)?, |unit| unit.to_string()),
        By::Provider => gathered(tx.books_by_unit(filter)?, |unit| provider_of(units, unit).word().to_owned()),
    })
}

fn gathered<K>(filed: Vec<Filed<K>>, name: impl Fn(K) -> String) -> Sums {
    let mut sums = Sums::new();
    for Filed { under, currency, kind, lines, amount } in filed {
        let at = sums.entry((name(under), currency.code())).or_insert((currency, Figures::default()));
        at.1.add(kind, lines, amount);
    }
    sums
}

/// What each key is called.
fn names(
    tx: &mut Reader<'_>,
    by: By,
    moved: &Sums,
    stands: &Sums,
    units: &Units,
) -> Result<HashMap<String, String>, StoreError> {
    let keys = moved.keys().chain(stands.keys()).map(|(key, _currency)| key);
    Ok(match by {
        By::Day | By::Provider => HashMap::new(),
        By::Event => {
            let ids: Vec<EventId> = keys.filter_map(|key| key.parse().ok()).collect();
            tx.titles_of_events(&ids)?.into_iter().map(|(id, title)| (id.to_string(), title)).collect()
        }
        By::Group => {
            let groups = tx.groups(Some(keys.cloned().collect()), None, NAMES_MAX)?;
            groups.into_iter().map(|group| (group.slug, group.name)).collect()
        }
        By::SalesUnit => units.iter().map(|(id, view)| (id.to_string(), view.unit.display_name.clone())).collect(),
    })
}

fn written(by: By, mut moved: Sums, stands: &Sums, names: &HashMap<String, String>) -> Report {
    let mut totals: BTreeMap<&'static str, Total> = BTreeMap::new();
    for ((_key, code), (currency, figures)) in stands {
        let nothing = Total { currency: *currency, figures: Figures::default(), outstanding: Ore(0) };
        let total = totals.entry(*code).or_insert(nothing);
        total.outstanding = total.outstanding + figures.moved.reserved();
    }
    for ((_key, code), (_currency, figures)) in &moved {
        if let Some(total) = totals.get_mut(code) {
            total.figures.plus(figures);
        }
    }
    if by != By::Day {
        // What only stands, from before the period, has a line of its own.
        for (key, (currency, figures)) in stands {
            if figures.moved.reserved().is_positive() {
                moved.entry(key.clone()).or_insert((*currency, Figures::default()));
            }
        }
    }
    let one = |((key, code), (currency, figures)): ((String, &'static str), (Currency, Figures))| {
        let name = names.get(&key).cloned().unwrap_or_else(|| key.clone());
        let at = (key, code);
        let outstanding = stands.get(&at).map_or(Ore(0), |(_, stands)| stands.moved.reserved());
        ReportLine { key: at.0, name, currency, figures, outstanding: (by != By::Day).then_some(outstanding) }
    };
    let mut lines: Vec<ReportLine> = moved.into_iter().map(one).collect();
    if by != By::Day {
        lines.sort_by(|one, other| (&one.name, &one.key).cmp(&(&other.name, &other.key)));
    }
    Report { lines, totals: totals.into_values().collect() }
}
