//! Problems with paying and giving back.

use super::{ProblemKind, Texts};

pub(super) const PROBLEMS: &[ProblemKind] = &[
    ProblemKind {
        code: "already_paid",
        status: 409,
        nb: Texts {
            title: "Allerede betalt",
            detail: "Dette er allerede betalt.",
            meaning: "Plassen er allerede betalt.",
            advice: "Ingenting: Vis påmeldingen slik den står nå.",
        },
        en: Texts {
            title: "Already paid",
            detail: "This is paid already.",
            meaning: "The seat is paid already.",
            advice: "Nothing: show the registration as it is now.",
        },
    },
    ProblemKind {
        code: "not_a_paid_event",
        status: 409,
        nb: Texts {
            title: "Arrangementet er gratis",
            detail: "Dette arrangementet koster ingenting.",
            meaning: "Arrangementet koster ingenting, så det er ikke noe å gjøre opp.",
            advice: "Utelat betalingen.",
        },
        en: Texts {
            title: "The event is free",
            detail: "This event costs nothing.",
            meaning: "The event costs nothing, so there is nothing to settle.",
            advice: "Leave the payment out.",
        },
    },
    ProblemKind {
        code: "refund_only_in_full",
        status: 409,
        nb: Texts {
            title: "Bare hele beløpet",
            detail: "Betalingsleverandøren gir bare hele beløpet tilbake.",
            meaning: "Ordren er betalt med et lagret kort hos Áskell, som gir alt eller ingenting tilbake.",
            advice: "Utelat beløpet, så gis alt tilbake.",
        },
        en: Texts {
            title: "Only all of it",
            detail: "The payment provider gives back only all of it.",
            meaning: "The order was paid over a card on file at Áskell, which gives back all or nothing.",
            advice: "Leave the amount out, and all of it is given back.",
        },
    },
    ProblemKind {
        code: "payment_deadline_passed",
        status: 409,
        nb: Texts {
            title: "Betalingsfristen er ute",
            detail: "Betalingsfristen er ute.",
            meaning: "Tida for å betale er over.",
            advice: "Meld på igjen hvis påmeldingen fortsatt er åpen.",
        },
        en: Texts {
            title: "The time to pay is over",
            detail: "The time to pay is over.",
            meaning: "The deadline for this payment has passed.",
            advice: "Sign up again, if sign-up is still open.",
        },
    },
    ProblemKind {
        code: "order_ended",
        status: 409,
        nb: Texts {
            title: "Bestillingen er avsluttet",
            detail: "Bestillingen er avsluttet.",
            meaning: "Påmeldingen som bestillingen betaler for, er avsluttet.",
            advice: "Meld på igjen hvis påmeldingen fortsatt er åpen.",
        },
        en: Texts {
            title: "The order has ended",
            detail: "The order has ended.",
            meaning: "The registration that the order pays for has ended.",
            advice: "Sign up again, if sign-up is still open.",
        },
    },
    ProblemKind {
        code: "refund_exceeds_captured",
        status: 409,
        nb: Texts {
            title: "Mer enn det er igjen å betale tilbake",
            detail: "Beløpet er større enn det er igjen å betale tilbake.",
            meaning: "Beløpet er større enn det er igjen å betale tilbake.",
            advice: "Betal tilbake mindre, eller utelat `amount` og betal tilbake alt som er igjen.",
        },
        en: Texts {
            title: "More than is left to refund",
            detail: "That is more than is left to refund.",
            meaning: "The amount is more than is left to refund.",
            advice: "Refund less, or leave `amount` out to refund all that is left.",
        },
    },
    ProblemKind {
        code: "not_captured_yet",
        status: 409,
        nb: Texts {
            title: "Ingenting å betale tilbake ennå",
            detail: "Ingen penger er trukket ennå.",
            meaning: "Ingen penger er trukket for denne bestillingen, så ingen kan betales tilbake.",
            advice: "Vent til bestillingen står som `CAPTURE`.",
        },
        en: Texts {
            title: "Nothing to refund yet",
            detail: "No money has been taken yet.",
            meaning: "No money has been taken for this order, so none can be given back.",
            advice: "Wait until the order is `CAPTURE`.",
        },
    },
    ProblemKind {
        code: "nothing_to_resolve",
        status: 409,
        nb: Texts {
            title: "Ingenting å ordne på denne måten",
            detail: "Det er ingenting å ordne på denne måten.",
            meaning: "Ingenting ved bestillingen trenger en person, eller det som gjør det, kan ikke ordnes på denne måten.",
            advice: "Hent bestillingen på nytt, og velg blant `acts` under `needs_attention`.",
        },
        en: Texts {
            title: "Nothing to resolve in this way",
            detail: "There is nothing to resolve in this way.",
            meaning: "Nothing about the order needs a person, or what does cannot be resolved in this way.",
            advice: "Get the order again, and choose among the `acts` of `needs_attention`.",
        },
    },
    ProblemKind {
        code: "qr_in_use",
        status: 409,
        nb: Texts {
            title: "QR-koden er opptatt",
            detail: "Noen andre venter på at denne QR-koden blir skannet.",
            meaning: "En annen arrangør venter på at denne QR-koden blir skannet.",
            advice: "Velg en annen QR-kode, eller vent til den andre er ferdig.",
        },
        en: Texts {
            title: "The QR code is in use",
            detail: "Somebody else waits for a scan of this QR code.",
            meaning: "Another organizer waits for a scan of this QR code.",
            advice: "Choose another QR code, or wait until the other is done.",
        },
    },
    ProblemKind {
        code: "door_not_available",
        status: 409,
        nb: Texts {
            title: "Her kan det ikke betales i døra",
            detail: "Dette salgsstedet tar ikke imot betaling i døra.",
            meaning: "Betalingstjenesten til bestillingens salgssted har ingen betaling i døra.",
            advice: "Be om betaling med betalingslenka, eller før betalingen når pengene er kommet på en annen måte.",
        },
        en: Texts {
            title: "No payment at the door here",
            detail: "This sales unit takes no payments at the door.",
            meaning: "The payment provider of the order's sales unit has no payments at the door.",
            advice: "Ask to pay with the payment link, or record the payment once the money came another way.",
        },
    },
    ProblemKind {
        code: "too_many_attempts",
        status: 429,
        nb: Texts {
            title: "For mange betalingsforsøk",
            detail: "For mange forsøk på å betale. Vent litt.",
            meaning: "Bestillingen er åpnet for betaling for mange ganger på en time.",
            advice: "Prøv igjen ved `retry_at`.",
        },
        en: Texts {
            title: "Too many attempts to pay",
            detail: "Too many attempts to pay. Wait a little.",
            meaning: "The order was opened for payment too often within an hour.",
            advice: "Try again at `retry_at`.",
        },
    },
    ProblemKind {
        code: "payment_provider_unavailable",
        status: 503,
        nb: Texts {
            title: "Vipps svarer ikke",
            detail: "Vipps svarer ikke akkurat nå. Prøv igjen om litt.",
            meaning: "Betalingstjenesten svarer ikke. Plassene holdes av, og ingenting er gått tapt.",
            advice: "Prøv igjen når sekundene i `Retry-After` er gått.",
        },
        en: Texts {
            title: "The payment provider does not answer",
            detail: "Vipps is not answering right now. Try again in a moment.",
            meaning: "The payment provider does not answer. Seats stay held, nothing is lost.",
            advice: "Try again after `Retry-After` seconds.",
        },
    },
];
