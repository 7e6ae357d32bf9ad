//! The command line, parsed and nothing else.

fn main() {}
