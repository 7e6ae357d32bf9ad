//! The command line, parsed and nothing else.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    plass::cli::run(plass::cli::Cli::parse())
}
