//! Where a seat, an order, a payment and a refund stand, in words for those who look after them.

use super::voice::{Voice, named};
use crate::domain::attempt::{AttemptState, End};
use crate::domain::attention::{Act, AttentionReason};
use crate::domain::order::{OrderStatus, RefundStatus};
use crate::domain::registration::{EndedReason, Status};
use crate::domain::sales_unit::Provider;
use crate::http::pages::Tone;
use crate::store::registrations::RegistrationView;

/// A state in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// The color it is said in.
    pub(super) tone: Tone,
    /// The words.
    pub(super) text: String,
}

impl State {
    fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }

    /// The same with the name of this provider.
    pub(super) fn at(self, provider: Provider) -> Self {
        Self { text: named(&self.text, provider), ..self }
    }
}

/// Where a registration stands.
pub(super) fn seat(status: &Status, place: Option<i64>, voice: Voice) -> State {
    match status {
        Status::Waitlisted { .. } => {
            let place = place.map(|place| place.to_string()).unwrap_or_default();
            State::new(Tone::Waiting, format!("{} {place}", voice.pick("Venteliste, nr.", "Waiting list, no.")).trim())
        }
        Status::AwaitingPayment { payment_expiredate } if voice.now < *payment_expiredate => {
            let until = voice.short(*payment_expiredate);
            State::new(Tone::Open, format!("{} {until}", voice.pick("Betaler innen", "To pay by")))
        }
        Status::AwaitingPayment { .. } => {
            State::new(Tone::Waiting, voice.pick("Fristen er ute, vi spør Vipps", "Past the deadline, asking Vipps"))
        }
        Status::Confirmed => State::new(Tone::Good, voice.pick("Har plass", "Has a seat")),
        Status::Ended(reason) => State::new(Tone::Over, ended(*reason, voice)),
    }
}

fn ended(reason: EndedReason, voice: Voice) -> &'static str {
    match reason {
        EndedReason::Withdrawn => voice.pick("Meldte seg av", "Signed off"),
        EndedReason::Unpaid => voice.pick("Betalte ikke i tide", "Did not pay in time"),
        EndedReason::Removed => voice.pick("Fjernet av arrangør", "Removed by an organizer"),
        EndedReason::EventCancelled => voice.pick("Arrangementet ble avlyst", "The event was cancelled"),
    }
}

/// What became of the money for a seat; empty when nothing is owed for it yet.
pub(super) fn payment(view: &RegistrationView, voice: Voice) -> Option<State> {
    view.order.as_ref().map(|order| order_status(order.status, voice))
}

/// Where an order stands.
pub(super) fn order_status(status: OrderStatus, voice: Voice) -> State {
    match status {
        OrderStatus::Initiate => State::new(Tone::Open, voice.pick("Ikke betalt ennå", "Not paid yet")),
        OrderStatus::Reserved => State::new(Tone::Waiting, voice.pick("Reservert", "Reserved")),
        OrderStatus::Capture => State::new(Tone::Good, voice.pick("Betalt", "Paid")),
        OrderStatus::Refund => State::new(Tone::Over, voice.pick("Betalt tilbake", "Refunded")),
        OrderStatus::Void => State::new(Tone::Over, voice.pick("Frigitt", "Released")),
        OrderStatus::Cancel => State::new(Tone::Over, voice.pick("Ble ikke betalt", "Never paid")),
        OrderStatus::Sale => State::new(Tone::Good, voice.pick("Betalt utenom", "Paid elsewhere")),
    }
}

/// Where one payment at Vipps stands.
pub(super) fn attempt(state: AttemptState, voice: Voice) -> State {
    match state {
        AttemptState::Planned => State::new(Tone::Waiting, voice.pick("Skal lages", "To be made")),
        AttemptState::Sent => State::new(Tone::Waiting, voice.pick("Lages nå", "Being made")),
        AttemptState::Open => State::new(Tone::Open, voice.pick("Kan godkjennes", "Can be approved")),
        AttemptState::Authorized => State::new(Tone::Waiting, voice.pick("Godkjent", "Approved")),
        AttemptState::Settled => State::new(Tone::Good, voice.pick("Gjort opp", "Settled")),
        AttemptState::Dead(End::Aborted) => State::new(Tone::Over, voice.pick("Avbrutt", "Cancelled")),
        AttemptState::Dead(End::Expired) => State::new(Tone::Over, voice.pick("Gikk ut på tid", "Timed out")),
        AttemptState::Dead(End::Terminated) => State::new(Tone::Over, voice.pick("Avsluttet av oss", "Ended by us")),
        AttemptState::Dead(End::Failed) => {
            State::new(Tone::Over, voice.pick("Kortet ble ikke belastet", "Card not charged"))
        }
        AttemptState::Dead(End::Abandoned) => State::new(Tone::Over, voice.pick("Ble ikke noe av", "Never came to be")),
    }
}

/// Where a refund stands.
pub(super) fn refund(status: RefundStatus, voice: Voice) -> State {
    match status {
        RefundStatus::Pending => State::new(Tone::Waiting, voice.pick("På vei", "On its way")),
        RefundStatus::Done => State::new(Tone::Good, voice.pick("Gjennomført", "Done")),
        RefundStatus::Refused => State::new(Tone::Open, voice.pick("Avvist", "Refused")),
    }
}

/// What a person can do about it.
pub(super) fn act(act: Act, voice: Voice) -> &'static str {
    match act {
        Act::TryAgain => voice.pick("Spør Vipps, og prøv på nytt", "Ask Vipps, and try again"),
        Act::PaidOutside => voice.pick("Før plassen som betalt utenom Vipps", "Record the seat as paid outside Vipps"),
        Act::SettledElsewhere => {
            voice.pick("La det stå: Det er gjort opp på annen måte", "Leave it: it was settled elsewhere")
        }
    }
}

/// What a person must look at.
pub(super) fn attention(reason: AttentionReason, voice: Voice) -> &'static str {
    match reason {
        AttentionReason::PaymentRefused => voice.pick(
            "Vipps ville ikke lage betalingen. Se etter i Vipps-portalen om avtalen er i orden.",
            "Vipps would not make the payment. See in the Vipps portal whether the agreement is in order.",
        ),
        AttentionReason::CloseRefused => voice.pick(
            "Vipps ville ikke avslutte en åpen betaling. Se på den i Vipps-portalen.",
            "Vipps would not end an open payment. Look at it in the Vipps portal.",
        ),
        AttentionReason::CaptureRefused => voice.pick(
            "Vipps ville ikke trekke det som er reservert. Trekk det i Vipps-portalen, eller fjern personen.",
            "Vipps would not take what is reserved. Take it in the Vipps portal, or remove the person.",
        ),
        AttentionReason::ReleaseRefused => voice.pick(
            "Vipps ville ikke frigi det som er reservert. Frigi det i Vipps-portalen.",
            "Vipps would not release what is reserved. Release it in the Vipps portal.",
        ),
        AttentionReason::RefundRefused => voice.pick(
            "Vipps ville ikke betale tilbake. Prøv igjen, eller gjør det i Vipps-portalen.",
            "Vipps would not refund. Try again, or do it in the Vipps portal.",
        ),
        AttentionReason::OtherPrice => voice.pick(
            "Vipps viser en annen pris enn den vi ba om. Sammenlign med Vipps-portalen.",
            "Vipps shows another price than we asked for. Compare with the Vipps portal.",
        ),
        AttentionReason::ImpossibleSums => voice.pick(
            "Vipps viser beløp som ikke går opp. Sammenlign med Vipps-portalen.",
            "Vipps shows amounts that do not add up. Compare with the Vipps portal.",
        ),
        AttentionReason::TwoEnds => voice.pick(
            "Vipps har sagt to ulike ting om hvordan betalingen endte. Sammenlign med Vipps-portalen.",
            "Vipps has told two different ends of the payment. Compare with the Vipps portal.",
        ),
        AttentionReason::PaymentVanished => voice.pick(
            "Pengene for en bekreftet plass er borte, trolig frigitt i Vipps-portalen. Plassen står fortsatt.",
            "The money for a confirmed seat is gone, probably released in the Vipps portal. The seat still stands.",
        ),
        AttentionReason::PaidTooMuch => voice.pick(
            "Det er trukket mer enn prisen, trolig i Vipps-portalen. Betal tilbake det som er for mye.",
            "More than the price was taken, probably in the Vipps portal. Refund what is too much.",
        ),
    }
}
