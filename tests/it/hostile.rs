//! Hostile input at the border: whatever comes in, nothing panics, nothing is a 5xx, and nothing is taken for what it is
//! not. What comes is made up from fixed seeds; a failure shows the shortest input that does harm.

mod crowds;
mod doors;
mod others;
mod requests;
mod tokens;
mod values;
mod webhooks;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use tokio::runtime::Runtime;

/// Checks something about so many made-up inputs, the same ones each time.
#[track_caller]
pub(crate) fn check_all<S: Strategy>(cases: u32, inputs: &S, check: impl Fn(S::Value)) {
    let config = Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(20_260_101), ..Config::default() };
    let checked = TestRunner::new(config).run(inputs, |input| {
        check(input);
        Ok::<(), TestCaseError>(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}

/// A runtime whose server goes on while a check waits for an answer.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Any text at all, also none, and what looks like something.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => any::<String>(),
        3 => "[ -~]{0,40}",
        1 => Just(String::new()),
        1 => prop::sample::select(vec![
            "\u{0}", "%00", "%", "%zz", "../..", "..%2f..%2fetc%2fpasswd", "' OR 1=1 --", "\"", "\\", "\r\nX: y", "null", "NaN",
            "-1", "1e400", "9223372036854775808", "00000000-0000-0000-0000-000000000000", "𝟙", "\u{202e}abc", "\u{feff}",
            "٣", "a\u{300}", "{{7*7}}", "<script>alert(1)</script>", "javascript:alert(1)", "true", "[]", "{}",
        ])
        .prop_map(str::to_owned),
    ]
}
