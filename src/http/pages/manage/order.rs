//! One order: what is owed, what was paid, what went back, and its whole story. Treasurers give money back here.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use serde::Deserialize;
use serde_json::Value;

use super::one_time::{new_key, once};
use super::order_words::{Asker, Shown, order_page};
use super::refused::{alert, wrong_field};
use super::voice::Voice;
use crate::domain::attention::Act;
use crate::domain::event::Event;
use crate::domain::fault::Fault;
use crate::domain::ids::{OrderId, UserId};
use crate::domain::money::{Ore, parse_amount};
use crate::domain::permission::{Permission, Scope};
use crate::domain::refusal::Refusal;
use crate::flows::look::{Looked, look_now};
use crate::flows::page_session::PageCaller;
use crate::flows::refund::{Wish, refund};
use crate::flows::resolve::{self as resolution, Resolution};
use crate::http::Answered;
use crate::http::api::orders::{PATIENCE, no_payment, provider_unavailable};
use crate::http::api::registrations::read_reason;
use crate::http::error::ApiError;
use crate::http::page::Page;
use crate::http::pages::form::{Form, NoFields};
use crate::http::pages::visitor::Visitor;
use crate::http::pages::{Frame, html, render, see_other};

/// How many lines of the story a page has; few orders have more than thirty.
const LINES: i64 = 100;

/// What the query says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderQuery {
    done: Option<Done>,
}

/// What was just done.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Done {
    /// Somebody asked to give money back.
    Refund,
    /// The provider was asked, and answered.
    Asked,
    /// Somebody resolved what needed a person.
    Resolved,
}

/// An order that somebody may read.
pub(super) struct Readable {
    pub(super) id: OrderId,
    caller: PageCaller,
    event: Event,
}

impl Readable {
    /// Finds the order. For whoever may not read it there is none.
    pub(super) async fn find(visitor: &Visitor, id: OrderId) -> Result<Self, ApiError> {
        let caller = visitor.needs_caller()?.clone();
        let event = visitor.app.store.read(move |tx| {
            let order = tx.order_by_id(id)?.ok_or(Refusal::NotFound)?;
            Ok(tx.event_by_id(order.event_id)?.ok_or(Refusal::NotFound)?)
        });
        let readable = Self { id, caller, event: event.await? };
        if readable.may(Permission::OrdersRead) { Ok(readable) } else { Err(Refusal::NotFound.into()) }
    }

    fn may(&self, permission: Permission) -> bool {
        self.caller.standing.may_for(permission, &self.event.details.organizer)
    }

    pub(super) fn path(&self) -> String {
        format!("/manage/orders/{}", self.id)
    }

    fn asker(&self) -> Asker {
        Asker {
            may_refund: self.may(Permission::OrdersRefund),
            manages: self.may(Permission::RegistrationsManage),
            sees_addresses: self.caller.standing.may_everywhere(Permission::UsersManage),
        }
    }
}

/// `GET /manage/orders/{order_id}`.
pub(crate) async fn show(visitor: Visitor, id: Path<OrderId>, mut page: Page<OrderQuery>) -> Answered {
    page.limit = LINES;
    let readable = Readable::find(&visitor, *id).await?;
    answer(&visitor, &readable, Some(page), RefundForm::default(), None).await
}

async fn answer(
    visitor: &Visitor,
    readable: &Readable,
    page: Option<Page<OrderQuery>>,
    form: RefundForm,
    refused: Option<&ApiError>,
) -> Answered {
    let after = page.as_ref().map(Page::after::<uuid::Uuid>).transpose()?.flatten();
    let (id, asker) = (readable.id, readable.asker());
    let (view, lines, names, email) = visitor
        .app
        .store
        .read(move |tx| {
            let order = tx.order_by_id(id)?.ok_or(Refusal::NotFound)?;
            let view = tx.view_order(order)?;
            let lines = tx.trail_of_order(id, after, LINES + 1)?;
            let actors: Vec<UserId> = lines.iter().filter_map(|line| line.actor_user).collect();
            let names = tx.names_of(&actors)?;
            let email = if asker.sees_addresses {
                tx.user_by_id(view.order.user_id)?.map(|user| user.profile.email)
            } else {
                None
            };
            Ok((view, lines, names, email))
        })
        .await?;
    let (lines, next) = match &page {
        Some(page) => page.cut(lines, |line| line.id),
        None => (lines, None),
    };
    let voice = Voice::for_visitor(visitor);
    let done = page.as_ref().and_then(|page| page.filter.done);
    let is_continued = page.as_ref().is_some_and(|page| page.cursor().is_some());
    let shown = Shown { view, lines, names, email, done, next, is_continued };
    let frame = Frame { test_mode: shown.view.order.test_mode, ..visitor.frame.clone() };
    let mut template = order_page(&frame, &visitor.app.settings.public_url, asker, &shown, voice);
    template.key = new_key(&visitor.app);
    if refused.is_some() {
        template.amount = form.amount;
        template.reason = form.reason;
    }
    template.alert = refused.and_then(|error| alert(error, voice));
    template.wrong = wrong_field(refused);
    let status = refused.map_or(StatusCode::OK, ApiError::status);
    Ok(html(status, render(&template, voice.language)))
}

/// An answer to a form that could not be taken: the page again, at its own address.
async fn answer_refused(mut visitor: Visitor, readable: &Readable, form: RefundForm, error: ApiError) -> Answered {
    if alert(&error, Voice::for_visitor(&visitor)).is_none() {
        return Err(error);
    }
    visitor.frame.address = readable.path();
    answer(&visitor, readable, None, form, Some(&error)).await
}

/// Money to be given back.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundForm {
    amount: String,
    reason: String,
    key: String,
}

/// `POST /manage/orders/{order_id}/refund`.
pub(crate) async fn give_back(visitor: Visitor, id: Path<OrderId>, form: Form<RefundForm>) -> Answered {
    let readable = Readable::find(&visitor, *id).await?;
    let scope = Scope::EventsOf(readable.event.details.organizer.clone());
    readable.caller.standing.needs(Permission::OrdersRefund, &scope)?;
    let form = form.read()?;
    match try_give_back(&visitor, &readable, &form).await {
        Ok(()) => Ok(see_other(&format!("{}?done=refund", readable.path()))),
        Err(error) => answer_refused(visitor, &readable, form, error).await,
    }
}

async fn try_give_back(visitor: &Visitor, readable: &Readable, form: &RefundForm) -> Result<(), ApiError> {
    let (order, treasurer) = (readable.id, readable.caller.standing.user_id);
    let amount = read_amount(&form.amount)?;
    let reason = read_reason(&form.reason, "/reason")?;
    let asked = ["refund", &order.to_string(), &amount.to_string(), &reason];
    let once = once(&visitor.app, treasurer, &form.key, &asked)?;
    let wish = Wish { order, amount: Some(amount), reason, treasurer };
    refund(&visitor.app, wish, once, std::sync::Arc::new(|_view, _now| Value::Null)).await?;
    Ok(())
}

/// An amount as people write it: "250", "99,50", "1 250.00".
fn read_amount(text: &str) -> Result<Ore, ApiError> {
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let amount = parse_amount(&plain.replace(',', "."))
        .map_err(|no_amount| ApiError::invalid("/amount", Fault::NoAmount(no_amount)))?;
    if amount.is_positive() { Ok(amount) } else { Err(ApiError::invalid("/amount", Fault::AmountTooSmall(Ore(1)))) }
}

/// `POST /manage/orders/{order_id}/sync`.
pub(crate) async fn ask_vipps(visitor: Visitor, id: Path<OrderId>, form: Form<NoFields>) -> Answered {
    let readable = Readable::find(&visitor, *id).await?;
    form.read()?;
    match look_now(&visitor.app, *id, PATIENCE).await? {
        Looked::Answered => Ok(see_other(&format!("{}?done=asked", readable.path()))),
        Looked::Unanswered | Looked::NotDue => {
            answer_refused(visitor, &readable, RefundForm::default(), provider_unavailable()).await
        }
    }
}

/// What is done about an order that needs a person.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveForm {
    act: String,
    reason: String,
}

/// `POST /manage/orders/{order_id}/resolve`.
pub(crate) async fn resolve(visitor: Visitor, id: Path<OrderId>, form: Form<ResolveForm>) -> Answered {
    let readable = Readable::find(&visitor, *id).await?;
    let scope = Scope::EventsOf(readable.event.details.organizer.clone());
    readable.caller.standing.needs(Permission::OrdersRefund, &scope)?;
    match try_resolve(&visitor, &readable, &form.read()?).await {
        Ok(()) => Ok(see_other(&format!("{}?done=resolved", readable.path()))),
        Err(error) => answer_refused(visitor, &readable, RefundForm::default(), error).await,
    }
}

async fn try_resolve(visitor: &Visitor, readable: &Readable, form: &ResolveForm) -> Result<(), ApiError> {
    let act = Act::from_word(&form.act).ok_or(Refusal::NothingToResolve)?;
    let reason = read_reason(&form.reason, "/reason")?;
    let resolution = Resolution { order: readable.id, act, reason, treasurer: readable.caller.standing.user_id };
    // A second press finds nothing left to resolve.
    let done = resolution::resolve(&visitor.app, resolution, None, std::sync::Arc::new(|_view, _now| Value::Null));
    done.await.map_err(no_payment)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, ore) in
            [("250", 25_000), (" 99,50 ", 9_950), ("99.5", 9_950), ("1\u{a0}250,00", 125_000), ("0,01", 1)]
        {
            assert_eq!(read_amount(text).map_err(|error| error.code()), Ok(Ore(ore)), "{text}");
        }
        for text in ["", "0", "0,00", "-5", "1.250,00", "1,250", "abc", "250 kr"] {
            assert_eq!(read_amount(text).map_err(|error| error.code()), Err("invalid_fields"), "{text}");
        }
    }
}
