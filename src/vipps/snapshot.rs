//! From the provider's answer about a payment to the snapshot the domain understands. Nothing here decides what a
//! snapshot means, and none is made of half an answer.

use super::wire::{PaymentIn, Unreadable};
use crate::domain::ids::Reference;
use crate::domain::money::{Money, Ore};
use crate::domain::snapshot::{Amounts, ProviderState, Snapshot};

/// The snapshot in an answer about `reference`; all amounts must be in one currency.
pub(super) fn snapshot(reference: &Reference, answer: PaymentIn) -> Result<Snapshot, Unreadable> {
    if answer.reference != reference.as_str() {
        return Err(Unreadable("the answer is about another reference".to_owned()));
    }
    let price = answer.amount.money()?;
    let same_currency = |money: Money| -> Result<Ore, Unreadable> {
        if money.currency == price.currency {
            Ok(money.amount)
        } else {
            Err(Unreadable("the amounts are in different currencies".to_owned()))
        }
    };
    let amounts = Amounts {
        authorized: same_currency(answer.aggregate.authorized_amount.money()?)?,
        captured: same_currency(answer.aggregate.captured_amount.money()?)?,
        refunded: same_currency(answer.aggregate.refunded_amount.money()?)?,
        cancelled: same_currency(answer.aggregate.cancelled_amount.money()?)?,
    };
    Ok(Snapshot {
        state: state(&answer.state)?,
        currency: price.currency,
        price: price.amount,
        amounts,
        redirect_url: answer.redirect_url.filter(|url| !url.is_empty()),
    })
}

fn state(word: &str) -> Result<ProviderState, Unreadable> {
    match word {
        "CREATED" => Ok(ProviderState::Created),
        "AUTHORIZED" => Ok(ProviderState::Authorized),
        "ABORTED" => Ok(ProviderState::Aborted),
        "EXPIRED" => Ok(ProviderState::Expired),
        "TERMINATED" => Ok(ProviderState::Terminated),
        _ => {
            let shown: String = word.chars().filter(char::is_ascii_alphanumeric).take(30).collect();
            Err(Unreadable(format!("the payment is in a state we do not know: {shown}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;
    use crate::vipps::wire::Body;

    /// A full answer of the provider, with more fields than we read.
    const ANSWER: &str = r#"{
        "aggregate": {
            "authorizedAmount": {"currency": "NOK", "value": 25000}, "cancelledAmount": {"currency": "NOK", "value": 5000},
            "capturedAmount": {"currency": "NOK", "value": 20000}, "refundedAmount": {"currency": "NOK", "value": 100}
        },
        "amount": {"currency": "NOK", "value": 25000}, "state": "AUTHORIZED",
        "paymentMethod": {"type": "WALLET", "cardBin": "540185"}, "profile": {"sub": "x"},
        "pspReference": "p", "reference": "plass-1234", "redirectUrl": "https://pay.example?token=t",
        "captureGuaranteedUntil": "2026-09-01T00:00:00Z", "somethingNew": [1]
    }"#;

    fn read(text: &str) -> Result<Snapshot, Unreadable> {
        let answer = Body::Whole(text.as_bytes().to_vec()).read()?;
        snapshot(&Reference("plass-1234".to_owned()), answer)
    }

    #[test]
    fn a_full_answer_is_a_snapshot() {
        assert_eq!(
            read(ANSWER),
            Ok(Snapshot {
                state: ProviderState::Authorized,
                currency: Currency::Nok,
                price: Ore(25_000),
                amounts: Amounts {
                    authorized: Ore(25_000),
                    captured: Ore(20_000),
                    refunded: Ore(100),
                    cancelled: Ore(5_000)
                },
                redirect_url: Some("https://pay.example?token=t".to_owned()),
            })
        );
    }

    #[test]
    fn every_state_of_the_provider_is_known() {
        for (word, state) in [
            ("CREATED", ProviderState::Created),
            ("AUTHORIZED", ProviderState::Authorized),
            ("ABORTED", ProviderState::Aborted),
            ("EXPIRED", ProviderState::Expired),
            ("TERMINATED", ProviderState::Terminated),
        ] {
            assert_eq!(read(&ANSWER.replace("AUTHORIZED", word)).map(|snapshot| snapshot.state), Ok(state));
        }
    }

    #[test]
    fn half_an_answer_is_no_snapshot() {
        for (from, to) in [
            ("AUTHORIZED", "CAPTURED"),
            ("AUTHORIZED", "authorized"),
            ("plass-1234", "PLASS-1234"),
            ("\"value\": 100}", "\"value\": 100.5}"),
            ("\"value\": 100}", "\"value\": -100}"),
            ("{\"currency\": \"NOK\", \"value\": 100}", "{\"currency\": \"DKK\", \"value\": 100}"),
            ("{\"currency\": \"NOK\", \"value\": 100}", "null"),
            ("\"refundedAmount\"", "\"refunded\""),
            ("\"amount\"", "\"price\""),
        ] {
            assert_ne!(ANSWER.replace(from, to), ANSWER);
            assert!(read(&ANSWER.replace(from, to)).is_err(), "{from} -> {to}");
        }
    }

    #[test]
    fn the_way_to_approve_may_be_missing() {
        for (from, to) in [("redirectUrl", "elsewhere"), ("https://pay.example?token=t", "")] {
            assert_eq!(read(&ANSWER.replace(from, to)).map(|snapshot| snapshot.redirect_url), Ok(None));
        }
    }
}
