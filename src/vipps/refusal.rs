//! What an answer that is no success means: refused, unavailable or unknown. Errors come in any shape (RFC 7807, the
//! gateway's own, OAuth's, none), so reading one never fails. Nothing here keeps more of a body than its title, code,
//! short detail and trace id.

use chrono::TimeDelta;
use reqwest::StatusCode;
use serde_json::Value;

use super::ProviderError;
use super::transport::short;
use super::wire::Body;

/// What a call does at the provider; it decides what a missing answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Changes nothing.
    Reads,
    /// Makes a payment under a reference of its own.
    Creates,
    /// Changes something else.
    Changes,
}

/// An answer's status and body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<TimeDelta>,
    pub(super) body: Body,
}

/// The shapes of eCom beside those of the others: a list of errors, of which the first counts, and the gateway's own.
fn unpacked(value: Value) -> (Value, bool) {
    let is_error = |error: &Value| error.get("errorCode").is_some();
    if let Some(error) = value.as_array().and_then(|errors| errors.first()).filter(|error| is_error(error)) {
        return (error.clone(), false);
    }
    let is_of_gateway = !value.is_object() || value.get("statusCode").is_some() || value.get("responseInfo").is_some();
    (value, is_of_gateway)
}

/// What could be read of an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: Option<String>,
    pub(super) title: String,
    pub(super) detail: String,
    pub(super) trace_id: Option<String>,
    /// True for what the gateway or a proxy says by itself: then the payment API was not asked.
    pub(super) is_of_gateway: bool,
}

impl Problem {
    /// Reads an error of any shape.
    pub(super) fn read(body: &Body) -> Self {
        let value = match body {
            Body::Whole(bytes) if bytes.trim_ascii().is_empty() => return Self::default(),
            Body::Whole(_) | Body::TooLarge | Body::Broken(_) => body.read::<Value>().unwrap_or_default(),
        };
        let (value, is_of_gateway) = unpacked(value);
        let at = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(short);
        let text = |pointers: &[&str]| pointers.iter().find_map(|pointer| at(pointer).filter(|text| !text.is_empty()));
        Self {
            code: code(&value),
            title: text(&["/title", "/message", "/error", "/errorMessage", "/result/message"]).unwrap_or_default(),
            detail: text(&["/detail", "/error_description", "/errorGroup"]).unwrap_or_default(),
            trace_id: text(&["/traceId", "/contextId"]),
            is_of_gateway,
        }
    }
}

/// The domain code: the extra detail of that name, `{"name":"ErrorCode","reason":"6080"}`, or over eCom the `errorCode`.
fn code(value: &Value) -> Option<String> {
    let is_code = |detail: &&Value| {
        detail.get("name").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case("ErrorCode"))
    };
    let details = value.get("extraDetails").and_then(Value::as_array);
    let reason = details.and_then(|details| details.iter().find(is_code)?.get("reason"));
    let reason = reason.or_else(|| value.get("errorCode"))?;
    let code = reason.as_str().map_or_else(|| reason.to_string(), str::to_owned);
    Some(code.trim().chars().filter(char::is_ascii_alphanumeric).take(20).collect())
        .filter(|code: &String| !code.is_empty())
}

/// What an answer that is no success means for a call of this kind.
pub(super) fn judge(kind: Kind, answer: &Answer, problem: &Problem) -> ProviderError {
    let status = answer.status;
    let told = [status.as_str(), problem.code.as_deref().unwrap_or_default(), &problem.title];
    let reason = told.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let unavailable = |reason| ProviderError::Unavailable { reason, retry_after: answer.retry_after };
    match status.as_u16() {
        401 => unavailable(format!("the token was not accepted: {reason}")),
        // The keys lack a right, which people can mend: money must not be parked over it.
        403 => unavailable(format!("the keys are not allowed to do this: {reason}")),
        423 | 429 => unavailable(reason),
        // The gateway does not know the path, so nobody looked for the payment: no proof that it is not there.
        404 if kind == Kind::Reads && problem.is_of_gateway => {
            unavailable(format!("not from the payment API: {reason}"))
        }
        // Create is repeated blindly under its key; that the reference exists may be our own earlier try.
        409 if kind == Kind::Creates => ProviderError::Unknown { reason },
        400..=499 if status != StatusCode::REQUEST_TIMEOUT => {
            if kind == Kind::Creates && matches!(problem.code.as_deref(), Some("4020" | "4150")) {
                return ProviderError::Unknown { reason };
            }
            match &answer.body {
                // The code is what callers branch on; the same call under the same key gets the same answer again.
                Body::Broken(_) => ProviderError::Unknown { reason: format!("{reason}, broken off") },
                Body::Whole(_) | Body::TooLarge => ProviderError::Refused {
                    status: status.as_u16(),
                    code: problem.code.clone(),
                    title: problem.title.clone(),
                    detail: problem.detail.clone(),
                    trace_id: problem.trace_id.clone(),
                },
            }
        }
        _ => match kind {
            Kind::Reads => unavailable(reason),
            Kind::Creates | Kind::Changes => ProviderError::Unknown { reason },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::transport::TEXT_MAX;
    use super::*;

    const PROBLEM: &str = r#"{"type":"https://x","title":"Bad Request","status":400,"detail":"No such money","traceId":"00-t",
        "extraDetails":[{"name":"Other","reason":"1"},{"name":"ErrorCode","reason":"6080"}]}"#;

    fn whole(text: &str) -> Body {
        Body::Whole(text.as_bytes().to_vec())
    }

    #[track_caller]
    fn check_problem(text: &str, expected: (Option<&str>, &str, &str, Option<&str>, bool)) {
        let read = Problem::read(&whole(text));
        let told = (read.code.as_deref(), read.title.as_str(), read.detail.as_str(), read.trace_id.as_deref());
        assert_eq!((told.0, told.1, told.2, told.3, read.is_of_gateway), expected, "{text}");
    }

    #[test]
    fn errors_are_read_in_any_shape() {
        check_problem(PROBLEM, (Some("6080"), "Bad Request", "No such money", Some("00-t"), false));
        check_problem(r#"{"extraDetails":[{"name":"errorCode","reason":6250}]}"#, (Some("6250"), "", "", None, false));
        check_problem(r#"{"title":7,"extraDetails":{"name":"ErrorCode"}}"#, (None, "", "", None, false));
        check_problem(r#"{"statusCode":401,"message":"Access denied"}"#, (None, "Access denied", "", None, true));
        check_problem(
            r#"{"error":"unauthorized_client","error_description":"who?"}"#,
            (None, "unauthorized_client", "who?", None, false),
        );
        check_problem(
            r#"[{"errorGroup":"Payment","errorCode":"61","errorMessage":"Too much","contextId":"c"},{"errorCode":"1"}]"#,
            (Some("61"), "Too much", "Payment", Some("c"), false),
        );
        check_problem(
            r#"{"responseInfo":{"responseCode":401,"responseMessage":"Unauthorized"},"result":{"message":"who?"}}"#,
            (None, "who?", "", None, true),
        );
        check_problem("", (None, "", "", None, false));
        check_problem(" \r\n", (None, "", "", None, false));
        check_problem("<html>Bad Gateway</html>", (None, "", "", None, true));
        check_problem("[1]", (None, "", "", None, true));
        check_problem("\"no\"", (None, "", "", None, true));
    }

    #[test]
    fn long_texts_are_cut_and_put_on_one_line() {
        let read = Problem::read(&whole(&format!(r#"{{"title":"a\nb","detail":"{}"}}"#, "ø".repeat(900))));
        assert_eq!((read.title.as_str(), read.detail.chars().count()), ("a b", TEXT_MAX));
    }

    #[track_caller]
    fn check(kind: Kind, status: u16, body: Body, expected: &str) {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: Some(TimeDelta::seconds(7)),
            body: body.clone(),
        };
        let told = match judge(kind, &answer, &Problem::read(&body)) {
            ProviderError::Refused { status, code, .. } => {
                format!("refused {status} {}", code.as_deref().unwrap_or("-"))
            }
            ProviderError::Unavailable { retry_after, .. } => {
                assert_eq!(retry_after, Some(TimeDelta::seconds(7)));
                "unavailable".to_owned()
            }
            ProviderError::Unknown { .. } => "unknown".to_owned(),
        };
        assert_eq!(told, expected, "{kind:?} {status} {body:?}");
    }

    #[test]
    fn some_statuses_mean_the_same_for_every_call() {
        for kind in [Kind::Reads, Kind::Creates, Kind::Changes] {
            for status in [401, 403, 423, 429] {
                for body in [whole(PROBLEM), whole(""), Body::TooLarge, Body::Broken("cut".to_owned())] {
                    check(kind, status, body, "unavailable");
                }
            }
            check(kind, 400, whole(PROBLEM), "refused 400 6080");
            check(kind, 400, Body::TooLarge, "refused 400 -");
            check(kind, 400, Body::Broken("cut".to_owned()), "unknown");
            check(kind, 404, whole(""), "refused 404 -");
            check(kind, 422, whole("nonsense"), "refused 422 -");
        }
    }

    #[test]
    fn trouble_on_their_side_may_have_done_what_we_asked() {
        for status in [302, 408, 500, 502, 503, 504, 599] {
            check(Kind::Reads, status, whole(""), "unavailable");
            check(Kind::Creates, status, whole(PROBLEM), "unknown");
            check(Kind::Changes, status, Body::TooLarge, "unknown");
        }
    }

    #[test]
    fn a_reference_that_exists_may_be_our_own_earlier_try() {
        for code in ["4150", "4020"] {
            check(Kind::Creates, 400, whole(&PROBLEM.replace("6080", code)), "unknown");
            check(Kind::Changes, 400, whole(&PROBLEM.replace("6080", code)), &format!("refused 400 {code}"));
        }
        check(Kind::Creates, 409, whole(""), "unknown");
        check(Kind::Changes, 409, whole(PROBLEM), "refused 409 6080");
    }

    #[test]
    fn only_the_payment_api_can_say_that_a_payment_is_not_there() {
        check(Kind::Reads, 404, whole(PROBLEM), "refused 404 6080");
        for body in [r#"{"statusCode":404,"message":"Resource not found"}"#, "<html>", "not found"] {
            check(Kind::Reads, 404, whole(body), "unavailable");
        }
    }
}
