//! Problems with who asks, and with users and groups.

use super::{ProblemKind, Texts};

pub(super) const PROBLEMS: &[ProblemKind] = &[
    ProblemKind {
        code: "unauthenticated",
        status: 401,
        nb: Texts {
            title: "Logg inn først",
            detail: "Logg inn først.",
            meaning: "Tilgangstokenet mangler eller gjelder ikke lenger. Ved fornyelse er det fornyelsestokenet som ikke gjelder, ved en webhook signaturen.",
            advice: "Forny tilgangstokenet med `POST /api/v1/auth/refresh`. Blir svaret det samme, må personen logge inn på nytt.",
        },
        en: Texts {
            title: "Sign in first",
            detail: "Sign in first.",
            meaning: "There is no access token, or it is no longer good. For a refresh: the refresh token is not good, and for a webhook: the signature.",
            advice: "Renew the access token with `POST /api/v1/auth/refresh`. When that answers the same, the person must sign in again.",
        },
    },
    ProblemKind {
        code: "invalid_credentials",
        status: 401,
        nb: Texts {
            title: "Feil e-postadresse eller passord",
            detail: "E-postadressen eller passordet er feil.",
            meaning: "E-postadressen eller passordet er feil; det sies ikke hvilken av dem. Statusen er 403 når det er ens eget nåværende passord som er feil.",
            advice: "La personen prøve igjen, eller be om en ny invitasjon.",
        },
        en: Texts {
            title: "Wrong address or password",
            detail: "The email address or the password is wrong.",
            meaning: "The email address or the password is wrong; it is not said which. The status is 403 when one's own current password is wrong.",
            advice: "Let the person try again, or ask for a new invitation.",
        },
    },
    ProblemKind {
        code: "forbidden",
        status: 403,
        nb: Texts {
            title: "Ikke tillatt",
            detail: "Du har ikke lov til dette.",
            meaning: "Den som spør, er kjent, men har ikke lov til dette.",
            advice: "Spør noen som styrer roller, eller gruppa det gjelder.",
        },
        en: Texts {
            title: "Not allowed",
            detail: "You may not do this.",
            meaning: "The caller is known and may not do this.",
            advice: "Ask somebody who manages roles, or the group concerned.",
        },
    },
    ProblemKind {
        code: "form_expired",
        status: 403,
        nb: Texts {
            title: "Åpne siden på nytt",
            detail: "Skjemaet er for gammelt eller kom fra et annet sted. Åpne siden på nytt, og prøv igjen.",
            meaning: "Et skjema på en side hørte ikke til denne innloggingen, eller ble sendt fra et annet nettsted. API-et svarer aldri dette.",
            advice: "Åpne siden på nytt, og send skjemaet derfra.",
        },
        en: Texts {
            title: "Open the page again",
            detail: "The form is too old or came from elsewhere. Open the page again, and try once more.",
            meaning: "A form on a page was not of this login, or another site sent it. The API never answers this.",
            advice: "Open the page again, and send the form from there.",
        },
    },
    ProblemKind {
        code: "not_found",
        status: 404,
        nb: Texts {
            title: "Ikke funnet",
            detail: "Det finnes ikke noe her.",
            meaning: "Det er ingenting på denne adressen, eller den som spør, får ikke vite om det.",
            advice: "Sjekk id-en. En id som ikke er en id, får også dette svaret.",
        },
        en: Texts {
            title: "Not found",
            detail: "There is nothing here.",
            meaning: "There is nothing at this address, or the caller may not know of it.",
            advice: "Check the id. An id that is no id gets this answer too.",
        },
    },
    ProblemKind {
        code: "email_taken",
        status: 409,
        nb: Texts {
            title: "E-postadressen er i bruk",
            detail: "E-postadressen er i bruk.",
            meaning: "En annen bruker har denne e-postadressen.",
            advice: "Bruk den brukeren eller en annen adresse.",
        },
        en: Texts {
            title: "Address taken",
            detail: "This email address is taken.",
            meaning: "Another user has this email address.",
            advice: "Use that user, or another address.",
        },
    },
    ProblemKind {
        code: "slug_taken",
        status: 409,
        nb: Texts {
            title: "Kortnavnet er i bruk",
            detail: "Kortnavnet er i bruk.",
            meaning: "En annen gruppe har dette kortnavnet (`slug`).",
            advice: "Velg et annet kortnavn.",
        },
        en: Texts {
            title: "Slug taken",
            detail: "This slug is taken.",
            meaning: "Another group has this `slug`.",
            advice: "Choose another slug.",
        },
    },
    ProblemKind {
        code: "group_in_use",
        status: 409,
        nb: Texts {
            title: "Gruppa er i bruk",
            detail: "Gruppa er i bruk.",
            meaning: "Gruppa arrangerer noe, eller roller er gitt til den eller for arrangementene dens.",
            advice: "Flytt arrangementene og trekk tilbake rollene først.",
        },
        en: Texts {
            title: "The group is in use",
            detail: "The group is in use.",
            meaning: "The group organizes events, or roles were given to it or for its events.",
            advice: "Move the events and take back the grants first.",
        },
    },
    ProblemKind {
        code: "last_admin",
        status: 409,
        nb: Texts {
            title: "Den siste administratoren blir",
            detail: "Den siste administratoren kan ikke fjernes.",
            meaning: "Da ville ingen være igjen som har lov til alt.",
            advice: "Gjør noen andre til administrator først.",
        },
        en: Texts {
            title: "The last admin stays",
            detail: "The last admin cannot be removed.",
            meaning: "Nobody would be left who may do everything.",
            advice: "Make somebody else an admin first.",
        },
    },
    ProblemKind {
        code: "link_expired",
        status: 410,
        nb: Texts {
            title: "Lenka gjelder ikke lenger",
            detail: "Lenka er brukt eller for gammel.",
            meaning: "Engangslenka er brukt eller for gammel.",
            advice: "Be om en ny invitasjon.",
        },
        en: Texts {
            title: "The link is no longer good",
            detail: "The link was used already, or is too old.",
            meaning: "The one-time link was used already, or is too old.",
            advice: "Ask for a new invitation.",
        },
    },
    ProblemKind {
        code: "too_many_requests",
        status: 429,
        nb: Texts {
            title: "For mange forsøk",
            detail: "For mange forsøk. Vent litt.",
            meaning: "Det var for mange feil fra denne adressen for denne kontoen.",
            advice: "Prøv igjen ved `retry_at`; `Retry-After` har sekundene.",
        },
        en: Texts {
            title: "Too many attempts",
            detail: "Too many attempts. Wait a little.",
            meaning: "There were too many failures from this address for this account.",
            advice: "Try again at `retry_at`; `Retry-After` has the seconds.",
        },
    },
];
