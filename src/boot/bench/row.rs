//! One row of the table, and how the table is written.

use std::io::{Result, Write};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::BootError;
use super::BenchOptions;
use super::crowd::Measured;

/// What one measurement found.
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) measured: Measured,
    /// Other figures, each by its name with its unit.
    pub(super) more: Vec<(&'static str, u128)>,
    /// What should not be, if anything.
    pub(super) wrong: Option<String>,
}

impl Row {
    /// A row with nothing but its time.
    pub(super) fn of(what: &'static str, measured: Measured) -> Self {
        Self { what, measured, more: Vec::new(), wrong: None }
    }

    /// With another figure.
    pub(super) fn with(mut self, name: &'static str, figure: u128) -> Self {
        self.more.push((name, figure));
        self
    }

    /// Says what is wrong, if two figures that should be the same are not.
    pub(super) fn expecting(mut self, what: &str, expected: i64, found: i64) -> Self {
        if expected != found && self.wrong.is_none() {
            self.wrong = Some(format!("{what}: {found}, not {expected}"));
        }
        self
    }

    /// An error when something was oversold, or not answered well.
    pub(super) fn check(&self) -> std::result::Result<(), BootError> {
        match &self.wrong {
            Some(wrong) => Err(BootError::Unexpected(format!("{}: {wrong}", self.what))),
            None if self.measured.failed > 0 => {
                let failed = self.measured.failed;
                Err(BootError::Unexpected(format!("{}: {failed} were not answered well", self.what)))
            }
            None => Ok(()),
        }
    }

    fn json(&self, options: &BenchOptions) -> Value {
        let measured = &self.measured;
        let mut line = Map::new();
        let figures = [
            ("people", json!(options.people)),
            ("connections", json!(options.connections)),
            ("rows", json!(options.rows)),
            ("per_second", json!(measured.per_second())),
            ("p50_us", json!(measured.percentile(50).as_micros())),
            ("p99_us", json!(measured.percentile(99).as_micros())),
            ("took_us", json!(measured.took.as_micros())),
            ("failed", json!(measured.failed)),
        ];
        line.insert("what".to_owned(), json!(self.what));
        line.extend(figures.into_iter().map(|(name, value)| (name.to_owned(), value)));
        line.extend(self.more.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        Value::Object(line)
    }
}

/// Writes the head of the table.
pub(super) fn write_head(out: &mut impl Write, options: &BenchOptions) -> Result<()> {
    let BenchOptions { people, connections, runs, rows, .. } = options;
    writeln!(out, "{people} people, {connections} connections, {rows} rows before, median of {runs} runs;")?;
    writeln!(out, "load, sandbox and server on the same cores\n")?;
    writeln!(out, "{:<44} {:>10} {:>9} {:>9} {:>9} {:>7}", "", "a second", "p50 ms", "p99 ms", "all ms", "failed")
}

/// Writes one row, with its other figures below.
pub(super) fn write_row(out: &mut impl Write, row: &Row) -> Result<()> {
    let measured = &row.measured;
    if measured.took.is_zero() {
        writeln!(out, "{}", row.what)?;
    } else {
        writeln!(
            out,
            "{:<44} {:>10} {:>9} {:>9} {:>9} {:>7}",
            row.what,
            measured.per_second(),
            in_millis(measured.percentile(50)),
            in_millis(measured.percentile(99)),
            in_millis(measured.took),
            measured.failed
        )?;
    }
    for (name, figure) in &row.more {
        writeln!(out, "    {:<40} {figure:>10}", name.replace('_', " "))?;
    }
    out.flush()
}

/// Writes one line of JSON for each row, for programs.
pub(super) fn write_lines(out: &mut impl Write, rows: &[Row], options: &BenchOptions) -> Result<()> {
    writeln!(out)?;
    rows.iter().try_for_each(|row| writeln!(out, "{}", row.json(options)))
}

fn in_millis(span: Duration) -> String {
    format!("{}.{:02}", span.as_millis(), (span.as_micros() % 1_000) / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_should_not_be_is_an_error() {
        let row = || Row::of("sign-ups", Measured::new(Vec::new(), Duration::ZERO, 0));
        assert!(row().check().is_ok());
        assert!(row().expecting("seats held", 50, 50).check().is_ok());
        let oversold = row().expecting("seats held", 50, 51).check().unwrap_err().to_string();
        assert!(oversold.contains("sign-ups: seats held: 51, not 50"), "{oversold}");
        let failed = Row::of("reads", Measured::new(Vec::new(), Duration::from_secs(1), 2)).check();
        assert!(failed.unwrap_err().to_string().contains("2 were not answered well"));
    }

    #[test]
    fn a_row_is_a_line_for_people_and_one_for_programs() {
        let row = Row::of("reads", Measured::new(vec![Duration::from_micros(1_250)], Duration::from_millis(1), 0))
            .with("calls_at_once", 16);
        let options = BenchOptions {
            people: 2_000,
            connections: 64,
            runs: 5,
            database_url: None,
            rows: 0,
            listeners: 5_000,
            only: Vec::new(),
        };
        let mut out = Vec::new();
        write_row(&mut out, &row).unwrap();
        write_lines(&mut out, &[row], &options).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("reads  ") && text.contains("1.25") && text.contains("calls at once"), "{text}");
        let line: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!((&line["per_second"], &line["calls_at_once"]), (&json!(1_000), &json!(16)));
    }
}
