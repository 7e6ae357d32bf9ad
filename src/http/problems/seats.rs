//! Problems with events and the seats at them.

use super::{ProblemKind, Texts};

pub(super) const PROBLEMS: &[ProblemKind] = &[
    ProblemKind {
        code: "not_registered",
        status: 404,
        nb: Texts {
            title: "Ikke påmeldt",
            detail: "Det er ingen gjeldende påmelding til dette arrangementet.",
            meaning: "Personen har ingen gjeldende påmelding til dette arrangementet.",
            advice: "Skulle påmeldingen avsluttes, er det ikke mer å gjøre.",
        },
        en: Texts {
            title: "Not signed up",
            detail: "There is no active registration for this event.",
            meaning: "The person has no active registration at this event.",
            advice: "If it was to be ended, nothing is left to do.",
        },
    },
    ProblemKind {
        code: "already_registered",
        status: 409,
        nb: Texts {
            title: "Allerede påmeldt",
            detail: "Det finnes allerede en påmelding til dette arrangementet.",
            meaning: "Personen har allerede en plass eller står i køen.",
            advice: "Vis påmeldingen som finnes: `GET /api/v1/events/{event_id}/registrations/me`.",
        },
        en: Texts {
            title: "Already signed up",
            detail: "There is a registration for this event already.",
            meaning: "The person has a seat or a place in the queue already.",
            advice: "Show the registration that exists: `GET /api/v1/events/{event_id}/registrations/me`.",
        },
    },
    ProblemKind {
        code: "event_cancelled",
        status: 409,
        nb: Texts {
            title: "Arrangementet er avlyst",
            detail: "Dette arrangementet er avlyst.",
            meaning: "En arrangør har avlyst arrangementet: ingen kan melde seg på lenger, og alle som var påmeldt, er meldt av.",
            advice: "Vis at det er avlyst. Betalte penger går tilbake av seg selv.",
        },
        en: Texts {
            title: "The event is cancelled",
            detail: "This event is cancelled.",
            meaning: "An organizer cancelled the event: nobody signs up any more, and whoever was signed up no longer is.",
            advice: "Show it as cancelled. Money that was paid goes back by itself.",
        },
    },
    ProblemKind {
        code: "event_closed",
        status: 409,
        nb: Texts {
            title: "Påmeldingen er stengt",
            detail: "Arrangøren har stengt påmeldingen.",
            meaning: "En arrangør har stengt påmeldingen til dette arrangementet.",
            advice: "Spør arrangøren.",
        },
        en: Texts {
            title: "Sign-up is closed",
            detail: "The organizer closed sign-up for this event.",
            meaning: "An organizer stopped sign-ups for this event.",
            advice: "Ask the organizer.",
        },
    },
    ProblemKind {
        code: "sign_up_disabled",
        status: 409,
        nb: Texts {
            title: "Ingen påmelding",
            detail: "Dette arrangementet har ingen påmelding.",
            meaning: "Dette arrangementet tar ikke imot påmeldinger.",
            advice: "Ingenting: Møt opp, eller les beskrivelsen.",
        },
        en: Texts {
            title: "No sign-up",
            detail: "This event takes no sign-ups.",
            meaning: "This event takes no sign-ups at all.",
            advice: "Nothing: come as you are, or read the description.",
        },
    },
    ProblemKind {
        code: "not_open_yet",
        status: 409,
        nb: Texts {
            title: "Påmeldingen har ikke åpnet",
            detail: "Påmeldingen har ikke åpnet ennå.",
            meaning: "Påmeldingen åpner senere.",
            advice: "Prøv igjen ved `retry_at`.",
        },
        en: Texts {
            title: "Sign-up is not open yet",
            detail: "Sign-up has not opened yet.",
            meaning: "Sign-up opens later.",
            advice: "Try again at `retry_at`.",
        },
    },
    ProblemKind {
        code: "registration_closed",
        status: 409,
        nb: Texts {
            title: "Påmeldingen er over",
            detail: "Påmeldingen er over.",
            meaning: "Tida for å melde seg på er over.",
            advice: "Spør arrangøren, som fortsatt kan legge til folk.",
        },
        en: Texts {
            title: "Sign-up is over",
            detail: "Sign-up for this event is over.",
            meaning: "The time to sign up is over.",
            advice: "Ask the organizer, who may still add people.",
        },
    },
    ProblemKind {
        code: "too_late_to_pay",
        status: 409,
        nb: Texts {
            title: "For sent å betale",
            detail: "Det er for kort tid igjen til å betale for en plass.",
            meaning: "Det er under en halv time til arrangementet begynner, og plassen koster noe.",
            advice: "Spør arrangøren, som kan registrere en betaling gjort på en annen måte.",
        },
        en: Texts {
            title: "Too late to pay",
            detail: "Too little time is left before the event to pay for a seat.",
            meaning: "Less than half an hour is left before the event starts, and a seat costs something.",
            advice: "Ask the organizer, who may record a payment made in another way.",
        },
    },
    ProblemKind {
        code: "sign_off_deadline_passed",
        status: 409,
        nb: Texts {
            title: "For sent å melde seg av",
            detail: "Fristen for å melde seg av er ute.",
            meaning: "En bekreftet plass kan ikke lenger gis fra seg.",
            advice: "Spør arrangøren, som fortsatt kan ta folk av lista.",
        },
        en: Texts {
            title: "Too late to sign off",
            detail: "The deadline for signing off has passed.",
            meaning: "A confirmed seat can no longer be given up.",
            advice: "Ask the organizer, who may still remove people.",
        },
    },
    ProblemKind {
        code: "paid_registration_needs_refund",
        status: 409,
        nb: Texts {
            title: "Plassen er betalt",
            detail: "Plassen er betalt. Arrangøren må betale tilbake.",
            meaning: "Plassen er betalt, og å gi den fra seg ville ikke gi pengene tilbake.",
            advice: "Spør en arrangør. Den som kan betale tilbake, tar personen av lista med `?refund=full`.",
        },
        en: Texts {
            title: "The seat is paid",
            detail: "The seat is paid. An organizer must refund it.",
            meaning: "The seat is paid, and giving it up would not give the money back.",
            advice: "Ask an organizer. Whoever may refund removes the person with `?refund=full`.",
        },
    },
    ProblemKind {
        code: "event_full",
        status: 409,
        nb: Texts {
            title: "Ingen ledig plass",
            detail: "Det er ingen ledig plass.",
            meaning: "Det er ingen ledig plass, og denne forespørselen gjelder en plass nå.",
            advice: "Vent på en plass, eller øk antallet plasser.",
        },
        en: Texts {
            title: "No seat is free",
            detail: "No seat is free.",
            meaning: "No seat is free, and this request is about a seat now.",
            advice: "Wait for a seat, or raise the limit.",
        },
    },
    ProblemKind {
        code: "registration_ended",
        status: 409,
        nb: Texts {
            title: "Påmeldingen er avsluttet",
            detail: "Påmeldingen er avsluttet.",
            meaning: "Påmeldingen er avsluttet, og da endrer ingenting seg ved den.",
            advice: "Personen kan melde seg på igjen; det blir en ny påmelding.",
        },
        en: Texts {
            title: "The registration has ended",
            detail: "The registration has ended.",
            meaning: "The registration has ended, so nothing about it changes.",
            advice: "The person can sign up again: that is a new registration.",
        },
    },
    ProblemKind {
        code: "event_has_registrations",
        status: 409,
        nb: Texts {
            title: "Noen er påmeldt",
            detail: "Et arrangement kan ikke bli gratis eller koste noe mens noen er påmeldt.",
            meaning: "Et gratis arrangement kan bare få en pris, og et betalt bare bli gratis, så lenge ingen er påmeldt.",
            advice: "Lag et nytt arrangement.",
        },
        en: Texts {
            title: "Somebody is signed up",
            detail: "An event does not become free or paid while anybody is signed up.",
            meaning: "A free event becomes paid, or a paid one free, only while nobody is signed up.",
            advice: "Make another event.",
        },
    },
    ProblemKind {
        code: "event_in_use",
        status: 409,
        nb: Texts {
            title: "Arrangementet har en historie",
            detail: "Et arrangement som noen har vært påmeldt, kan ikke slettes.",
            meaning: "Noen har vært påmeldt dette arrangementet, så det blir stående.",
            advice: "Steng det og avslutt påmeldingene i stedet.",
        },
        en: Texts {
            title: "The event has a history",
            detail: "An event that anybody ever signed up for is not deleted.",
            meaning: "Somebody signed up for this event once, so it stays for the record.",
            advice: "Close it and end its registrations instead.",
        },
    },
];
