//! The trail of a seat and its money as a story in sentences, from the first click to the last refund. Every happening
//! has its words: one that is added does not compile until somebody found them.

use std::collections::HashMap;

use super::states;
use super::voice::{Voice, named};
use crate::domain::ids::UserId;
use crate::domain::money::{Currency, Money};
use crate::domain::registration::EndedReason;
use crate::domain::sales_unit::Provider;
use crate::domain::trail::{Cause, Happening};
use crate::http::write_time;
use crate::store::trail::TrailLine;

/// One line of the story.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    /// The sentence.
    pub(super) text: String,
    /// When, in words.
    pub(super) at: String,
    /// When, for machines.
    pub(super) machine_at: String,
    /// True for what only sums up the lines before it.
    pub(super) is_summary: bool,
}

/// Who caused something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The person whose seat it is.
    Member(String),
    /// An organizer or a treasurer.
    Organizer(String),
    /// The house itself.
    System,
    /// Whoever has the payment link.
    Payer,
}

/// What a story is about.
pub(super) struct Story<'s> {
    /// Whose seat it is.
    pub(super) person: &'s str,
    /// Over whom it is paid.
    pub(super) provider: Provider,
    /// The currency of all amounts.
    pub(super) currency: Currency,
    /// The names of whoever acted.
    pub(super) names: &'s HashMap<UserId, (String, String)>,
    /// How it is told.
    pub(super) voice: Voice,
}

impl Story<'_> {
    /// One line of the trail in words.
    pub(super) fn tell(&self, line: &TrailLine) -> Sentence {
        let happening = Happening::from_word(&line.kind);
        let amount = line.amount.map(|amount| self.voice.price(Money { amount, currency: self.currency }));
        let text = match happening {
            Some(happening) => {
                let cause = Cause::from_word(&line.cause);
                self.sentence(happening, &cause, &self.by(line), amount.as_deref().unwrap_or_default())
            }
            // Only a newer house writes what this one does not know.
            None => format!("{} {}: {}", self.voice.pick("Notert:", "Noted:"), line.kind, line.cause),
        };
        Sentence {
            text: named(&text, self.provider),
            at: self.voice.short(line.at),
            machine_at: write_time(line.at),
            is_summary: matches!(happening, Some(Happening::OrderIs(_))),
        }
    }

    fn by(&self, line: &TrailLine) -> By {
        let name =
            line.actor_user.and_then(|user| self.names.get(&user)).map(|(first, last)| format!("{first} {last}"));
        let name = || name.clone().unwrap_or_else(|| self.voice.pick("Noen", "Somebody").to_owned());
        match line.actor_kind.as_str() {
            "member" => By::Member(name()),
            "organizer" => By::Organizer(name()),
            "payer" => By::Payer,
            _ => By::System,
        }
    }

    /// What happened, why, by whom and how much.
    pub(super) fn sentence(&self, happening: Happening, cause: &Cause, by: &By, amount: &str) -> String {
        match happening {
            Happening::SeatHeld | Happening::Waitlisted | Happening::Confirmed | Happening::Promoted => {
                self.of_seat(happening, cause, by)
            }
            Happening::Ended(reason) => self.of_end(reason, by),
            Happening::PaidOutside => self.with_reason(self.paid_outside(by, amount), cause),
            Happening::PaymentOpened => self.payment_opened(by),
            Happening::AttemptOpened
            | Happening::AttemptAborted
            | Happening::AttemptExpired
            | Happening::AttemptTerminated
            | Happening::AttemptFailed
            | Happening::AttemptAbandoned => self.of_attempt(happening, cause).to_owned(),
            Happening::Authorized | Happening::Captured | Happening::Refunded | Happening::Released => {
                self.of_money(happening, cause, amount)
            }
            Happening::RefundAsked | Happening::RefundDone | Happening::RefundRefused => {
                self.of_refund(happening, cause, by, amount)
            }
            Happening::NeedsAttention => {
                if let Cause::Attention(reason) = cause {
                    states::attention(*reason, self.voice).to_owned()
                } else {
                    self.pick(
                        "Noe stemmer ikke, og noen må se på det.",
                        "Something is not right, and somebody must look.",
                    )
                }
            }
            Happening::TriedAgain | Happening::SettledElsewhere => self.of_a_persons_act(happening, cause, by, amount),
            Happening::OrderIs(status) => {
                format!("{} {}.", self.voice.pick("Status:", "Status:"), states::order_status(status, self.voice).text)
            }
        }
    }

    fn pick(&self, nb: &'static str, en: &'static str) -> String {
        self.voice.pick(nb, en).to_owned()
    }

    fn two(&self, nb: String, en: String) -> String {
        if self.voice.language.is_nb() { nb } else { en }
    }

    // What somebody said about it stands behind it, as it was said.
    fn with_reason(&self, sentence: String, cause: &Cause) -> String {
        if let Cause::Said(words) = cause {
            self.two(format!("{sentence}: «{words}»"), format!("{sentence}: “{words}”"))
        } else {
            format!("{sentence}.")
        }
    }

    fn of_seat(&self, happening: Happening, cause: &Cause, by: &By) -> String {
        let person = self.person;
        if happening == Happening::Promoted {
            return self.two(
                format!("En plass ble ledig og gikk til {person}, som sto først på ventelista."),
                format!("A seat came free and went to {person}, who was first on the waiting list."),
            );
        }
        if happening == Happening::Confirmed && *cause == Cause::PaymentAuthorized {
            return self.pick(
                "Betalingen er godkjent, og plassen er bekreftet.",
                "The payment is approved, and the seat is confirmed.",
            );
        }
        let (nb, en) = if happening == Happening::SeatHeld {
            ("fikk holdt av en plass", "a seat is held")
        } else if happening == Happening::Waitlisted {
            ("kom på ventelista", "is on the waiting list")
        } else {
            ("fikk plass", "has a seat")
        };
        match (by, cause) {
            (By::Organizer(who), Cause::Said(words)) => self.two(
                format!("{who} meldte på {person}, som {nb}. Ført som betalt utenom Vipps: «{words}»"),
                format!("{who} signed {person} up: {en}. Recorded as paid outside Vipps: “{words}”"),
            ),
            (By::Organizer(who), _) => {
                self.two(format!("{who} meldte på {person}, som {nb}."), format!("{who} signed {person} up: {en}."))
            }
            (By::Member(who), _) => {
                self.two(format!("{who} meldte seg på og {nb}."), format!("{who} signed up: {en}."))
            }
            (By::System | By::Payer, _) => self.two(format!("{person} {nb}."), format!("{person}: {en}.")),
        }
    }

    fn of_end(&self, reason: EndedReason, by: &By) -> String {
        let person = self.person;
        match (reason, by) {
            (EndedReason::Withdrawn, _) => {
                self.two(format!("{person} meldte seg av."), format!("{person} signed off."))
            }
            (EndedReason::Unpaid, _) => self.pick(
                "Fristen gikk ut uten betaling, og plassen ble gitt videre.",
                "The deadline passed without a payment, and the seat was passed on.",
            ),
            (EndedReason::Removed, By::Organizer(who)) => {
                self.two(format!("{who} fjernet {person}."), format!("{who} removed {person}."))
            }
            (EndedReason::Removed, By::Member(_) | By::System | By::Payer) => {
                self.two(format!("{person} ble fjernet."), format!("{person} was removed."))
            }
            (EndedReason::EventCancelled, _) => self.pick("Arrangementet ble avlyst.", "The event was cancelled."),
        }
    }

    fn paid_outside(&self, by: &By, amount: &str) -> String {
        match by {
            By::Member(who) | By::Organizer(who) => self.two(
                format!("{who} førte {amount} som betalt utenom Vipps"),
                format!("{who} recorded {amount} as paid outside Vipps"),
            ),
            By::System | By::Payer => self.two(
                format!("{amount} ble ført som betalt utenom Vipps"),
                format!("{amount} was recorded as paid outside Vipps"),
            ),
        }
    }

    fn payment_opened(&self, by: &By) -> String {
        match by {
            By::Member(who) | By::Organizer(who) => {
                self.two(format!("{who} gikk til Vipps for å betale."), format!("{who} went to Vipps to pay."))
            }
            By::Payer | By::System => self.pick(
                "Noen med betalingslenka gikk til Vipps for å betale.",
                "Somebody with the payment link went to Vipps to pay.",
            ),
        }
    }

    fn of_a_persons_act(&self, happening: Happening, cause: &Cause, by: &By, amount: &str) -> String {
        let who = match by {
            By::Member(who) | By::Organizer(who) => who.as_str(),
            By::System | By::Payer => self.voice.pick("Noen", "Somebody"),
        };
        let sentence = if happening == Happening::TriedAgain {
            self.two(format!("{who} lot det prøves på nytt"), format!("{who} had it tried again"))
        } else {
            self.two(
                format!("{who} førte {amount} som gjort opp på annen måte"),
                format!("{who} recorded {amount} as settled elsewhere"),
            )
        };
        self.with_reason(sentence, cause)
    }

    fn of_attempt(&self, happening: Happening, cause: &Cause) -> &'static str {
        let pick = |nb, en| self.voice.pick(nb, en);
        match (happening, cause) {
            (Happening::AttemptOpened, Cause::Observed) => {
                pick("Vipps viser at betalingen er klar.", "Vipps shows that the payment is ready.")
            }
            (Happening::AttemptOpened, _) => pick("Vipps gjorde en betaling klar.", "Vipps made a payment ready."),
            (Happening::AttemptAborted, _) => {
                pick("Betalingen ble avbrutt i Vipps.", "The payment was cancelled in Vipps.")
            }
            (Happening::AttemptExpired, _) => {
                pick("Betalingen i Vipps gikk ut på tid.", "The payment in Vipps timed out.")
            }
            (Happening::AttemptTerminated, _) => {
                pick("Vi avsluttet den åpne betalingen hos Vipps.", "We ended the open payment at Vipps.")
            }
            (Happening::AttemptFailed, _) => pick("Kortet kunne ikke belastes.", "The card could not be charged."),
            (_, Cause::ProviderRefused) => {
                pick("Vipps ville ikke lage betalingen.", "Vipps would not make the payment.")
            }
            (_, Cause::ProviderKnowsNoSuchPayment) => pick(
                "Vipps kjenner ikke betalingen vi ba om, så den ble lagt bort.",
                "Vipps does not know the payment we asked for, so it was put aside.",
            ),
            (_, Cause::NeverSent) => pick(
                "En planlagt betaling ble lagt bort før den ble sendt til Vipps.",
                "A planned payment was put aside before it was sent to Vipps.",
            ),
            (_, _) => pick("En betaling ble lagt bort.", "A payment was put aside."),
        }
    }

    fn of_money(&self, happening: Happening, cause: &Cause, amount: &str) -> String {
        let (nb, en) = if happening == Happening::Authorized {
            ("ble godkjent og er reservert i Vipps", "was approved and is reserved in Vipps")
        } else if happening == Happening::Captured {
            ("ble trukket med Vipps", "was taken with Vipps")
        } else if happening == Happening::Refunded {
            ("er betalt tilbake med Vipps", "was refunded with Vipps")
        } else {
            ("er ikke lenger reservert", "is no longer reserved")
        };
        let whose = if *cause == Cause::InThePortal {
            self.voice.pick(": Noen gjorde det i Vipps-portalen.", ": somebody did so in the Vipps portal.")
        } else {
            "."
        };
        format!("{amount} {}{whose}", self.voice.pick(nb, en))
    }

    fn of_refund(&self, happening: Happening, cause: &Cause, by: &By, amount: &str) -> String {
        let who = match by {
            By::Member(who) | By::Organizer(who) => who.as_str(),
            By::System | By::Payer => self.voice.pick("Noen", "Somebody"),
        };
        match (happening, cause) {
            (Happening::RefundAsked, _) => self.with_reason(
                self.two(format!("{who} ba om å betale tilbake {amount}"), format!("{who} asked to refund {amount}")),
                cause,
            ),
            (Happening::RefundRefused, Cause::NothingLeftToRefund) => self.two(
                format!("{amount} kan ikke betales tilbake: Så mye er det ikke igjen."),
                format!("{amount} cannot be refunded: that much is not left."),
            ),
            (Happening::RefundRefused, _) => self
                .two(format!("Vipps ville ikke betale tilbake {amount}."), format!("Vipps would not refund {amount}.")),
            (_, Cause::Said(_)) => self.with_reason(
                self.two(
                    format!("{who} førte {amount} som gitt tilbake utenom Vipps"),
                    format!("{who} recorded {amount} as given back outside Vipps"),
                ),
                cause,
            ),
            (_, Cause::Recorded) => self.two(
                format!("{amount} som var betalt utenom Vipps, er ført som gitt tilbake."),
                format!("{amount} that was paid outside Vipps is recorded as given back."),
            ),
            (_, Cause::AllWasGivenBack) => self.two(
                format!("Ønsket om å betale tilbake {amount} er dekket: Alt er betalt tilbake."),
                format!("The wish to refund {amount} is covered: everything was refunded."),
            ),
            (_, _) => self.two(
                format!("Tilbakebetalingen av {amount} er gjennomført."),
                format!("The refund of {amount} is done."),
            ),
        }
    }
}
