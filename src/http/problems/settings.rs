//! Problems with agreements and sales units.

use super::{ProblemKind, Texts};

pub(super) const PROBLEMS: &[ProblemKind] = &[
    ProblemKind {
        code: "agreement_in_use",
        status: 409,
        nb: Texts {
            title: "Avtalen er i bruk",
            detail: "Salgssteder under denne avtalen er i bruk.",
            meaning: "Avtalen har salgssteder som ikke er slått av.",
            advice: "Slå av salgsstedene under avtalen først.",
        },
        en: Texts {
            title: "The agreement is in use",
            detail: "Sales units under this agreement are in use.",
            meaning: "The agreement has sales units that are not disabled.",
            advice: "Disable the sales units under it first.",
        },
    },
    ProblemKind {
        code: "sales_unit_in_use",
        status: 409,
        nb: Texts {
            title: "Salgsstedet er i bruk",
            detail: "Arrangementer bruker dette salgsstedet.",
            meaning: "Salgsstedet er gruppas faste, eller et arrangement som ikke er over, har valgt det.",
            advice: "Velg et annet fast salgssted for gruppa (`is_default`) og et annet for arrangementene (`sales_unit`).",
        },
        en: Texts {
            title: "The sales unit is in use",
            detail: "Events take this sales unit.",
            meaning: "The sales unit is its group's default, or an event that is not over names it.",
            advice: "Choose another default for the group (`is_default`) and another unit for the events (`sales_unit`).",
        },
    },
    ProblemKind {
        code: "merchant_serial_number_taken",
        status: 409,
        nb: Texts {
            title: "Salgsstedsnummeret er i bruk",
            detail: "Et annet salgssted har dette nummeret.",
            meaning: "Et annet salgssted i samme miljø har dette salgsstedsnummeret (`merchant_serial_number`).",
            advice: "Sjekk nummeret i Vipps' portal, eller bruk salgsstedet som finnes.",
        },
        en: Texts {
            title: "Merchant serial number taken",
            detail: "Another sales unit has this number.",
            meaning: "Another sales unit in the same environment has this `merchant_serial_number`.",
            advice: "Check the number in Vipps' portal, or use the sales unit that is there.",
        },
    },
    ProblemKind {
        code: "provider_has_no_webhooks",
        status: 409,
        nb: Texts {
            title: "Her registreres ingen webhooks",
            detail: "Denne betalingstjenesten ringer om hver betaling av seg selv. Det er ingenting å registrere.",
            meaning: "Salgsstedets avtale er med en betalingstjeneste uten registreringer, som Vipps eCom.",
            advice: "Ingenting mangler. Etter flytting til ePayment registrerer huset seg selv.",
        },
        en: Texts {
            title: "No webhooks are registered here",
            detail: "This payment provider calls back about each payment by itself. There is nothing to register.",
            meaning: "The sales unit's agreement is with a provider that has no registrations, like Vipps eCom.",
            advice: "Nothing is missing. After a move to ePayment the house registers itself.",
        },
    },
    ProblemKind {
        code: "set_by_configuration",
        status: 409,
        nb: Texts {
            title: "Dette står i konfigurasjonen",
            detail: "Dette er husets eget og endres i konfigurasjonen.",
            meaning: "Husets egen avtale og eget salgssted kommer fra innstillingsfila eller miljøvariablene.",
            advice: "Endre `vipps` i innstillingsfila og start tjeneren på nytt, eller lag en egen avtale her.",
        },
        en: Texts {
            title: "The configuration says this",
            detail: "This is the house's own and is changed in the configuration.",
            meaning: "The house's own agreement and sales unit come from the settings file or the environment.",
            advice: "Change `vipps` in the settings file and start the server again, or make an agreement here.",
        },
    },
    ProblemKind {
        code: "credentials_missing",
        status: 409,
        nb: Texts {
            title: "Avtalen har ingen nøkler",
            detail: "Avtalen har ingen nøkler ennå.",
            meaning: "Uten nøkler kan ikke betalingstjenesten spørres om noe under denne avtalen.",
            advice: "Sett nøklene med `PUT /api/v1/agreements/{agreement_id}/credentials` først.",
        },
        en: Texts {
            title: "The agreement has no keys",
            detail: "The agreement has no keys yet.",
            meaning: "Without keys the payment provider cannot be asked anything under this agreement.",
            advice: "Set the keys with `PUT /api/v1/agreements/{agreement_id}/credentials` first.",
        },
    },
    ProblemKind {
        code: "provider_refused",
        status: 409,
        nb: Texts {
            title: "Betalingstjenesten sa nei",
            detail: "Betalingstjenesten ville ikke gjøre dette.",
            meaning: "Betalingstjenesten svarte, og svaret var nei. Loggen har koden og tittelen dens.",
            advice: "Test forbindelsen. Er nøklene gode, se i betalingstjenestens portal om salgsstedet er åpent.",
        },
        en: Texts {
            title: "The payment provider refused",
            detail: "The payment provider would not do this.",
            meaning: "The payment provider answered, and the answer was no. The log has its code and title.",
            advice: "Test the connection. If the keys are good, see in the provider's portal whether the unit is open.",
        },
    },
];
