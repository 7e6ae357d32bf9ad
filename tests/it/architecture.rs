//! What the map of the house says, checked against the code: who may know whom, and who alone may do what.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and the rooms that it may know. Whoever is not named here does not exist.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("cli", &["boot", "config", "flows", "telemetry"]),
    (
        "boot",
        &[
            "askell",
            "clock",
            "config",
            "domain",
            "flows",
            "http",
            "jobs",
            "keys",
            "mail",
            "metrics",
            "sandbox",
            "store",
            "telemetry",
            "vipps",
            "words",
        ],
    ),
    ("http", &["clock", "config", "domain", "flows", "keys", "metrics", "store", "telemetry", "words"]),
    ("jobs", &["clock", "domain", "flows", "store", "telemetry"]),
    (
        "flows",
        &["askell", "clock", "config", "domain", "keys", "mail", "metrics", "store", "telemetry", "vipps", "words"],
    ),
    ("store", &["clock", "domain", "telemetry"]),
    ("vipps", &["clock", "domain", "metrics", "telemetry"]),
    ("askell", &["clock", "domain", "metrics", "telemetry", "vipps"]),
    ("mail", &["domain", "telemetry", "words"]),
    ("sandbox", &["clock"]),
    ("words", &["domain"]),
    ("clock", &["domain"]),
    ("keys", &["config"]),
    ("config", &[]),
    ("metrics", &[]),
    ("telemetry", &[]),
    ("domain", &[]),
    ("lib", &[]),
];

/// Crates that read or write something outside the process, or that wait.
const OUTSIDE: &[&str] = &[
    "actix",
    "askama",
    "diesel",
    "futures",
    "getrandom",
    "lettre",
    "libsqlite3",
    "reqwest",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::sync",
    "std::thread",
    "tokio",
    "tracing",
];

struct Source {
    path: String,
    room: String,
    /// Modules from the root of the crate down to this file.
    depth: usize,
    /// The code without its comments.
    code: String,
    lines: usize,
    said_first: String,
}

pub(crate) fn files_under(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_under(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    files_under(&root().join("src"), &mut files);
    files.sort();
    let sources: Vec<Source> = files.iter().map(|file| read(file)).collect();
    assert!(sources.len() > 100, "{} files are not the whole house", sources.len());
    sources
}

fn read(file: &Path) -> Source {
    let path = file.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
    let text = fs::read_to_string(file).unwrap();
    let module = path.strip_prefix("src/").unwrap().strip_suffix(".rs").expect("only Rust lives in src");
    let module = module.strip_suffix("/mod").unwrap_or(module);
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    Source {
        room: module.split('/').next().unwrap().to_owned(),
        depth: module.split('/').count(),
        code: text.lines().filter(is_code).collect::<Vec<_>>().join("\n"),
        lines: text.lines().count(),
        said_first: text.lines().next().unwrap_or_default().to_owned(),
        path,
    }
}

/// Nobody says one of `words` but the files whose path begins with one of `allowed`.
#[track_caller]
fn check_only(words: &[&str], allowed: &[&str]) {
    for source in sources() {
        let said = words.iter().find(|word| source.code.contains(**word));
        let may = allowed.iter().any(|place| source.path.starts_with(place));
        assert!(said.is_none() || may, "{} says {}", source.path, said.unwrap());
    }
}

/// What follows each `prefix` in the code, up to the end of the name.
fn names_after<'c>(code: &'c str, prefix: &str) -> Vec<&'c str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let pieces = code.match_indices(prefix).filter(|(at, _)| !code[..*at].ends_with(is_name));
    pieces
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())]
        })
        .collect()
}

#[test]
fn each_room_knows_only_the_rooms_it_may_know() {
    for source in sources() {
        let (_, known) = MAY_KNOW
            .iter()
            .find(|(room, _)| *room == source.room)
            .unwrap_or_else(|| panic!("{} is in a room that nobody planned", source.path));
        let mut met = names_after(&source.code, "crate::");
        met.extend(names_after(&source.code, "plass::"));
        for name in met {
            let at_home = name == source.room || name == "store" && source.code.contains("$crate::store");
            assert!(at_home || known.contains(&name), "{} knows {name:?}", source.path);
        }
        // Going up past one's own room would be a way around.
        let way_out = "super::".repeat(source.depth);
        let code = source.code.split("mod tests {").next().unwrap();
        assert!(!code.contains(&way_out), "{} leaves its room by {way_out}", source.path);
    }
}

#[test]
fn the_domain_touches_nothing_outside_the_process() {
    for source in sources().iter().filter(|source| source.room == "domain") {
        for outside in OUTSIDE {
            let met = source.code.contains(&format!("{outside}::")) || source.code.contains(&format!("use {outside}"));
            assert!(!met, "{} uses {outside}", source.path);
        }
        assert!(!source.code.contains("async "), "{} waits", source.path);
    }
}

#[test]
fn only_the_store_knows_the_database() {
    check_only(&["diesel::", "diesel_migrations", "libsqlite3", "use diesel"], &["src/store/"]);
    // One place opens connections, so that none is without its settings.
    check_only(&["Connection::establish"], &["src/store/conn.rs"]);
}

#[test]
fn only_the_settings_read_the_environment() {
    check_only(&["std::env", "env::var"], &["src/config.rs"]);
}

#[test]
fn only_the_clock_reads_the_time_and_makes_ids_of_it() {
    let time = ["Utc::now", "Local::now", "Instant::now", "SystemTime::now", "now_v7", "tokio::time::sleep"];
    check_only(&time, &["src/clock.rs"]);
}

#[test]
fn only_jobs_the_boot_and_the_sandbox_start_tasks() {
    let starting = ["tokio::spawn", "task::spawn(", "rt::spawn", "spawn_local", "JoinSet", "thread::spawn"];
    check_only(&starting, &["src/jobs/", "src/boot", "src/sandbox/"]);
}

#[test]
fn only_one_file_picks_status_codes() {
    check_only(
        &["StatusCode::CONFLICT", "StatusCode::FORBIDDEN", "StatusCode::UNPROCESSABLE_ENTITY"],
        &["src/http/error.rs", "src/sandbox/"],
    );
}

#[test]
fn every_file_is_short_named_after_what_it_is_about_and_says_so_first() {
    for source in sources() {
        assert!(source.lines <= 400, "{} has {} lines", source.path, source.lines);
        for drawer in ["utils", "util", "helpers", "types", "common", "models", "misc"] {
            let named = source.path.split('/').any(|part| part.trim_end_matches(".rs") == drawer);
            assert!(!named, "{} is a drawer", source.path);
        }
        assert!(source.said_first.starts_with("//!"), "{} does not say what it is", source.path);
    }
}

#[test]
fn the_map_names_every_folder_and_nothing_that_is_not_there() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let named: Vec<&str> = map.split('`').skip(1).step_by(2).collect();
    for source in sources() {
        let folder = source.path.rsplit_once('/').unwrap().0;
        assert!(folder == "src" || named.contains(&folder), "ARCHITECTURE.md does not name {folder}");
    }
    for path in named
        .iter()
        .filter(|name| ["src/", "tests/", "migrations", "templates", ".ci/"].iter().any(|top| name.starts_with(top)))
    {
        assert!(root().join(path).exists(), "ARCHITECTURE.md names {path}, which is not there");
    }
}

#[test]
fn the_checklist_names_tests_that_there_are() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, checklist) = map.split_once("## The provider's checklist").unwrap();
    let mut files = Vec::new();
    files_under(&root().join("src"), &mut files);
    files_under(&root().join("tests"), &mut files);
    let rust = files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    let tests: String = rust.map(|file| fs::read_to_string(file).unwrap()).collect();
    let named: Vec<&str> = checklist.split('`').skip(1).step_by(2).collect();
    assert!(named.len() > 30, "{named:?}");
    for name in named {
        assert!(tests.contains(&format!("fn {name}()")), "there is no test {name}");
    }
}
