//! Problems with how something is asked, whatever it is about.

use super::{ProblemKind, Texts};

pub(super) const PROBLEMS: &[ProblemKind] = &[
    ProblemKind {
        code: "bad_request",
        status: 400,
        nb: Texts {
            title: "Forespørselen er ødelagt",
            detail: "Forespørselen kunne ikke leses.",
            meaning: "Forespørselen kunne ikke leses i det hele tatt: Den brøt av, eller et skjema mangler feltet sitt.",
            advice: "Se på hvordan forespørselen sendes. Sendes den likt en gang til, blir svaret det samme.",
        },
        en: Texts {
            title: "The request is malformed",
            detail: "The request could not be read.",
            meaning: "The request could not be read at all: it broke off, or a form lacks its field.",
            advice: "Look at how the request is sent. Sending the same again gives the same answer.",
        },
    },
    ProblemKind {
        code: "malformed_json",
        status: 400,
        nb: Texts {
            title: "Innholdet er ikke JSON",
            detail: "Innholdet er ikke JSON.",
            meaning: "Innholdet i forespørselen er ikke gyldig JSON.",
            advice: "Send et JSON-objekt i UTF-8 som `application/json`. `detail` sier hvor lesingen stoppet.",
        },
        en: Texts {
            title: "The body is not JSON",
            detail: "The body is not JSON.",
            meaning: "The body of the request is not valid JSON.",
            advice: "Send a JSON object in UTF-8 as `application/json`. `detail` says where reading stopped.",
        },
    },
    ProblemKind {
        code: "invalid_query",
        status: 400,
        nb: Texts {
            title: "En parameter i adressen er feil",
            detail: "En parameter i adressen er feil.",
            meaning: "En parameter i adressen er ukjent, står der to ganger eller har en verdi den ikke kan ha.",
            advice: "Les `detail`: Den navngir parameteren. Send bare de parameterne som operasjonen lister opp.",
        },
        en: Texts {
            title: "A query parameter is wrong",
            detail: "A query parameter is wrong.",
            meaning: "A query parameter is unknown, there twice, or has a value that it cannot have.",
            advice: "Read `detail`: it names the parameter. Send only the parameters that the operation lists.",
        },
    },
    ProblemKind {
        code: "invalid_cursor",
        status: 400,
        nb: Texts {
            title: "Sidemerket er ødelagt",
            detail: "Sidemerket (cursor) er ikke fra denne lista.",
            meaning: "Verdien i `cursor` er ødelagt eller hører til en annen liste.",
            advice: "Ta `cursor` uendret fra `next_cursor` eller fra `Link`-hodet, eller begynn forfra uten.",
        },
        en: Texts {
            title: "The cursor is broken",
            detail: "The cursor is not one of this list.",
            meaning: "The `cursor` is broken, or belongs to another list.",
            advice: "Take the `cursor` unchanged from `next_cursor` or from the `Link` header, or begin again without one.",
        },
    },
    ProblemKind {
        code: "invalid_limit",
        status: 400,
        nb: Texts {
            title: "Antallet er feil",
            detail: "Antallet (limit) er et tall fra 1 til 100.",
            meaning: "Verdien i `limit` er ikke et tall fra 1 til 100.",
            advice: "Be om 1 til 100 rader, eller utelat `limit` og få 25.",
        },
        en: Texts {
            title: "The limit is wrong",
            detail: "A limit is a number from 1 to 100.",
            meaning: "The `limit` is no number from 1 to 100.",
            advice: "Ask for 1 to 100 rows, or leave `limit` out and get 25.",
        },
    },
    ProblemKind {
        code: "invalid_idempotency_key",
        status: 400,
        nb: Texts {
            title: "Idempotensnøkkelen er feil",
            detail: "En Idempotency-Key har 1 til 64 synlige ASCII-tegn.",
            meaning: "En `Idempotency-Key` har 1 til 64 synlige ASCII-tegn, og det har ikke denne.",
            advice: "Send for eksempel en UUID.",
        },
        en: Texts {
            title: "The idempotency key is malformed",
            detail: "An Idempotency-Key has 1 to 64 visible ASCII characters.",
            meaning: "An `Idempotency-Key` has 1 to 64 visible ASCII characters, and this one has not.",
            advice: "Send a UUID, for example.",
        },
    },
    ProblemKind {
        code: "idempotency_key_required",
        status: 400,
        nb: Texts {
            title: "En idempotensnøkkel mangler",
            detail: "Denne forespørselen trenger en Idempotency-Key.",
            meaning: "Denne forespørselen flytter penger og tas bare imot med en `Idempotency-Key`.",
            advice: "Lag en nøkkel for hver hensikt, og send den samme nøkkelen når forespørselen gjentas.",
        },
        en: Texts {
            title: "An idempotency key is needed",
            detail: "This request needs an Idempotency-Key.",
            meaning: "This request moves money and is only taken with an `Idempotency-Key`.",
            advice: "Make a key for each intention, and send the same key again when repeating the request.",
        },
    },
    ProblemKind {
        code: "method_not_allowed",
        status: 405,
        nb: Texts {
            title: "Metoden brukes ikke her",
            detail: "Adressen tar ikke imot denne metoden.",
            meaning: "Adressen finnes, men tar ikke imot denne metoden.",
            advice: "Bruk en av dem som står i `Allow`-hodet.",
        },
        en: Texts {
            title: "Method not allowed",
            detail: "The address does not take this method.",
            meaning: "The address exists and does not take this method.",
            advice: "Use one of those in the `Allow` header.",
        },
    },
    ProblemKind {
        code: "request_in_progress",
        status: 409,
        nb: Texts {
            title: "Den første forespørselen er ikke ferdig",
            detail: "Den første forespørselen med denne idempotensnøkkelen er ikke ferdig.",
            meaning: "Den første forespørselen med denne `Idempotency-Key` er ikke ferdig ennå.",
            advice: "Send den samme forespørselen en gang til om et øyeblikk.",
        },
        en: Texts {
            title: "The first request is still running",
            detail: "The first request with this idempotency key is still running.",
            meaning: "The first request with this `Idempotency-Key` is still running.",
            advice: "Send the same request again in a moment.",
        },
    },
    ProblemKind {
        code: "body_too_large",
        status: 413,
        nb: Texts {
            title: "Innholdet er for langt",
            detail: "Innholdet i forespørselen er for langt.",
            meaning: "En forespørsel har høyst 64 KiB innhold, en webhook høyst 256 KiB.",
            advice: "Send mindre.",
        },
        en: Texts {
            title: "The body is too long",
            detail: "The body of the request is too long.",
            meaning: "A body has at most 64 KiB; that of a webhook 256 KiB.",
            advice: "Send a shorter body.",
        },
    },
    ProblemKind {
        code: "unsupported_media_type",
        status: 415,
        nb: Texts {
            title: "Innholdet er ikke merket som JSON",
            detail: "Send innholdet som application/json.",
            meaning: "Innholdet er ikke merket som JSON.",
            advice: "Legg ved hodet `Content-Type: application/json`.",
        },
        en: Texts {
            title: "The body is not said to be JSON",
            detail: "Send the body as application/json.",
            meaning: "The body is not said to be JSON.",
            advice: "Send the header `Content-Type: application/json`.",
        },
    },
    ProblemKind {
        code: "invalid_fields",
        status: 422,
        nb: Texts {
            title: "Noen felter er ikke gyldige",
            detail: "Noen felter er ikke gyldige.",
            meaning: "Innholdet kan leses, men noen felter er ugyldige, ukjente eller mangler.",
            advice: "Les `errors`: Hver feil har en JSON-peker, en kode og en forklaring.",
        },
        en: Texts {
            title: "Some fields are invalid",
            detail: "Some fields are invalid.",
            meaning: "The body can be read, and some of its fields are not valid, unknown, or missing.",
            advice: "Read `errors`: each has a JSON pointer, a code and a detail.",
        },
    },
    ProblemKind {
        code: "idempotency_key_reused",
        status: 422,
        nb: Texts {
            title: "Idempotensnøkkelen er brukt før",
            detail: "Denne idempotensnøkkelen er brukt til en annen forespørsel.",
            meaning: "Denne `Idempotency-Key` kom tidligere med en annen metode, adresse eller et annet innhold.",
            advice: "Lag en ny nøkkel for en ny hensikt.",
        },
        en: Texts {
            title: "The idempotency key was used before",
            detail: "This idempotency key was used for another request.",
            meaning: "This `Idempotency-Key` came with another method, path or body before.",
            advice: "Make a new key for a new intention.",
        },
    },
];
