//! What is wrong with a field, in words. The sentences stand beside the field they are about, so they do not name it.

use super::Language;
use crate::domain::fault::{Fault, FieldError, ValueKind};
use crate::domain::money::NoAmount;
use crate::domain::time::{NoMoment, NoSpan};

/// What is wrong with this field, in one sentence.
pub fn words_of(error: &FieldError, language: Language) -> String {
    sentence(&error.fault, language)
}

/// The sentence about a fault.
pub fn sentence(fault: &Fault, language: Language) -> String {
    match language {
        Language::Nb => norwegian(fault),
        Language::En => english(fault),
    }
}

fn norwegian(fault: &Fault) -> String {
    let plain = match fault {
        Fault::OneNeeded(names) => return format!("Oppgi {}.", names.join(" eller ")),
        Fault::OneTooMany(names) => return format!("Oppgi bare en av {}.", names.join(" og ")),
        Fault::TooShort(least) => return format!("Minst {least} tegn."),
        Fault::TooLong(most) => return format!("Høyst {most} tegn."),
        Fault::NumberOutOfRange(least, most) => return format!("Et tall fra {least} til {most}."),
        Fault::PriceOutOfRange(least, most) => return format!("En pris er fra {least} til {most}."),
        Fault::AmountTooSmall(least) => return format!("Minst {least}."),
        Fault::TooManyLines(most) => return format!("Fila får mer enn {most} linjer. Velg færre dager."),
        Fault::NoneOf(words) => return format!("En av {}.", words.join(", ")),
        Fault::CurrencyNotTaken(codes) => return format!("Salgsstedet tar bare {}.", codes.join(", ")),
        Fault::WrongKind(wanted, came) => {
            return format!("Her skal det stå {}, ikke {}.", kind_nb(*wanted), kind_nb(*came));
        }
        Fault::KindUnfit(came) => return format!("Her passer ikke {}.", kind_nb(*came)),
        Fault::Null => "Dette kan ikke være null.",
        Fault::Required => "Dette må fylles ut.",
        Fault::EndsBeforeItStarts => "Arrangementet må slutte etter at det begynner.",
        Fault::ClosesBeforeItOpens => "Påmeldingen må slutte etter at den åpner.",
        Fault::AfterTheEnd => "Dette kan ikke være etter at arrangementet er slutt.",
        Fault::NoSlug => "Et kortnavn har 1 til 50 av a-z, 0-9 og -, uten - først eller sist.",
        Fault::NoEmail => "Dette er ikke en e-postadresse.",
        Fault::NoPhone => "Et telefonnummer har 4 til 20 sifre, mellomrom og eventuelt + først.",
        Fault::NoMobile => "Skriv et telefonnummer med landkode, for eksempel +47 412 34 567.",
        Fault::NoLocale => "Et språk skrives som nb eller en-GB.",
        Fault::UnknownOrganizer | Fault::UnknownGrantGroup | Fault::UnknownUnitGroup => "Denne gruppa finnes ikke.",
        Fault::UnknownUser | Fault::UnknownGrantee => "Denne brukeren finnes ikke.",
        Fault::UnknownField => "Dette er ikke kjent her.",
        Fault::Twice => "Dette står der to ganger.",
        Fault::NulCharacter => "En tekst kan ikke ha NUL-tegn.",
        Fault::NoMoment(NoMoment::NotRfc3339) => {
            "Skriv tidspunkt som RFC 3339 med tidssone, for eksempel 2026-12-01T18:00:00+01:00."
        }
        Fault::NoMoment(NoMoment::OutOfRange) => "Året må være fra 1970 til 9000.",
        Fault::NoSpan(NoSpan::NotClock) => "Skriv en varighet som HH:MM:SS.",
        Fault::NoSpan(NoSpan::OutOfRange) => "En varighet er lengre enn ingenting og høyst 744 timer.",
        Fault::NoAmount(NoAmount::NotDigits) => {
            "Skriv et beløp med sifre og høyst to desimaler, for eksempel \"250.00\"."
        }
        Fault::NoAmount(NoAmount::TooPrecise) => "Et beløp har høyst to desimaler.",
        Fault::NoAmount(NoAmount::TooLarge) => "Beløpet er for stort.",
        Fault::NoCurrency => "En valuta er NOK, DKK, EUR eller ISK.",
        Fault::WholeOnly => "Islandske kroner har ingen desimaler. Skriv et helt beløp.",
        Fault::PricesNotTaken => "Gruppa har kommende arrangementer med en valuta som salgsstedet ikke tar.",
        Fault::OfAnotherProvider => "Dette hører til en annen betalingsleverandør. La det stå tomt.",
        Fault::NoDay => "Dette er ikke en dag. Skriv den slik: 2026-01-31.",
        Fault::NoId => "Dette er ikke en id.",
        Fault::NoSerialNumber => "Et salgsstedsnummer (MSN) har 4 til 6 sifre.",
        Fault::NoKey => "En nøkkel har bare synlige tegn uten mellomrom, slik leverandøren viser den.",
        Fault::NoCodeId => "En id har 1 til 128 av a-z, A-Z, 0-9, - og _.",
        Fault::UnknownCode => "Salgsstedet har ingen slik QR-kode.",
        Fault::UnknownAgreement => "Denne avtalen finnes ikke, eller den er slått av.",
        Fault::UnknownSalesUnit => "Gruppa som arrangerer, har ikke dette salgsstedet, eller det er slått av.",
        Fault::OnlyTestHere => "Her er Vipps bare en sandkasse, så her finnes bare test.",
        Fault::ProviderStays => "En avtale kan bare flyttes fra Vipps eCom til Vipps ePayment.",
        Fault::Unreadable => "Denne verdien passer ikke her.",
    };
    plain.to_owned()
}

fn english(fault: &Fault) -> String {
    let plain = match fault {
        Fault::OneNeeded(names) => return format!("Give {}.", names.join(" or ")),
        Fault::OneTooMany(names) => return format!("Give only one of {}.", names.join(" and ")),
        Fault::TooShort(1) => "At least 1 character.",
        Fault::TooShort(least) => return format!("At least {least} characters."),
        Fault::TooLong(most) => return format!("At most {most} characters."),
        Fault::NumberOutOfRange(least, most) => return format!("A number from {least} to {most}."),
        Fault::PriceOutOfRange(least, most) => return format!("A price is from {least} to {most}."),
        Fault::AmountTooSmall(least) => return format!("At least {least}."),
        Fault::TooManyLines(most) => return format!("The file would have more than {most} lines. Choose fewer days."),
        Fault::NoneOf(words) => return format!("One of {}.", words.join(", ")),
        Fault::CurrencyNotTaken(codes) => return format!("The sales unit takes only {}.", codes.join(", ")),
        Fault::WrongKind(wanted, came) => {
            return format!("This should be {}, not {}.", kind_en(*wanted), kind_en(*came));
        }
        Fault::KindUnfit(came) => return format!("This cannot be {}.", kind_en(*came)),
        Fault::Null => "This is never null.",
        Fault::Required => "This is needed.",
        Fault::EndsBeforeItStarts => "An event ends after it starts.",
        Fault::ClosesBeforeItOpens => "Sign-up ends after it opens.",
        Fault::AfterTheEnd => "This cannot be after the event's end.",
        Fault::NoSlug => "A slug has 1 to 50 of a-z, 0-9 and -, and no - at its ends.",
        Fault::NoEmail => "This is no email address.",
        Fault::NoPhone => "A telephone number has 4 to 20 digits, spaces, and an optional + in front.",
        Fault::NoMobile => "Write a telephone number with its country code, like +47 412 34 567.",
        Fault::NoLocale => "A language is written like nb or en-GB.",
        Fault::UnknownOrganizer | Fault::UnknownGrantGroup | Fault::UnknownUnitGroup => "There is no such group.",
        Fault::UnknownUser | Fault::UnknownGrantee => "There is no such user.",
        Fault::UnknownField => "This is not known here.",
        Fault::Twice => "This is there twice.",
        Fault::NulCharacter => "A text has no NUL character.",
        Fault::NoMoment(NoMoment::NotRfc3339) => {
            "Write a time as RFC 3339 with an offset, like 2026-12-01T18:00:00+01:00."
        }
        Fault::NoMoment(NoMoment::OutOfRange) => "The year must be from 1970 to 9000.",
        Fault::NoSpan(NoSpan::NotClock) => "Write a duration as HH:MM:SS.",
        Fault::NoSpan(NoSpan::OutOfRange) => "A duration is longer than nothing and at most 744 hours.",
        Fault::NoAmount(NoAmount::NotDigits) => "Write an amount as digits with at most two decimals, like \"250.00\".",
        Fault::NoAmount(NoAmount::TooPrecise) => "An amount has at most two decimals.",
        Fault::NoAmount(NoAmount::TooLarge) => "The amount is too large.",
        Fault::NoCurrency => "A currency is NOK, DKK, EUR or ISK.",
        Fault::WholeOnly => "Icelandic krónur have no decimals. Write a whole amount.",
        Fault::PricesNotTaken => "The group has coming events in a currency that the sales unit does not take.",
        Fault::OfAnotherProvider => "This belongs to another payment provider. Leave it empty.",
        Fault::NoDay => "This is no day. Write it like 2026-01-31.",
        Fault::NoId => "This is no id.",
        Fault::NoSerialNumber => "A merchant serial number has 4 to 6 digits.",
        Fault::NoKey => "A key has visible characters only and no spaces, just as the provider shows it.",
        Fault::NoCodeId => "An id has 1 to 128 of a-z, A-Z, 0-9, - and _.",
        Fault::UnknownCode => "The sales unit has no such QR code.",
        Fault::UnknownAgreement => "There is no such agreement, or it is disabled.",
        Fault::UnknownSalesUnit => "The organizing group has no such sales unit, or it is disabled.",
        Fault::OnlyTestHere => "Vipps is only a sandbox here, so there is only test.",
        Fault::ProviderStays => "An agreement can only move from Vipps eCom to Vipps ePayment.",
        Fault::Unreadable => "This value does not fit here.",
    };
    plain.to_owned()
}

fn kind_nb(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Flag => "true eller false",
        ValueKind::Whole => "et heltall",
        ValueKind::Number => "et desimaltall",
        ValueKind::Text => "en tekst",
        ValueKind::List => "en liste",
        ValueKind::Object => "et objekt",
    }
}

fn kind_en(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Flag => "true or false",
        ValueKind::Whole => "a whole number",
        ValueKind::Number => "a number with a fraction",
        ValueKind::Text => "a text",
        ValueKind::List => "a list",
        ValueKind::Object => "an object",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::money::Ore;

    /// The fault after this one. A new fault does not compile until it has its place here.
    fn next(fault: &Fault) -> Option<Fault> {
        Some(match fault {
            Fault::Null => Fault::Required,
            Fault::Required => Fault::OneNeeded(&["user_id", "group"]),
            Fault::OneNeeded(_) => Fault::OneTooMany(&["user_id", "group"]),
            Fault::OneTooMany(_) => Fault::TooShort(1),
            Fault::TooShort(1) => Fault::TooShort(10),
            Fault::TooShort(_) => Fault::TooLong(500),
            Fault::TooLong(_) => Fault::NumberOutOfRange(0, 1_000_000),
            Fault::NumberOutOfRange(..) => Fault::PriceOutOfRange(Ore::PRICE_MIN, Ore::PRICE_MAX),
            Fault::PriceOutOfRange(..) => Fault::AmountTooSmall(Ore(1)),
            Fault::AmountTooSmall(_) => Fault::EndsBeforeItStarts,
            Fault::EndsBeforeItStarts => Fault::ClosesBeforeItOpens,
            Fault::ClosesBeforeItOpens => Fault::AfterTheEnd,
            Fault::AfterTheEnd => Fault::NoSlug,
            Fault::NoSlug => Fault::NoEmail,
            Fault::NoEmail => Fault::NoPhone,
            Fault::NoPhone => Fault::NoMobile,
            Fault::NoMobile => Fault::NoLocale,
            Fault::NoLocale => Fault::UnknownOrganizer,
            Fault::UnknownOrganizer => Fault::UnknownUser,
            Fault::UnknownUser => Fault::UnknownGrantee,
            Fault::UnknownGrantee => Fault::UnknownGrantGroup,
            Fault::UnknownGrantGroup => Fault::NoneOf(vec!["member", "leader"]),
            Fault::NoneOf(_) => Fault::UnknownField,
            Fault::UnknownField => Fault::Twice,
            Fault::Twice => Fault::NulCharacter,
            Fault::NulCharacter => Fault::WrongKind(ValueKind::Text, ValueKind::Null),
            Fault::WrongKind(wanted, came) => match next_kind(*came) {
                Some(kind) => Fault::WrongKind(*wanted, kind),
                None => Fault::KindUnfit(ValueKind::Number),
            },
            Fault::KindUnfit(_) => Fault::NoMoment(NoMoment::NotRfc3339),
            Fault::NoMoment(NoMoment::NotRfc3339) => Fault::NoMoment(NoMoment::OutOfRange),
            Fault::NoMoment(NoMoment::OutOfRange) => Fault::NoSpan(NoSpan::NotClock),
            Fault::NoSpan(NoSpan::NotClock) => Fault::NoSpan(NoSpan::OutOfRange),
            Fault::NoSpan(NoSpan::OutOfRange) => Fault::NoAmount(NoAmount::NotDigits),
            Fault::NoAmount(NoAmount::NotDigits) => Fault::NoAmount(NoAmount::TooPrecise),
            Fault::NoAmount(NoAmount::TooPrecise) => Fault::NoAmount(NoAmount::TooLarge),
            Fault::NoAmount(NoAmount::TooLarge) => Fault::NoCurrency,
            Fault::NoCurrency => Fault::WholeOnly,
            Fault::WholeOnly => Fault::CurrencyNotTaken(vec!["NOK", "EUR"]),
            Fault::CurrencyNotTaken(_) => Fault::PricesNotTaken,
            Fault::PricesNotTaken => Fault::OfAnotherProvider,
            Fault::OfAnotherProvider => Fault::NoDay,
            Fault::NoDay => Fault::TooManyLines(100_000),
            Fault::TooManyLines(_) => Fault::NoId,
            Fault::NoId => Fault::NoSerialNumber,
            Fault::NoSerialNumber => Fault::NoKey,
            Fault::NoKey => Fault::NoCodeId,
            Fault::NoCodeId => Fault::UnknownCode,
            Fault::UnknownCode => Fault::UnknownAgreement,
            Fault::UnknownAgreement => Fault::UnknownSalesUnit,
            Fault::UnknownSalesUnit => Fault::UnknownUnitGroup,
            Fault::UnknownUnitGroup => Fault::OnlyTestHere,
            Fault::OnlyTestHere => Fault::ProviderStays,
            Fault::ProviderStays => Fault::Unreadable,
            Fault::Unreadable => return None,
        })
    }

    fn next_kind(kind: ValueKind) -> Option<ValueKind> {
        match kind {
            ValueKind::Null => Some(ValueKind::Flag),
            ValueKind::Flag => Some(ValueKind::Whole),
            ValueKind::Whole => Some(ValueKind::Number),
            ValueKind::Number => Some(ValueKind::Text),
            ValueKind::Text => Some(ValueKind::List),
            ValueKind::List => Some(ValueKind::Object),
            ValueKind::Object => None,
        }
    }

    fn faults() -> Vec<Fault> {
        std::iter::successors(Some(Fault::Null), next).collect()
    }

    #[test]
    fn every_fault_is_told_in_both_languages() {
        for fault in faults() {
            let (nb, en) = (sentence(&fault, Language::Nb), sentence(&fault, Language::En));
            assert_ne!(nb, en, "{fault:?}");
            for said in [&nb, &en] {
                let is_sentence = said.len() > 5 && said.ends_with('.') && said.starts_with(char::is_uppercase);
                assert!(is_sentence, "{fault:?}: {said}");
            }
        }
    }

    #[test]
    fn every_code_of_a_field_is_listed_and_no_other() {
        let given: BTreeSet<&str> = faults().iter().map(Fault::code).collect();
        assert_eq!(given.into_iter().collect::<Vec<_>>(), Fault::CODES);
    }

    #[test]
    fn sentences_carry_their_limits() {
        for (fault, nb, en) in [
            (Fault::TooLong(500), "Høyst 500 tegn.", "At most 500 characters."),
            (Fault::TooShort(1), "Minst 1 tegn.", "At least 1 character."),
            (
                Fault::PriceOutOfRange(Ore::PRICE_MIN, Ore::PRICE_MAX),
                "En pris er fra 1.00 til 100000.00.",
                "A price is from 1.00 to 100000.00.",
            ),
            (
                Fault::WrongKind(ValueKind::Text, ValueKind::Whole),
                "Her skal det stå en tekst, ikke et heltall.",
                "This should be a text, not a whole number.",
            ),
        ] {
            assert_eq!(sentence(&fault, Language::Nb), nb);
            assert_eq!(sentence(&fault, Language::En), en);
        }
    }

    #[test]
    fn what_a_value_finds_wrong_with_itself_survives_serde() {
        for fault in faults() {
            let error: serde::de::value::Error = fault.clone().into_serde();
            let (found, is_carried) = (Fault::from_serde(&error.to_string()), carried(&fault));
            assert_eq!(found, if is_carried { fault } else { Fault::Unreadable });
        }
    }

    fn carried(fault: &Fault) -> bool {
        matches!(fault, Fault::NoMoment(_) | Fault::NoSpan(_) | Fault::NoAmount(_) | Fault::NoCurrency | Fault::NoId)
    }
}
