//! Money: whole øre inside, a decimal string with its currency at the border. No float ever carries an amount.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// Hundredths of the currency's unit; for kroner that is øre. Sums saturate, so that no amount ever wraps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ore(pub i64);

impl Ore {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The least a price may be, 1.00: the provider takes no smaller payment (Vipps ePayment, create, amount).
    pub const PRICE_MIN: Self = Self(100);
    /// The most a price may be, 100 000.00.
    pub const PRICE_MAX: Self = Self(10_000_000);

    /// True when there is something.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// What is left of it after `other`, never below nothing.
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    /// True when a price may be this much.
    pub fn is_price(self) -> bool {
        (Self::PRICE_MIN..=Self::PRICE_MAX).contains(&self)
    }
}

impl Add for Ore {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Ore {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Ore {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Ore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", Decimal::new(self.0, 2))
    }
}

/// Why a text or number is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAmount {
    /// Something else than digits with at most one point.
    NotDigits,
    /// More than two decimals.
    TooPrecise,
    /// More than any account holds.
    TooLarge,
}

/// Reads `"250"`, `"250.5"` or `"250.00"`; signs, leading zeros, exponents and other digits are refused.
pub fn parse_amount(text: &str) -> Result<Ore, NoAmount> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || fraction.is_some_and(|part| !digits(part)) || (whole.len() > 1 && whole.starts_with('0')) {
        return Err(NoAmount::NotDigits);
    }
    if fraction.is_some_and(|part| part.len() > 2) {
        return Err(NoAmount::TooPrecise);
    }
    if whole.len() > 12 {
        return Err(NoAmount::TooLarge);
    }
    let amount = Decimal::from_str_exact(text).map_err(|_too_long| NoAmount::TooLarge)?;
    (amount * Decimal::ONE_HUNDRED).to_i64().map(Ore).ok_or(NoAmount::TooLarge)
}

/// The currencies a price can have: those of the provider's sales units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Norwegian kroner.
    #[default]
    Nok,
    /// Danish kroner.
    Dkk,
    /// Euro.
    Eur,
    /// Icelandic krónur, which have no decimals.
    Isk,
}

impl Currency {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nok, Self::Dkk, Self::Eur, Self::Isk];

    /// True when it has such an amount: króna has no hundredths.
    pub fn has(self, amount: Ore) -> bool {
        match self {
            Self::Nok | Self::Dkk | Self::Eur => true,
            Self::Isk => amount.0 % 100 == 0,
        }
    }

    /// The ISO 4217 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Nok => "NOK",
            Self::Dkk => "DKK",
            Self::Eur => "EUR",
            Self::Isk => "ISK",
        }
    }

    /// The currency of an ISO 4217 code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|currency| currency.code() == code)
    }
}

/// An amount in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// How much.
    pub amount: Ore,
    /// Of what.
    pub currency: Currency,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i64, NoAmount>) {
        assert_eq!(parse_amount(text), expected.map(Ore), "{text:?}");
    }

    #[test]
    fn amounts_are_read_to_the_ore() {
        for (text, ore) in
            [("250", 25_000), ("250.5", 25_050), ("250.00", 25_000), ("0.01", 1), ("0", 0), ("99.50", 9_950)]
        {
            check(text, Ok(ore));
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in
            ["", "-1", "+1", "1e3", "NaN", "01", "00", ".5", "5.", "1.0.0", " 1", "1 ", "1,50", "٣", "0x10", "1_000"]
        {
            check(text, Err(NoAmount::NotDigits));
        }
        check("1.005", Err(NoAmount::TooPrecise));
        check("9999999999999", Err(NoAmount::TooLarge));
    }

    #[test]
    fn amounts_are_written_with_two_decimals() {
        for (ore, text) in [(0, "0.00"), (5, "0.05"), (9_950, "99.50"), (10_000_000, "100000.00")] {
            assert_eq!(Ore(ore).to_string(), text);
        }
    }

    #[test]
    fn kronur_are_whole() {
        assert!(Currency::Isk.has(Ore(100_000)) && !Currency::Isk.has(Ore(100_050)) && Currency::Nok.has(Ore(100_050)));
    }

    #[test]
    fn prices_have_a_floor_and_a_ceiling() {
        assert!(
            !Ore(99).is_price() && Ore(100).is_price() && Ore(10_000_000).is_price() && !Ore(10_000_001).is_price()
        );
    }
}
