//! What the program writes about itself, on standard error: standard output belongs to the commands. Nothing here may
//! be handed a name, an address, a token or a body.

use std::error::Error;
use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Why nothing is logged.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is no filter.
    #[error("`log` is a level like info, or target=level pairs with commas between")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Somebody began before.
    #[error("logging was started twice")]
    StartedTwice(#[source] Box<dyn Error + Send + Sync>),
}

/// Starts logging what `filter` lets through, as text for people or as JSON lines.
pub fn init(filter: &str, json: bool) -> Result<(), TelemetryError> {
    let filter = EnvFilter::builder().parse(filter)?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if json {
        subscriber.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        subscriber.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init()
    };
    started.map_err(TelemetryError::StartedTwice)
}

/// Logs an error once, with everything that caused it; `what` says what was being done.
pub fn log_error_chain(error: &dyn Error, what: &str) {
    tracing::error!(error = %chain(error), "{what}");
}

/// An error and its causes in one line. A cause that only repeats what was just said is left out.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        source = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("saving the registration")]
    struct Saving(#[source] Busy);

    #[derive(Debug, thiserror::Error)]
    #[error("the database is busy")]
    struct Busy(#[source] std::fmt::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("outer: {0}")]
    struct Repeating(#[source] std::fmt::Error);

    #[test]
    fn an_error_is_told_with_its_causes_and_without_echo() {
        let error = Saving(Busy(std::fmt::Error));
        assert!(chain(&error).starts_with("saving the registration: the database is busy: an error occurred"));
        assert_eq!(chain(&Repeating(std::fmt::Error)), Repeating(std::fmt::Error).to_string());
    }

    #[test]
    fn a_filter_that_is_none_is_refused() {
        assert!(matches!(init("plass=loud=er", false), Err(TelemetryError::Filter(_))));
    }
}
