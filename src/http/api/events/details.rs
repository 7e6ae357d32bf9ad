//! What organizers send about an event: all of it for a new one, or only what changes.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::event::{EventDetails, PROMOTION_PAYTIME_DEFAULT, PaidInformation};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::SalesUnitId;
use crate::domain::money::Money;
use crate::domain::patch::Patch;
use crate::domain::refusal::Refusal;
use crate::http::values::{Amount, CurrencyCode, Moment, Span};
use crate::http::words::CurrencyWord;

/// An event to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEvent {
    /// The title.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// The description; empty unless given.
    #[schema(max_length = 20000)]
    description: Option<String>,
    /// Where it happens; empty unless given.
    #[schema(max_length = 200)]
    location: Option<String>,
    /// When it starts.
    start_date: Moment,
    /// When it ends: after it starts.
    end_date: Moment,
    /// The slug of the group that organizes it.
    organizer: String,
    /// How many seats there are; 0, or nothing, means no limit.
    #[schema(minimum = 0, maximum = 1000000)]
    limit: Option<i64>,
    /// False when the event takes no sign-ups at all; true unless given.
    sign_up: Option<bool>,
    /// True when sign-ups are stopped; false unless given.
    closed: Option<bool>,
    /// When sign-up opens; null means that it is open.
    start_registration_at: Option<Moment>,
    /// When sign-up ends; null means at the start.
    end_registration_at: Option<Moment>,
    /// Until when a confirmed member may sign off; null means until the start.
    sign_off_deadline: Option<Moment>,
    /// True when signing off gives the money back; false unless given.
    refund_on_sign_off: Option<bool>,
    /// What a seat costs; null means that the event is free.
    paid_information: Option<NewPaidInformation>,
}

/// What a seat costs, and how long one has to pay. A price is between 1.00 and 100000.00.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPaidInformation {
    /// The price of a seat.
    price: Amount,
    /// Its currency; NOK unless given.
    #[schema(value_type = Option<CurrencyWord>)]
    currency: Option<CurrencyCode>,
    /// How long one has to pay after sign-up.
    paytime: Span,
    /// How long one has at least to pay for a seat from the waiting list; 12 hours unless given.
    promotion_paytime: Option<Span>,
    /// The sales unit that the money goes to; null means the group's default, and failing that the house's own.
    #[schema(value_type = Option<uuid::Uuid>)]
    sales_unit: Option<SalesUnitId>,
}

impl From<NewPaidInformation> for PaidInformation {
    fn from(new: NewPaidInformation) -> Self {
        Self {
            price: Money { amount: new.price.0, currency: new.currency.map(|code| code.0).unwrap_or_default() },
            paytime: new.paytime.0,
            promotion_paytime: new.promotion_paytime.map_or(PROMOTION_PAYTIME_DEFAULT, |span| span.0),
            sales_unit: new.sales_unit,
        }
    }
}

impl From<NewEvent> for EventDetails {
    fn from(new: NewEvent) -> Self {
        Self {
            title: new.title,
            description: new.description.unwrap_or_default(),
            location: new.location.unwrap_or_default(),
            start_date: new.start_date.0,
            end_date: new.end_date.0,
            organizer: new.organizer,
            limit: new.limit.unwrap_or_default(),
            sign_up: new.sign_up.unwrap_or(true),
            closed: new.closed.unwrap_or_default(),
            start_registration_at: new.start_registration_at.map(|moment| moment.0),
            end_registration_at: new.end_registration_at.map(|moment| moment.0),
            sign_off_deadline: new.sign_off_deadline.map(|moment| moment.0),
            refund_on_sign_off: new.refund_on_sign_off.unwrap_or_default(),
            paid_information: new.paid_information.map(PaidInformation::from),
            cancellation: None,
        }
    }
}

/// What changes about an event; what is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventPatch {
    /// The title.
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    title: Patch<String>,
    /// The description.
    #[serde(default)]
    #[schema(value_type = String, required = false, max_length = 20000)]
    description: Patch<String>,
    /// Where it happens.
    #[serde(default)]
    #[schema(value_type = String, required = false, max_length = 200)]
    location: Patch<String>,
    /// When it starts.
    #[serde(default)]
    #[schema(value_type = Moment, required = false)]
    start_date: Patch<Moment>,
    /// When it ends.
    #[serde(default)]
    #[schema(value_type = Moment, required = false)]
    end_date: Patch<Moment>,
    /// The slug of the group that organizes it; needs the right in both groups.
    #[serde(default)]
    #[schema(value_type = String, required = false)]
    organizer: Patch<String>,
    /// How many seats there are; 0 means no limit. More seats go to the waiting list at once.
    #[serde(default)]
    #[schema(value_type = i64, required = false, minimum = 0, maximum = 1000000)]
    limit: Patch<i64>,
    /// False when the event takes no sign-ups at all.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    sign_up: Patch<bool>,
    /// True when sign-ups are stopped.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    closed: Patch<bool>,
    /// When sign-up opens; null means that it is open.
    #[serde(default)]
    #[schema(value_type = Option<Moment>)]
    start_registration_at: Patch<Moment>,
    /// When sign-up ends; null means at the start.
    #[serde(default)]
    #[schema(value_type = Option<Moment>)]
    end_registration_at: Patch<Moment>,
    /// Until when a confirmed member may sign off; null means until the start.
    #[serde(default)]
    #[schema(value_type = Option<Moment>)]
    sign_off_deadline: Patch<Moment>,
    /// True when signing off gives the money back.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    refund_on_sign_off: Patch<bool>,
    /// What a seat costs; null makes the event free. Not while anyone is signed up.
    #[serde(default)]
    #[schema(value_type = Option<PaidPatch>)]
    paid_information: Patch<PaidPatch>,
}

/// What changes about the price; what is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PaidPatch {
    /// The price of a seat. Orders already made keep theirs.
    #[serde(default)]
    #[schema(value_type = Amount, required = false)]
    price: Patch<Amount>,
    /// Its currency.
    #[serde(default)]
    #[schema(value_type = CurrencyWord, required = false)]
    currency: Patch<CurrencyCode>,
    /// How long one has to pay after sign-up.
    #[serde(default)]
    #[schema(value_type = Span, required = false)]
    paytime: Patch<Span>,
    /// How long one has at least to pay for a seat from the waiting list.
    #[serde(default)]
    #[schema(value_type = Span, required = false)]
    promotion_paytime: Patch<Span>,
    /// The sales unit that the money of new orders goes to; null means the group's default, and failing that the
    /// house's own. Orders already made keep theirs.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>, required = false)]
    sales_unit: Patch<SalesUnitId>,
}

impl EventPatch {
    /// The group that the event moves to, if it does.
    pub(super) fn organizer(&self) -> &Patch<String> {
        &self.organizer
    }

    /// The event as it becomes.
    pub(super) fn apply(self, mut event: EventDetails) -> Result<EventDetails, Refusal> {
        let mut errors = Vec::new();
        self.title.apply_filled(&mut event.title, "/title", &mut errors);
        self.description.apply_filled(&mut event.description, "/description", &mut errors);
        self.location.apply_filled(&mut event.location, "/location", &mut errors);
        self.start_date.map(|at| at.0).apply_filled(&mut event.start_date, "/start_date", &mut errors);
        self.end_date.map(|at| at.0).apply_filled(&mut event.end_date, "/end_date", &mut errors);
        self.organizer.apply_filled(&mut event.organizer, "/organizer", &mut errors);
        self.limit.apply_filled(&mut event.limit, "/limit", &mut errors);
        self.sign_up.apply_filled(&mut event.sign_up, "/sign_up", &mut errors);
        self.closed.apply_filled(&mut event.closed, "/closed", &mut errors);
        self.start_registration_at.map(|at| at.0).apply(&mut event.start_registration_at);
        self.end_registration_at.map(|at| at.0).apply(&mut event.end_registration_at);
        self.sign_off_deadline.map(|at| at.0).apply(&mut event.sign_off_deadline);
        self.refund_on_sign_off.apply_filled(&mut event.refund_on_sign_off, "/refund_on_sign_off", &mut errors);
        match self.paid_information {
            Patch::Absent => {}
            Patch::Null => event.paid_information = None,
            Patch::Value(patch) => {
                event.paid_information = patch.apply(event.paid_information, &mut errors).or(event.paid_information);
            }
        }
        if errors.is_empty() { Ok(event) } else { Err(Refusal::Invalid(errors)) }
    }
}

impl PaidPatch {
    /// The price as it becomes; an event that was free needs all that a new one needs.
    fn apply(self, before: Option<PaidInformation>, errors: &mut Vec<FieldError>) -> Option<PaidInformation> {
        let mut price = before.map(|paid| Amount(paid.price.amount));
        let mut paytime = before.map(|paid| Span(paid.paytime));
        let mut currency = CurrencyCode(before.map(|paid| paid.price.currency).unwrap_or_default());
        let mut sales_unit = before.and_then(|paid| paid.sales_unit);
        self.sales_unit.apply(&mut sales_unit);
        let mut promotion = Span(before.map_or(PROMOTION_PAYTIME_DEFAULT, |paid| paid.promotion_paytime));
        self.price.apply(&mut price);
        self.paytime.apply(&mut paytime);
        self.currency.apply_filled(&mut currency, "/paid_information/currency", errors);
        self.promotion_paytime.apply_filled(&mut promotion, "/paid_information/promotion_paytime", errors);
        for (missing, pointer) in
            [(price.is_none(), "/paid_information/price"), (paytime.is_none(), "/paid_information/paytime")]
        {
            if missing {
                errors.push(FieldError::new(pointer, Fault::Required));
            }
        }
        Some(PaidInformation {
            price: Money { amount: price?.0, currency: currency.0 },
            paytime: paytime?.0,
            promotion_paytime: promotion.0,
            sales_unit,
        })
    }
}
