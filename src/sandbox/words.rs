//! What the landing page says, in the two languages that payers read. Nothing here knows how the page looks.

use serde::{Deserialize, Serialize};

use super::payment::{Payment, State};

/// A language of the landing page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Language {
    /// Norwegian bokmål.
    Nb,
    /// English.
    En,
}

impl Language {
    /// The language that comes first in an `Accept-Language` header. Scandinavians read Norwegian, as does whoever says
    /// nothing; everybody else reads English.
    pub(super) fn of_header(header: Option<&str>) -> Self {
        let first = header.unwrap_or("nb").split([',', ';', '-']).next().unwrap_or_default().trim().to_lowercase();
        match first.as_str() {
            "nb" | "no" | "nn" | "da" | "sv" | "*" | "" => Self::Nb,
            _ => Self::En,
        }
    }

    /// The tag for `lang` attributes.
    pub(super) fn tag(self) -> &'static str {
        self.pick("nb", "en")
    }

    /// One of two texts.
    pub(super) fn pick<'a>(self, nb: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Nb => nb,
            Self::En => en,
        }
    }

    /// The other one, and its name in itself.
    pub(super) fn other(self) -> (Self, &'static str) {
        match self {
            Self::Nb => (Self::En, "English"),
            Self::En => (Self::Nb, "Norsk"),
        }
    }
}

/// "250,00 kr", "250.00 NOK".
pub(super) fn amount(value: i64, currency: &str, language: Language) -> String {
    let (whole, rest) = (value / 100, value % 100);
    match (language, currency) {
        (Language::Nb, "NOK") => format!("{whole},{rest:02}\u{a0}kr"),
        (Language::Nb, _) => format!("{whole},{rest:02}\u{a0}{currency}"),
        (Language::En, _) => format!("{whole}.{rest:02}\u{a0}{currency}"),
    }
}

/// What happened in the end; empty while the payer can act.
pub(super) fn outcome(payment: &Payment, language: Language) -> &'static str {
    let (nb, en) = match payment.state {
        State::Created if payment.processing_until.is_some() => {
            ("Banken har ikke svart ennå. Det kan ta en time.", "The bank has not answered yet. This may take an hour.")
        }
        State::Created => ("", ""),
        State::Authorized if payment.refunded > 0 && payment.refundable() == 0 => {
            ("Betalt, og gitt tilbake.", "Paid, and given back.")
        }
        State::Authorized if payment.refunded > 0 => {
            ("Betalt, og noe er gitt tilbake.", "Paid, and partly given back.")
        }
        State::Authorized if payment.captured > 0 => ("Betalt.", "Paid."),
        State::Authorized if payment.cancelled > 0 => {
            ("Godkjent, og så sluppet fri av selgeren.", "Approved, and then released by the merchant.")
        }
        State::Authorized => ("Godkjent. Pengene er reservert.", "Approved. The money is reserved."),
        State::Aborted => ("Avbrutt av deg.", "Cancelled by you."),
        State::Expired => ("Tiden gikk ut.", "The time ran out."),
        State::Terminated => ("Avbrutt av selgeren.", "Cancelled by the merchant."),
    };
    language.pick(nb, en)
}

/// Why the bank refused a card; what the bank says is English.
pub(super) fn refusal(why: &str, language: Language) -> &str {
    let nb = match why {
        "not enough money on the account" => "ikke nok penger på kontoen",
        "refused by the issuer" => "avvist av kortutstederen",
        "suspected fraud" => "mistanke om svindel",
        "over the card's limit" => "over kortets grense",
        "the card has expired" => "kortet er utløpt",
        "not a valid card" => "ikke et gyldig kort",
        "3-D Secure was denied" => "3-D Secure ble avslått",
        "refused by the bank" => "avvist av banken",
        other => other,
    };
    language.pick(nb, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payer_reads_the_language_of_the_browser() {
        for (header, expected) in [
            (None, Language::Nb),
            (Some("nb-NO,en;q=0.8"), Language::Nb),
            (Some("sv"), Language::Nb),
            (Some("en-GB,nb;q=0.5"), Language::En),
            (Some("de"), Language::En),
            (Some(""), Language::Nb),
        ] {
            assert_eq!(Language::of_header(header), expected, "{header:?}");
        }
    }

    #[test]
    fn amounts_are_written_as_people_write_them() {
        assert_eq!(amount(25_005, "NOK", Language::Nb), "250,05\u{a0}kr");
        assert_eq!(amount(25_005, "NOK", Language::En), "250.05\u{a0}NOK");
        assert_eq!(amount(100, "EUR", Language::Nb), "1,00\u{a0}EUR");
    }
}
