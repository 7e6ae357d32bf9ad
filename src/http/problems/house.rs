//! Problems that are ours.

use super::{ProblemKind, Texts};

pub(super) const PROBLEMS: &[ProblemKind] = &[
    ProblemKind {
        code: "internal",
        status: 500,
        nb: Texts {
            title: "Noe gikk galt",
            detail: "Noe gikk galt hos oss. Koden i request_id hjelper oss å finne feilen.",
            meaning: "Noe gikk galt hos oss som ikke skulle skje.",
            advice: "Gi dem som driver tjenesten, koden i `request_id`.",
        },
        en: Texts {
            title: "Something went wrong",
            detail: "Something went wrong here. The request_id helps to find it.",
            meaning: "Something went wrong here that should not have.",
            advice: "Tell those who run the house the `request_id`.",
        },
    },
    ProblemKind {
        code: "unavailable",
        status: 503,
        nb: Texts {
            title: "Ikke mulig akkurat nå",
            detail: "Det går ikke akkurat nå. Prøv igjen om litt.",
            meaning: "Databasen svarer ikke akkurat nå.",
            advice: "Send den samme forespørselen igjen når sekundene i `Retry-After` er gått.",
        },
        en: Texts {
            title: "Not possible at this moment",
            detail: "Not possible at this moment. Try again.",
            meaning: "The database does not answer at this moment.",
            advice: "Send the same request again after `Retry-After` seconds.",
        },
    },
    ProblemKind {
        code: "overloaded",
        status: 503,
        nb: Texts {
            title: "For travelt akkurat nå",
            detail: "Det er for travelt akkurat nå. Prøv igjen om litt.",
            meaning: "For mange vil ha noe tungt, som en innlogging, i samme øyeblikk.",
            advice: "Send den samme forespørselen igjen når sekundene i `Retry-After` er gått.",
        },
        en: Texts {
            title: "Too busy at this moment",
            detail: "Too busy at this moment. Try again.",
            meaning: "Too many people want something costly, like a login, at the same moment.",
            advice: "Send the same request again after `Retry-After` seconds.",
        },
    },
    ProblemKind {
        code: "not_ready",
        status: 503,
        nb: Texts {
            title: "Ikke klar",
            detail: "Serveren er ikke klar ennå.",
            meaning: "Prosessen kjører, men kan ikke arbeide: Databasen svarer ikke, er ikke oppdatert, eller klokka dens går feil.",
            advice: "Send forespørsler til en annen prosess, og se i loggen til denne.",
        },
        en: Texts {
            title: "Not ready",
            detail: "The server is not ready.",
            meaning: "The process runs and cannot work: the database does not answer, is not migrated, or its clock is off.",
            advice: "Send requests to another process, and look at the log of this one.",
        },
    },
];
