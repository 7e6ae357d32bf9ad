//! Where money goes: an agreement with a payment provider, with its keys, and the sales units under it, each of which
//! belongs to a group. One unit is the house's own: it comes from the configuration. Nothing here knows a secret.

use super::fault::{Fault, FieldError};
use super::ids::{AgreementId, SalesUnitId, UserId};
use super::order::Order;
use super::time::Timestamp;
use super::user::check_length;

/// Which payment provider an agreement is with, and over which of its APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Vipps MobilePay ePayment.
    VippsEpayment,
    /// Vipps eCom v2, for who has not moved to ePayment yet.
    VippsEcom,
    /// Áskell, one-off payments: a stored card is charged.
    Askell,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 3] = [Self::VippsEpayment, Self::VippsEcom, Self::Askell];

    /// The word in the API and in rows.
    pub fn word(self) -> &'static str {
        match self {
            Self::VippsEpayment => "vipps_epayment",
            Self::VippsEcom => "vipps_ecom",
            Self::Askell => "askell",
        }
    }

    /// What payers call it, over whichever of its APIs.
    pub fn name(self) -> &'static str {
        match self {
            Self::VippsEpayment | Self::VippsEcom => "Vipps",
            Self::Askell => "Áskell",
        }
    }

    /// True when people can pay at the door: by a request to their phone, or by scanning a code.
    pub fn is_at_the_door(self) -> bool {
        match self {
            Self::VippsEpayment => true,
            Self::VippsEcom | Self::Askell => false,
        }
    }

    /// True when webhooks are registered with it. Others call back about each payment by itself, or not at all.
    pub fn has_webhooks(self) -> bool {
        match self {
            Self::VippsEpayment | Self::Askell => true,
            Self::VippsEcom => false,
        }
    }

    /// True when an agreement with it may become one with the other: whatever was begun over the one must be finished
    /// over the other. ePayment knows the payments of eCom; no other provider knows those of another.
    pub fn may_become(self, other: Self) -> bool {
        self == other || (self, other) == (Self::VippsEcom, Self::VippsEpayment)
    }

    /// The provider with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.word() == word)
    }
}

/// Where a provider's money is real, and where it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Real money.
    Production,
    /// Made-up money.
    Test,
}

impl Environment {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Production, Self::Test];

    /// The word in the API and in rows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
        }
    }

    /// The environment with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.word() == word)
    }

    /// True when no money is real here: that is marked wherever it shows.
    pub fn is_test_mode(self) -> bool {
        self != Self::Production
    }
}

/// True when the books count an order: its money is real.
pub fn counts_in_the_books(order: &Order) -> bool {
    !order.test_mode
}

/// An agreement with a payment provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// Its name for people.
    pub display_name: String,
    /// With whom.
    pub provider: Provider,
    /// Whether its money is real; it never changes.
    pub environment: Environment,
    /// True when nothing new is to begin under it.
    pub disabled: bool,
    /// Grows with every change that a client made from it must know of.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// That an agreement has keys: when and by whom they were set, never what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysSet {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: UserId,
    /// When the provider first accepted them; empty until then.
    pub proven_at: Option<Timestamp>,
    /// True while the keys before them are kept, because these are not proven.
    pub older_are_kept: bool,
}

/// A sales unit: what the provider pays out for, and what payers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SalesUnit {
    /// Its id.
    pub id: SalesUnitId,
    /// Its name for people.
    pub display_name: String,
    /// The provider's number of it; it never changes. Empty where the provider numbers none.
    pub merchant_serial_number: String,
    /// The agreement whose keys it is used with; it never changes.
    pub agreement: AgreementId,
    /// The slug of the group it belongs to; empty for the house's own.
    pub group: Option<String>,
    /// True when the group's events take it unless they name another.
    pub is_default: bool,
    /// True when no new order begins with it.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

impl Agreement {
    /// What is wrong with it.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        check_length(&mut errors, "/display_name", &self.display_name, 1..=100);
        errors
    }
}

impl SalesUnit {
    /// What is wrong with it, under an agreement with this provider.
    pub fn errors(&self, provider: Provider) -> Vec<FieldError> {
        let mut errors = Vec::new();
        check_length(&mut errors, "/display_name", &self.display_name, 1..=100);
        let number = &self.merchant_serial_number;
        if !provider.numbers_its_units() {
            if !number.is_empty() {
                errors.push(FieldError::new("/merchant_serial_number", Fault::OfAnotherProvider));
            }
        } else if !(4..=6).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            errors.push(FieldError::new("/merchant_serial_number", Fault::NoSerialNumber));
        }
        errors
    }

    /// True when events of this group may name it: it is the group's own, or the house's.
    pub fn is_for(&self, group: &str) -> bool {
        self.group.as_deref().is_none_or(|own| own == group)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::time::at_millis;
    use super::*;

    fn unit(number: &str, group: Option<&str>) -> SalesUnit {
        SalesUnit {
            id: SalesUnitId(Uuid::from_u128(1)),
            display_name: "Hyttekomiteen".to_owned(),
            merchant_serial_number: number.to_owned(),
            agreement: AgreementId::HOUSE,
            group: group.map(str::to_owned),
            is_default: false,
            disabled: false,
            created_at: at_millis(0),
            updated_at: at_millis(0),
        }
    }

    #[test]
    fn words_are_read_back() {
        assert!(Provider::ALL.into_iter().all(|provider| Provider::from_word(provider.word()) == Some(provider)));
        assert!(Environment::ALL.into_iter().all(|one| Environment::from_word(one.word()) == Some(one)));
        assert_eq!(Environment::from_word("sandbox"), None);
    }

    #[test]
    fn an_agreement_moves_one_way_only() {
        for from in Provider::ALL {
            for to in Provider::ALL {
                let is_the_way = (from, to) == (Provider::VippsEcom, Provider::VippsEpayment);
                assert_eq!(from.may_become(to), from == to || is_the_way, "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn serial_numbers_are_four_to_six_digits() {
        for (number, good) in
            [("1234", true), ("123456", true), ("123", false), ("1234567", false), ("12 45", false), ("١٢٣٤", false)]
        {
            assert_eq!(unit(number, None).errors(Provider::VippsEpayment).is_empty(), good, "{number}");
            assert!(!unit(number, None).errors(Provider::Askell).is_empty(), "{number}");
        }
    }

    #[test]
    fn where_units_have_no_numbers_none_is_given() {
        assert!(unit("", None).errors(Provider::Askell).is_empty());
        assert!(!unit("", None).errors(Provider::VippsEpayment).is_empty());
    }

    #[test]
    fn a_unit_serves_its_own_group_and_the_houses_serves_all() {
        assert!(unit("123456", None).is_for("hytta") && unit("123456", Some("hytta")).is_for("hytta"));
        assert!(!unit("123456", Some("sosialen")).is_for("hytta"));
    }

    #[test]
    fn only_real_money_counts() {
        assert!(Environment::Test.is_test_mode() && !Environment::Production.is_test_mode());
    }
}
