//! How a payer comes to a payment, and what that means for a payment nobody has heard of. How it is asked of a provider is
//! the adapter's business.

use chrono::TimeDelta;

use super::attempt::{Attempt, AttemptState, SESSION_LIFE};

/// How long after the last create call of a web payment ended a 404 proves that nothing was made.
const ABSENCE_COUNTS_AFTER: TimeDelta = TimeDelta::seconds(60);

/// How a payer comes to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flow {
    /// Through the provider's page.
    Web,
    /// By scanning a code on a screen, made for this payment alone.
    Qr,
    /// By a request to a phone whose number somebody entered.
    Phone,
    /// By having scanned a code at the door.
    Scan,
}

impl Flow {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Web, Self::Qr, Self::Phone, Self::Scan];

    /// The word in rows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Qr => "qr",
            Self::Phone => "phone",
            Self::Scan => "scan",
        }
    }

    /// True when the payment is on the payer's phone as soon as it is made: nobody hands it out.
    pub fn is_on_the_phone(self) -> bool {
        match self {
            Self::Phone | Self::Scan => true,
            Self::Web | Self::Qr => false,
        }
    }

    /// How long after the last create call ended a 404 proves that nothing was made. Without its redirect URL nobody can
    /// pay a web payment; any other may be on a phone already, for as long as a session lives.
    pub fn absence_counts_after(self) -> TimeDelta {
        match self {
            Self::Web => ABSENCE_COUNTS_AFTER,
            Self::Qr | Self::Phone | Self::Scan => SESSION_LIFE,
        }
    }
}

impl Attempt {
    /// True when the body of its create call is of no more use and names a person: whose phone was asked, or who scanned.
    pub fn forgets_request(&self) -> bool {
        self.flow.is_on_the_phone() && !matches!(self.state, AttemptState::Planned | AttemptState::Sent)
    }
}

#[cfg(test)]
mod tests {
    use super::super::attempt::End;
    use super::super::attempt::tests::attempt_in;
    use super::*;

    #[test]
    fn only_a_web_payment_is_given_up_soon() {
        for flow in Flow::ALL {
            let (is_web, soon) = (flow == Flow::Web, TimeDelta::minutes(1));
            assert_eq!(flow.absence_counts_after() == soon, is_web, "{flow:?}");
            assert!(is_web || flow.absence_counts_after() == SESSION_LIFE, "{flow:?}");
            assert!(!(is_web && flow.is_on_the_phone()));
        }
    }

    #[test]
    fn a_request_that_names_a_person_is_forgotten_once_it_was_answered() {
        let (planned, sent, open) = (AttemptState::Planned, AttemptState::Sent, AttemptState::Open);
        for (flow, state, forgotten) in [
            (Flow::Phone, planned, false),
            (Flow::Phone, sent, false),
            (Flow::Phone, open, true),
            (Flow::Phone, AttemptState::Dead(End::Expired), true),
            (Flow::Scan, open, true),
            (Flow::Web, open, false),
            (Flow::Qr, open, false),
        ] {
            let attempt = Attempt { flow, ..attempt_in(state) };
            assert_eq!(attempt.forgets_request(), forgotten, "{flow:?} {state:?}");
        }
    }
}
