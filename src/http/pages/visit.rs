//! Visits to the payment link and back from the provider. They need no login and no cookie: whoever has the link may
//! pay, in any browser. A return is one of the four bells.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;

use super::message::{MessagePage, render_message};
use super::pay::{Notice, PayPage, PayState, render_pay};
use super::returned::{ReturnPage, ReturnState, render_return};
use super::{EventWords, Frame, Language, MoneyBack, headers, pick_language};
use crate::clock::Timestamp;
use crate::domain::attempt::AttemptState;
use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::domain::order::{self, OrderStatus};
use crate::domain::refusal::Refusal;
use crate::domain::registration::{EndedReason, Status};
use crate::flows::app::App;
use crate::flows::look::look_now;
use crate::flows::pay::{self, NoPayment};
use crate::http::api::orders::no_payment;
use crate::http::error::ApiError;
use crate::store::Stop;
use crate::store::orders::OrderView;
use crate::store::trail::ActedBy;
use crate::words;

/// How long the page behind a return waits for the provider before it is sent.
const PATIENCE: Duration = Duration::from_secs(3);

/// One visit to a payment link.
struct Visit {
    app: Data<App>,
    language: Language,
    token: String,
    view: OrderView,
    event: Event,
    now: Timestamp,
}

/// `GET /pay/{token}`.
pub async fn show(app: Data<App>, request: HttpRequest, token: Path<String>) -> HttpResponse {
    match Visit::begin(app, &request, token.into_inner()).await {
        Ok(visit) => visit.pay_page(StatusCode::OK, None),
        Err(page) => page,
    }
}

/// `POST /pay/{token}`.
pub async fn open(app: Data<App>, request: HttpRequest, token: Path<String>) -> HttpResponse {
    let visit = match Visit::begin(app, &request, token.into_inner()).await {
        Ok(visit) => visit,
        Err(page) => return page,
    };
    let error = match pay::pay(&visit.app, visit.view.order.id, ActedBy::Payer).await {
        Ok(url) => return see_other(&url),
        Err(NoPayment::Stop(Stop::Refused(refusal @ Refusal::TooManyAttempts { retry_at }))) => {
            let page = visit.pay_page(ApiError::from(refusal).status(), Some(Notice::TooManyAttempts));
            return retry_after(page, (retry_at - visit.now).num_seconds().max(1));
        }
        // What became of it is said by the page itself.
        Err(NoPayment::Stop(Stop::Refused(_))) => return see_other(&format!("/pay/{}", visit.token)),
        Err(error) => no_payment(error),
    };
    let ApiError::Unavailable { retry_after: seconds, .. } = error else { return visit.failed(&error) };
    retry_after(visit.pay_page(error.status(), Some(Notice::OneMoment)), i64::from(seconds))
}

fn retry_after(mut page: HttpResponse, seconds: i64) -> HttpResponse {
    page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    page
}

/// `GET /pay/{token}/return`.
pub async fn come_back(app: Data<App>, request: HttpRequest, token: Path<String>) -> HttpResponse {
    let mut visit = match Visit::begin(app.clone(), &request, token.clone()).await {
        Ok(visit) => visit,
        Err(page) => return page,
    };
    if visit.view.attempts.iter().any(|attempt| attempt.state.is_live()) {
        // People come back before the webhook does. Whether the provider answers or not, the page says what is known.
        if let Err(stop) = look_now(&app, visit.view.order.id, PATIENCE).await {
            crate::telemetry::log_error_chain(&stop, "a return found the database in trouble");
        }
        visit = match Visit::begin(app, &request, token.into_inner()).await {
            Ok(visit) => visit,
            Err(page) => return page,
        };
    }
    visit.return_page()
}

impl Visit {
    /// Finds what the link is about; otherwise answers the page that says why not.
    async fn begin(app: Data<App>, request: &HttpRequest, token: String) -> Result<Self, HttpResponse> {
        let language =
            pick_language(request.headers().get(header::ACCEPT_LANGUAGE).and_then(|text| text.to_str().ok()));
        let its_token = token.clone();
        let found = app
            .store
            .read(move |tx| {
                let order = tx.order_by_token(&its_token)?.ok_or(Refusal::NotFound)?;
                let event = tx.event_by_id(order.event_id)?.ok_or(Refusal::NotFound)?;
                Ok((tx.view_order(order)?, event, tx.now()))
            })
            .await;
        match found {
            Ok((view, event, now)) => Ok(Self { app, language, token, view, event, now }),
            Err(stop) => {
                let error = ApiError::from(stop);
                let frame = frame(&app, language, None);
                if matches!(error, ApiError::Refused(_)) {
                    return Err(html(error.status(), render_message(&MessagePage::no_such_link(frame))));
                }
                error.log();
                let page = html(error.status(), render_message(&MessagePage::one_moment(frame, None)));
                Err(retry_after(page, 1))
            }
        }
    }

    fn failed(&self, error: &ApiError) -> HttpResponse {
        error.log();
        html(error.status(), render_message(&MessagePage::our_fault(self.frame(), None)))
    }

    fn frame(&self) -> Frame {
        frame(&self.app, self.language, Some(self.event.id))
    }

    fn event_words(&self) -> EventWords {
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
        };
        html(status, render_pay(&page))
    }

    fn return_page(&self) -> HttpResponse {
        let page = ReturnPage {
            frame: self.frame(),
            event: self.event_words(),
            state: self.return_state(),
            pay_path: format!("/pay/{}", self.token),
        };
        html(StatusCode::OK, render_return(&page))
    }

    fn until(&self, deadline: Timestamp) -> String {
        words::moment_from(self.now, deadline, self.app.settings.time_zone, self.language)
    }

    fn pay_state(&self) -> PayState {
        match self.view.registration {
            Status::AwaitingPayment { payment_expiredate } if self.now < payment_expiredate => PayState::Payable {
                until: self.until(payment_expiredate),
                remaining: words::span(payment_expiredate - self.now, self.language),
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
                    matches!(attempt.state, AttemptState::Open | AttemptState::Authorized) && !attempt.giving_up
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
        let sums = order::sums(&self.view.order, &self.view.attempts, &self.view.refunds);
        if !sums.authorized.is_positive() {
            MoneyBack::Nothing
        } else if (sums.reserved() + sums.kept()).is_positive() {
            MoneyBack::OnItsWay
        } else {
            MoneyBack::Returned
        }
    }
}

fn frame(app: &App, language: Language, event: Option<EventId>) -> Frame {
    let template = &app.settings.frontend_event_url;
    let home_url =
        event.filter(|_| !template.is_empty()).map(|event| template.replace("{event_id}", &event.to_string()));
    Frame { language, organization: app.settings.organization.clone(), home_url }
}

fn html(status: StatusCode, page: String) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    for (name, value) in headers() {
        response.insert_header((name, value));
    }
    response.body(page)
}

fn see_other(url: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, url))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}
