//! What differs from one payment provider to the next, as rules: which money it takes, and how its payments begin, end
//! and go back. Nothing here knows a wire.

use chrono::TimeDelta;

use super::attempt::SESSION_LIFE;
use super::flow::Flow;
use super::money::Currency;
use super::sales_unit::Provider;

impl Provider {
    /// True when its sales units have prices in this currency.
    pub fn takes(self, currency: Currency) -> bool {
        match (self, currency) {
            (Self::Askell, Currency::Isk) => true,
            (Self::Askell, Currency::Nok | Currency::Dkk | Currency::Eur) => false,
            (Self::VippsEpayment | Self::VippsEcom, Currency::Isk) => false,
            (Self::VippsEpayment, Currency::Nok | Currency::Dkk | Currency::Eur) => true,
            // Norway only (Vipps eCom v2).
            (Self::VippsEcom, Currency::Nok) => true,
            (Self::VippsEcom, Currency::Dkk | Currency::Eur) => false,
        }
    }

    /// The codes of the currencies that it takes.
    pub fn currencies(self) -> Vec<&'static str> {
        Currency::ALL.into_iter().filter(|currency| self.takes(*currency)).map(Currency::code).collect()
    }

    /// True when its sales units have a number of their own.
    pub fn numbers_its_units(self) -> bool {
        match self {
            Self::VippsEpayment | Self::VippsEcom => true,
            Self::Askell => false,
        }
    }

    /// True when a payment charges a card that the provider keeps: nobody approves it, so nothing is sent before the
    /// member has pressed, and a charge that failed can be tried again.
    pub fn charges_stored_cards(self) -> bool {
        match self {
            Self::VippsEpayment | Self::VippsEcom => false,
            Self::Askell => true,
        }
    }

    /// True when a create may be repeated blindly: its key makes the second one the first. Otherwise somebody must look
    /// before anything is sent again.
    pub fn knows_creates_by_their_key(self) -> bool {
        match self {
            Self::VippsEpayment | Self::VippsEcom => true,
            Self::Askell => false,
        }
    }

    /// True when a payment that nobody approved can be ended by a call.
    pub fn ends_sessions(self) -> bool {
        match self {
            Self::VippsEpayment | Self::VippsEcom => true,
            Self::Askell => false,
        }
    }

    /// True when a part of what was taken can be given back.
    pub fn refunds_parts(self) -> bool {
        match self {
            Self::VippsEpayment | Self::VippsEcom => true,
            Self::Askell => false,
        }
    }

    /// How long after the last create call ended "not found" proves that nothing was made. A stored card is charged
    /// without its owner, so there nothing is proven before a whole session's life has passed.
    pub fn absence_counts_after(self, flow: Flow) -> TimeDelta {
        match self {
            Self::VippsEpayment | Self::VippsEcom => flow.absence_counts_after(),
            Self::Askell => SESSION_LIFE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_currency_has_its_providers() {
        assert_eq!(Provider::VippsEpayment.currencies(), ["NOK", "DKK", "EUR"]);
        assert_eq!(Provider::VippsEcom.currencies(), ["NOK"]);
        assert_eq!(Provider::Askell.currencies(), ["ISK"]);
    }

    #[test]
    fn absence_proves_nothing_about_a_stored_card_for_a_sessions_life() {
        for flow in Flow::ALL {
            assert_eq!(Provider::Askell.absence_counts_after(flow), SESSION_LIFE);
        }
        assert!(Provider::VippsEpayment.absence_counts_after(Flow::Web) < SESSION_LIFE);
    }
}
