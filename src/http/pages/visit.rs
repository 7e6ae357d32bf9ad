//! Visits to the payment link and back from the provider. They need no login and no cookie: whoever has the link may
//! pay, in any browser. A return is one of the four bells.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;

use super::event::said::Countdown;
use super::frame::home_of;
use super::pay::{Notice, PayPage, PayState, render_pay};
use super::returned::{ReturnPage, ReturnState, render_return};
use super::visitor::{address_of, language_of};
use super::{EventWords, Frame, Language, MoneyBack, paying_html, secret_html, see_other};
use crate::clock::Timestamp;
use crate::domain::attempt::{Attempt, AttemptState};
use crate::domain::event::Event;
use crate::domain::order::OrderStatus;
use crate::domain::refusal::Refusal;
use crate::domain::registration::{EndedReason, Status};
use crate::flows::app::App;
use crate::flows::cards::{Card, card_of, provider_of_unit, register_another};
use crate::flows::look::look_now;
use crate::flows::pay::{self, NoPayment, Way};
use crate::http::api::orders::no_payment;
use crate::http::error::ApiError;
use crate::http::{Answered, write_time};
use crate::store::Stop;
use crate::store::orders::OrderView;
use crate::store::trail::ActedBy;
use crate::words;

/// How long the page behind a return waits for the provider before it is sent.
const PATIENCE: Duration = Duration::from_secs(3);

/// One visit to a payment link.
pub(super) struct Visit {
    pub(super) app: Data<App>,
    pub(super) language: Language,
    address: String,
    pub(super) token: String,
    pub(super) view: OrderView,
    event: Event,
    now: Timestamp,
    /// How it stands with the payer's card, where a stored card is charged.
    card: Option<Card>,
}

/// True while a charge that was pressed for is on its way to the provider.
fn is_being_charged(attempt: &Attempt) -> bool {
    let is_on_its_way = matches!(attempt.state, AttemptState::Planned | AttemptState::Sent);
    is_on_its_way && attempt.provider.charges_stored_cards() && attempt.opened_at.is_some()
}

/// True while nothing of this attempt was ever asked for.
fn is_before_anything(attempt: &Attempt) -> bool {
    match attempt.state {
        AttemptState::Planned => attempt.opened_at.is_none(),
        AttemptState::Dead(_) => true,
        AttemptState::Sent | AttemptState::Open | AttemptState::Authorized | AttemptState::Settled => false,
    }
}

/// `GET /pay/{token}`.
pub async fn show(app: Data<App>, request: HttpRequest, token: Path<String>) -> Answered {
    let visit = Visit::begin(app, &request, token.into_inner()).await?;
    Ok(visit.pay_page(StatusCode::OK, None))
}

/// `POST /pay/{token}`.
pub async fn open(app: Data<App>, request: HttpRequest, token: Path<String>) -> Answered {
    let visit = Visit::begin(app, &request, token.into_inner()).await?;
    match pay::pay(&visit.app, visit.view.order.id, Way::Page, ActedBy::Payer).await {
        Ok(url) => Ok(see_other(&url)),
        Err(error) => visit.not_opened(error),
    }
}

fn retry_after(mut page: HttpResponse, seconds: i64) -> HttpResponse {
    page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    page
}

/// `POST /pay/{token}/card`: another card than the one on file.
pub async fn another_card(app: Data<App>, request: HttpRequest, token: Path<String>) -> Answered {
    let visit = Visit::begin(app, &request, token.into_inner()).await?;
    let error = match register_another(&visit.app, &visit.view.order).await {
        Ok(url) => return Ok(see_other(&url)),
        Err(NoPayment::Stop(Stop::Refused(_))) => return Ok(see_other(&format!("/pay/{}", visit.token))),
        Err(error) => no_payment(error),
    };
    let ApiError::Unavailable { retry_after: seconds, .. } = error else { return Err(error) };
    Ok(retry_after(visit.pay_page(error.status(), Some(Notice::OneMoment)), i64::from(seconds)))
}

/// `GET /pay/{token}/return`.
pub async fn come_back(app: Data<App>, request: HttpRequest, token: Path<String>) -> Answered {
    let mut visit = Visit::begin(app.clone(), &request, token.clone()).await?;
    if visit.is_payable() && visit.card.is_some() && visit.view.attempts.iter().all(is_before_anything) {
        // Back from registering a card: what a press does now is said by the page with the button.
        return Ok(see_other(&format!("/pay/{}", visit.token)));
    }
    if visit.view.attempts.iter().any(|attempt| attempt.state.is_live()) {
        // People come back before the webhook does. Whether the provider answers or not, the page says what is known.
        if let Err(stop) = look_now(&app, visit.view.order.id, PATIENCE).await {
            crate::telemetry::log_error_chain(&stop, "a return found the database in trouble");
        }
        visit = Visit::begin(app, &request, token.into_inner()).await?;
    }
    Ok(visit.return_page())
}

impl Visit {
    /// Finds what the link is about.
    pub(super) async fn begin(app: Data<App>, request: &HttpRequest, token: String) -> Result<Self, ApiError> {
        let (language, address, its_token) = (language_of(request), address_of(request), token.clone());
        let (view, event, now) = app
            .store
            .read(move |tx| {
                let order = tx.order_by_token(&its_token)?.ok_or(Refusal::NotFound)?;
                let event = tx.event_by_id(order.event_id)?.ok_or(Refusal::NotFound)?;
                Ok((tx.view_order(order)?, event, tx.now()))
            })
            .await?;
        let mut visit = Self { app, language, address, token, view, event, now, card: None };
        if provider_of_unit(&visit.app, visit.view.order.sales_unit).await?.charges_stored_cards() {
            // Somebody may be back from registering one; only who can pay is asked about.
            let known = if visit.is_payable() { card_of(&visit.app, &visit.view.order).await? } else { Card::None };
            visit.card = Some(known);
        }
        Ok(visit)
    }

    fn is_payable(&self) -> bool {
        matches!(self.view.registration, Status::AwaitingPayment { payment_expiredate } if self.now < payment_expiredate)
    }

    /// Why a click opened no payment, on the page that it came from.
    pub(super) fn not_opened(&self, error: NoPayment) -> Answered {
        let error = match error {
            NoPayment::Stop(Stop::Refused(refusal @ Refusal::TooManyAttempts { retry_at })) => {
                let page = self.pay_page(ApiError::from(refusal).status(), Some(Notice::TooManyAttempts));
                return Ok(retry_after(page, (retry_at - self.now).num_seconds().max(1)));
            }
            // What became of it is said by the page itself.
            NoPayment::Stop(Stop::Refused(_)) => return Ok(see_other(&format!("/pay/{}", self.token))),
            error @ (NoPayment::Stop(_) | NoPayment::ProviderUnavailable) => no_payment(error),
        };
        let ApiError::Unavailable { retry_after: seconds, .. } = error else { return Err(error) };
        Ok(retry_after(self.pay_page(error.status(), Some(Notice::OneMoment)), i64::from(seconds)))
    }

    pub(super) fn frame(&self) -> Frame {
        let home_url = home_of(&self.app, self.event.id);
        let test_mode = self.view.order.test_mode;
        Frame { home_url: Some(home_url), test_mode, ..Frame::plain(&self.app, self.language, &self.address) }
    }

    pub(super) fn event_words(&self) -> EventWords {
        let details = &self.event.details;
        EventWords {
            title: words::one_line(&details.title),
            location: words::one_line(&details.location),
            starts: words::moment(details.start_date, self.app.settings.time_zone, self.language),
            price: words::price(self.view.order.price, self.language),
        }
    }

    fn pay_page(&self, status: StatusCode, notice: Option<Notice>) -> HttpResponse {
        let page = PayPage {
            frame: self.frame(),
            event: self.event_words(),
            state: self.pay_state(),
            notice,
            action: format!("/pay/{}", self.token),
            draws_codes: self.view.attempts.iter().all(|attempt| attempt.provider.is_at_the_door()),
            card: self.card,
        };
        paying_html(status, render_pay(&page))
    }

    pub(super) fn return_page(&self) -> HttpResponse {
        let page = ReturnPage {
            frame: self.frame(),
            event: self.event_words(),
            state: self.return_state(),
            pay_path: format!("/pay/{}", self.token),
            with: if self.card.is_some() { "Áskell" } else { "Vipps" },
        };
        secret_html(StatusCode::OK, render_return(&page))
    }

    fn until(&self, deadline: Timestamp) -> String {
        words::moment_from(self.now, deadline, self.app.settings.time_zone, self.language)
    }

    fn pay_state(&self) -> PayState {
        match self.view.registration {
            Status::AwaitingPayment { payment_expiredate } if self.now < payment_expiredate => PayState::Payable {
                until: self.until(payment_expiredate),
                countdown: Countdown {
                    label: self.language.pick("Tid igjen:", "Time left:").to_owned(),
                    until: payment_expiredate,
                    words: words::span(payment_expiredate - self.now, self.language),
                },
                now: write_time(self.now),
            },
            Status::AwaitingPayment { .. } | Status::Waitlisted { .. } => PayState::Checking,
            Status::Confirmed if self.view.order.status == OrderStatus::Refund => PayState::Refunded,
            Status::Confirmed => PayState::Paid,
            Status::Ended(EndedReason::Unpaid) if self.money() == MoneyBack::Nothing => PayState::DeadlinePassed,
            Status::Ended(reason) => PayState::Ended { reason, money: self.money() },
        }
    }

    fn return_state(&self) -> ReturnState {
        match self.view.registration {
            Status::AwaitingPayment { payment_expiredate } => {
                let open = self.view.attempts.iter().rev().find(|attempt| {
                    let is_shown = matches!(attempt.state, AttemptState::Open | AttemptState::Authorized);
                    (is_shown || is_being_charged(attempt)) && !attempt.giving_up && !attempt.has_failed()
                });
                if self.now < payment_expiredate && open.is_none_or(|attempt| attempt.opened_at.is_none()) {
                    return ReturnState::NotPaid { until: self.until(payment_expiredate) };
                }
                let since = open.and_then(|attempt| attempt.opened_at).unwrap_or(payment_expiredate);
                let refresh_seconds = if self.now - since < TimeDelta::minutes(3) { 2 } else { 10 };
                ReturnState::Checking { refresh_seconds }
            }
            Status::Waitlisted { .. } => ReturnState::Checking { refresh_seconds: 10 },
            Status::Confirmed if self.view.order.status == OrderStatus::Refund => ReturnState::Refunded,
            Status::Confirmed => ReturnState::Paid,
            Status::Ended(EndedReason::Unpaid) if self.money() == MoneyBack::Nothing => ReturnState::DeadlinePassed,
            Status::Ended(_) => ReturnState::Ended { money: self.money() },
        }
    }

    fn money(&self) -> MoneyBack {
        MoneyBack::of(&self.view)
    }
}
