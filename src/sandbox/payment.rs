//! One simulated payment: its states, its sums and everything that can happen to it.
//!
//! Pure: every act takes the time and returns the event it caused or a refusal. After approval the state stays
//! AUTHORIZED for ever; what happened to the money is in the sums alone.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ecom::{Begun, URL_LIFE};
use super::refusal::Refusal;
use crate::clock::Timestamp;

/// How long a payer has: five minutes to open the payment and five to approve it.
pub(super) const SESSION: TimeDelta = TimeDelta::minutes(10);
/// How long the outcome of the magic amount 201 stays unknown.
const UNKNOWN_OUTCOME: TimeDelta = TimeDelta::hours(1);
const UNKNOWN_OUTCOME_AMOUNT: i64 = 201;
const CAPTURE_PERIOD: TimeDelta = TimeDelta::days(180);
const REFUND_PERIOD: TimeDelta = TimeDelta::days(365);

/// What the payer or the merchant can still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum State {
    /// The payer may approve, try another card or give up.
    Created,
    /// The payer approved; the merchant may capture, release and refund.
    Authorized,
    /// The payer gave up.
    Aborted,
    /// The payer was too late.
    Expired,
    /// The merchant cancelled before the payer approved.
    Terminated,
}

/// The name of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum EventName {
    /// The payment was made.
    Created,
    /// The payer gave up.
    Aborted,
    /// The payer was too late.
    Expired,
    /// Reserved money was released.
    Cancelled,
    /// Reserved money was taken.
    Captured,
    /// Taken money was given back.
    Refunded,
    /// The payer approved.
    Authorized,
    /// The merchant cancelled before the payer approved.
    Terminated,
}

impl EventName {
    /// The event type that webhooks subscribe to.
    pub(super) fn topic(self) -> &'static str {
        match self {
            Self::Created => "epayments.payment.created.v1",
            Self::Aborted => "epayments.payment.aborted.v1",
            Self::Expired => "epayments.payment.expired.v1",
            Self::Cancelled => "epayments.payment.cancelled.v1",
            Self::Captured => "epayments.payment.captured.v1",
            Self::Refunded => "epayments.payment.refunded.v1",
            Self::Authorized => "epayments.payment.authorized.v1",
            Self::Terminated => "epayments.payment.terminated.v1",
        }
    }
}

/// One line of a payment's log. Each has a reference of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) name: EventName,
    pub(super) psp_reference: String,
    pub(super) value: i64,
    pub(super) at: Timestamp,
    pub(super) idempotency_key: Option<String>,
}

/// When an act happens, under which key, and the reference its event gets.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) now: Timestamp,
    pub(super) psp_reference: String,
    pub(super) idempotency_key: Option<String>,
}

/// How the payer comes to a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Way {
    /// Through the landing page.
    #[default]
    Page,
    /// By scanning a code that leads there.
    Code,
    /// By a request to the phone.
    Push,
}

/// What the merchant asked for when the payment was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Terms {
    pub(super) reference: String,
    pub(super) currency: String,
    pub(super) value: i64,
    /// Where the payer goes afterwards; nowhere for whoever stands at a door.
    pub(super) return_url: Option<String>,
    /// How the payer comes to it.
    #[serde(default)]
    pub(super) way: Way,
    /// The phone that is asked, once it is known.
    #[serde(default)]
    pub(super) phone: Option<String>,
    /// The token that stands for the phone.
    #[serde(default)]
    pub(super) customer_token: Option<String>,
    pub(super) description: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) metadata: Option<Map<String, Value>>,
}

/// One payment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Payment {
    /// Grows with every payment: the order in which they were made.
    pub(super) number: u64,
    pub(super) msn: String,
    pub(super) terms: Terms,
    pub(super) state: State,
    pub(super) authorized: i64,
    pub(super) cancelled: i64,
    pub(super) captured: i64,
    pub(super) refunded: i64,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) authorized_at: Option<Timestamp>,
    /// The payer approved, and the bank answers at this moment.
    pub(super) processing_until: Option<Timestamp>,
    /// Why the last card was refused.
    pub(super) card_refused: Option<String>,
    /// What the landing page is opened with.
    pub(super) landing_token: String,
    pub(super) events: Vec<Event>,
    /// What it has beside, where it was begun over the older API.
    #[serde(default)]
    pub(super) ecom: Option<Begun>,
}

/// What an act led to: an event, or nothing that the log tells.
pub(super) type Outcome = Result<Option<Event>, Refusal>;

impl Payment {
    /// A payment that waits for its payer.
    pub(super) fn new(number: u64, msn: String, terms: Terms, landing_token: String, stamp: Stamp) -> Self {
        let now = stamp.now;
        let mut payment = Self {
            number,
            msn,
            state: State::Created,
            authorized: 0,
            cancelled: 0,
            captured: 0,
            refunded: 0,
            created_at: now,
            expires_at: now + SESSION,
            authorized_at: None,
            processing_until: None,
            card_refused: None,
            landing_token,
            events: Vec::new(),
            ecom: None,
            terms,
        };
        payment.log(EventName::Created, payment.terms.value, stamp);
        payment
    }

    /// The reference that answers of the API carry: that of the first event.
    pub(super) fn psp_reference(&self) -> &str {
        self.events.first().map_or("", |event| event.psp_reference.as_str())
    }

    /// Reserved money that is neither taken nor released.
    pub(super) fn reserved(&self) -> i64 {
        if self.state == State::Authorized { self.authorized - self.captured - self.cancelled } else { 0 }
    }

    /// Taken money that is not given back.
    pub(super) fn refundable(&self) -> i64 {
        self.captured - self.refunded
    }

    /// True while its landing page can be opened: over the older API the address is good for five minutes.
    pub(super) fn opens_at(&self, now: Timestamp) -> bool {
        self.ecom.is_none() || self.state != State::Created || now < self.created_at + URL_LIFE
    }

    /// When something happens to it by itself.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        (self.state == State::Created).then(|| self.processing_until.unwrap_or(self.expires_at))
    }

    /// The session runs out, or the bank answers at last.
    pub(super) fn catch_up(&mut self, stamp: Stamp) -> Option<Event> {
        let due = self.due_at().filter(|due| *due <= stamp.now)?;
        let stamp = Stamp { now: due, ..stamp };
        if self.processing_until.is_some() {
            return Some(self.authorize(stamp));
        }
        self.state = State::Expired;
        Some(self.log(EventName::Expired, self.terms.value, stamp))
    }

    /// The payer approves. Some amounts are refused by the bank, and one leaves everybody waiting.
    pub(super) fn approve(&mut self, stamp: Stamp) -> Outcome {
        self.payer_may_act()?;
        if let Some(why) = refusal_of_the_bank(self.terms.value) {
            self.refuse_card(why, stamp.now);
            return Ok(None);
        }
        if self.terms.value == UNKNOWN_OUTCOME_AMOUNT {
            self.processing_until = Some(stamp.now + UNKNOWN_OUTCOME);
            return Ok(None);
        }
        Ok(Some(self.authorize(stamp)))
    }

    /// The card is refused; the payer may try another.
    pub(super) fn decline(&mut self, stamp: Stamp) -> Outcome {
        self.payer_may_act()?;
        self.refuse_card("refused by the bank", stamp.now);
        Ok(None)
    }

    fn refuse_card(&mut self, why: &str, now: Timestamp) {
        self.card_refused = Some(why.to_owned());
        if let Some(begun) = &mut self.ecom {
            begun.refused_cards.push(now);
        }
    }

    /// The payer gives up.
    pub(super) fn abort(&mut self, stamp: Stamp) -> Outcome {
        self.payer_may_act()?;
        self.state = State::Aborted;
        Ok(Some(self.log(EventName::Aborted, self.terms.value, stamp)))
    }

    /// The session ends now instead of later.
    pub(super) fn expire(&mut self, stamp: Stamp) -> Outcome {
        self.payer_may_act()?;
        self.state = State::Expired;
        Ok(Some(self.log(EventName::Expired, self.terms.value, stamp)))
    }

    /// The merchant takes reserved money.
    pub(super) fn capture(&mut self, value: i64, stamp: Stamp) -> Outcome {
        match self.state {
            State::Created if self.processing_until.is_some() => return Err(Refusal::OrderProcessing),
            State::Created => return Err(Refusal::CaptureBeforeReservation),
            State::Terminated => return Err(Refusal::CaptureOfCancelled),
            State::Aborted | State::Expired => return Err(Refusal::CaptureInWrongState),
            State::Authorized => {}
        }
        if self.cancelled > 0 {
            return Err(Refusal::CaptureOfCancelled);
        }
        if self.reserved() == 0 {
            return Err(Refusal::AlreadyCaptured);
        }
        if self.is_older_than(CAPTURE_PERIOD, stamp.now) {
            return Err(Refusal::CapturePeriodOver);
        }
        if value < 1 {
            return Err(Refusal::TooSmall);
        }
        if value > self.reserved() {
            return Err(Refusal::CaptureTooHigh);
        }
        self.captured += value;
        Ok(Some(self.log(EventName::Captured, value, stamp)))
    }

    /// The merchant gives taken money back.
    pub(super) fn refund(&mut self, value: i64, stamp: Stamp) -> Outcome {
        match self.state {
            State::Created if self.processing_until.is_some() => return Err(Refusal::OrderProcessing),
            State::Created => return Err(Refusal::RefundBeforeReservation),
            State::Terminated | State::Aborted | State::Expired => return Err(Refusal::RefundInWrongState),
            State::Authorized => {}
        }
        if self.refundable() == 0 && self.refunded > 0 {
            return Err(Refusal::AlreadyRefunded);
        }
        if value == 124 || self.is_older_than(REFUND_PERIOD, stamp.now) {
            return Err(Refusal::RefundPeriodOver);
        }
        if value == 123 {
            return Err(Refusal::NoReceivingAccount);
        }
        if value < 1 {
            return Err(Refusal::TooSmall);
        }
        if value > self.refundable() {
            return Err(Refusal::NotEnoughRefundable);
        }
        self.refunded += value;
        Ok(Some(self.log(EventName::Refunded, value, stamp)))
    }

    /// The merchant cancels whatever the payer has done: an open session ends, reserved money is released.
    pub(super) fn cancel(&mut self, stamp: Stamp) -> Outcome {
        match self.state {
            State::Created => self.terminate(stamp),
            State::Terminated | State::Aborted | State::Expired => Err(Refusal::CancelOfNonReserved),
            State::Authorized if self.cancelled > 0 => Err(Refusal::CancelInWrongState),
            State::Authorized if self.reserved() == 0 => Err(Refusal::CancelOfCaptured),
            State::Authorized => {
                let released = self.reserved();
                self.cancelled += released;
                Ok(Some(self.log(EventName::Cancelled, released, stamp)))
            }
        }
    }

    /// The merchant cancels only if the payer has not approved.
    pub(super) fn cancel_unapproved(&mut self, stamp: Stamp) -> Outcome {
        match self.state {
            State::Created => self.terminate(stamp),
            State::Terminated | State::Aborted | State::Expired => Err(Refusal::CancelOfNonReserved),
            State::Authorized => Err(Refusal::CancelOfAuthorized),
        }
    }

    fn terminate(&mut self, stamp: Stamp) -> Outcome {
        if self.processing_until.is_some() {
            return Err(Refusal::Processing);
        }
        self.state = State::Terminated;
        self.cancelled = self.terms.value;
        Ok(Some(self.log(EventName::Terminated, self.terms.value, stamp)))
    }

    fn authorize(&mut self, stamp: Stamp) -> Event {
        self.state = State::Authorized;
        self.authorized = self.terms.value;
        self.authorized_at = Some(stamp.now);
        self.processing_until = None;
        self.card_refused = None;
        self.log(EventName::Authorized, self.terms.value, stamp)
    }

    fn payer_may_act(&self) -> Result<(), Refusal> {
        match self.state {
            State::Created if self.processing_until.is_some() => Err(Refusal::Processing),
            State::Created => Ok(()),
            State::Authorized => Err(Refusal::AlreadyReserved),
            State::Aborted | State::Expired | State::Terminated => Err(Refusal::PaymentEnded),
        }
    }

    fn is_older_than(&self, span: TimeDelta, now: Timestamp) -> bool {
        self.authorized_at.is_some_and(|at| now > at + span)
    }

    fn log(&mut self, name: EventName, value: i64, stamp: Stamp) -> Event {
        let Stamp { now, psp_reference, idempotency_key } = stamp;
        let event = Event { name, psp_reference, value, at: now, idempotency_key };
        self.events.push(event.clone());
        event
    }
}

/// The amounts that the provider's test environment refuses.
fn refusal_of_the_bank(value: i64) -> Option<&'static str> {
    match value {
        151 => Some("not enough money on the account"),
        182 => Some("refused by the issuer"),
        183 => Some("suspected fraud"),
        184 => Some("over the card's limit"),
        186 => Some("the card has expired"),
        187 => Some("not a valid card"),
        197 => Some("3-D Secure was denied"),
        _ => None,
    }
}
