//! The commands: each reads its settings and its input, and hands over to `boot`. Standard output holds what a command
//! answers, standard error what it has to say; a password is never an argument, because every user of the machine can
//! read those.

use std::fmt::Display;
use std::future::Future;
use std::io::{BufRead, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::boot::{self, BenchOptions, BootError, DemoOptions, Examined, NewAdmin, SandboxOptions};
use crate::config::{ConfigError, LOG_DEFAULT, Loaded, Settings};
use crate::flows::doctor::Extent;
use crate::flows::import_users::{self, IMPORT_BYTES_MAX, RowError};
use crate::telemetry::{self, TelemetryError};

/// Event registration for student organizations: sign-ups, waiting lists and payments with Vipps.
#[derive(Debug, Parser)]
#[command(name = "plass", version, about, max_term_width = 100)]
pub struct Cli {
    /// What is logged, like info or plass=debug; otherwise what the settings say.
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a demo organization with its own Vipps sandbox, all on this machine.
    Demo(DemoArgs),
    /// Walk through sign-up, payment, a passed deadline and promotion, and say what was seen.
    Tour,
    /// Measure how a crowd signs up, against a throw-away house on this machine.
    Bench(BenchArgs),
    /// Run the server.
    Serve(ConfigArgs),
    /// Run the Vipps sandbox alone.
    Sandbox(SandboxArgs),
    /// Bring the database's schema up to date.
    Migrate(ConfigArgs),
    /// Users.
    #[command(subcommand)]
    User(UserCommand),
    /// Copy the database to a file, while the server may be running.
    Backup(BackupArgs),
    /// Compare the books with themselves and with the provider; changes nothing.
    Doctor(DoctorArgs),
    /// Repair what looking again can repair, and say what is left.
    Reconcile(ReconcileArgs),
    /// Print the description of the API (OpenAPI 3.1).
    Openapi,
    /// Print the settings in force, without secrets, and what a server would refuse.
    Config(ConfigArgs),
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make a user who may do everything.
    CreateAdmin(CreateAdminArgs),
    /// Add users from a CSV file: email, first_name, last_name, phone, groups ("slug:role;slug2:role").
    Import(ImportArgs),
}

#[derive(Debug, Args)]
struct ConfigArgs {
    /// The settings file; otherwise PLASS_CONFIG names it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct DemoArgs {
    /// Where the API and the pages listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the sandbox listens.
    #[arg(long, default_value = "127.0.0.1:8081")]
    sandbox_listen: SocketAddr,
    /// The folder that keeps everything.
    #[arg(long, default_value = "plass-data", value_name = "FOLDER")]
    data: PathBuf,
    /// Another database: sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// The origin of a frontend that may call the API from a browser, like `http://localhost:5173`. May be given again.
    #[arg(long = "frontend-origin", value_name = "ORIGIN")]
    frontend_origins: Vec<String>,
}

#[derive(Debug, Args)]
struct BenchArgs {
    /// How many people sign up.
    #[arg(long, default_value_t = 2_000)]
    people: usize,
    /// How many connections they share.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How often everything is measured; the median counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The database: an empty one at postgres://…; otherwise a file that goes afterwards.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// How many registrations and orders are there before.
    #[arg(long, default_value_t = 0)]
    rows: usize,
    /// How many listen to an event.
    #[arg(long, default_value_t = 5_000)]
    listeners: usize,
    /// Measure only what has this in its name; may be given more than once.
    #[arg(long, value_name = "WORDS")]
    only: Vec<String>,
    /// A small crowd, once: shows that it works, and how fast it is not.
    #[arg(long, conflicts_with_all = ["people", "connections", "runs", "rows", "listeners"])]
    short: bool,
}

impl BenchArgs {
    fn options(self) -> BenchOptions {
        let Self { people, connections, runs, database_url, rows, listeners, only, short } = self;
        let asked = BenchOptions { people, connections, runs, database_url, rows, listeners, only };
        if short { asked.made_short() } else { asked }
    }
}

#[derive(Debug, Args)]
struct SandboxArgs {
    /// Where it listens; loopback only.
    #[arg(long, default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// The folder that keeps its payments; without one they are forgotten.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct CreateAdminArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The address to sign in with.
    #[arg(long)]
    email: String,
    /// The first name.
    #[arg(long)]
    first_name: String,
    /// The last name.
    #[arg(long)]
    last_name: String,
    /// Read the password from standard input, without a prompt.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
struct ImportArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The CSV file.
    file: PathBuf,
}

#[derive(Debug, Args)]
struct BackupArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Where the copy goes; it must not exist yet.
    file: PathBuf,
}

#[derive(Debug, Args)]
struct DoctorArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Compare the books with themselves only.
    #[arg(long, conflicts_with = "all")]
    offline: bool,
    /// Ask the provider about every payment, not only those that are open or moved within 30 days.
    #[arg(long)]
    all: bool,
}

impl DoctorArgs {
    fn extent(&self) -> Extent {
        match (self.offline, self.all) {
            (true, _) => Extent::Offline,
            (false, true) => Extent::All,
            (false, false) => Extent::Recent,
        }
    }
}

#[derive(Debug, Args)]
struct ReconcileArgs {
    #[command(flatten)]
    examined: DoctorArgs,
    /// Say what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error(transparent)]
    Boot(#[from] BootError),
    #[error("{}", in_lines(.0))]
    Import(Vec<RowError>),
    #[error("{what}")]
    Input { what: String, source: std::io::Error },
    #[error("{}", file.display())]
    TooLarge { file: PathBuf, source: import_users::TooLarge },
    #[error("a password is at least one character long")]
    NoPassword,
    #[error("the books do not agree")]
    Unwell,
}

/// Does what the command line says. Failures are told on standard error, with their causes.
pub fn run(cli: Cli) -> ExitCode {
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("plass: {}", telemetry::chain(&error)));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), CommandError> {
    let log = cli.log;
    match cli.command {
        Command::Demo(args) => {
            start_log(log, LOG_DEFAULT, false)?;
            boot::refuse_real_keys(&Settings::load(None)?.settings)?;
            let DemoArgs { listen, sandbox_listen, data, database_url, frontend_origins } = args;
            let options = DemoOptions { listen, sandbox_listen, data, database_url, frontend_origins };
            wait_for(boot::demo(options))
        }
        Command::Tour => {
            start_log(log, "error", false)?;
            wait_for(boot::tour())
        }
        Command::Bench(args) => {
            start_log(log, "error", false)?;
            wait_for(boot::bench(args.options()))
        }
        Command::Serve(args) => wait_for(boot::serve(settings(&args, log)?)),
        Command::Sandbox(args) => {
            start_log(log, LOG_DEFAULT, false)?;
            boot::refuse_real_keys(&Settings::load(None)?.settings)?;
            wait_for(boot::sandbox(SandboxOptions { listen: args.listen, data: args.data }))
        }
        Command::Migrate(args) => {
            let ran = wait_for(boot::migrate(settings(&args, log)?))?;
            say(&if ran.is_empty() { "The schema is up to date.".to_owned() } else { in_lines(&ran) })
        }
        Command::User(UserCommand::CreateAdmin(args)) => create_admin(args, log),
        Command::User(UserCommand::Import(args)) => {
            let loaded = settings(&args.config, log)?;
            let users = import_users::parse(&read_csv(&args.file)?).map_err(CommandError::Import)?;
            let found = users.len();
            let new = wait_for(boot::import_users(loaded, users))?;
            say(&format!("{found} users in the file, {new} of them new."))
        }
        Command::Backup(args) => wait_for(boot::backup(settings(&args.config, log)?, &args.file)),
        Command::Doctor(args) => report(&wait_for(boot::doctor(settings(&args.config, log)?, args.extent()))?),
        Command::Reconcile(args) => {
            let loaded = settings(&args.examined.config, log)?;
            report(&wait_for(boot::reconcile(loaded, args.examined.extent(), args.dry_run))?)
        }
        Command::Openapi => say(&boot::openapi()?),
        Command::Config(args) => print_settings(&Settings::load(args.config.as_deref())?),
    }
}

fn create_admin(args: CreateAdminArgs, log: Option<String>) -> Result<(), CommandError> {
    let loaded = settings(&args.config, log)?;
    if !args.password_stdin {
        complain("Password (it is shown as you type):");
    }
    let mut password = String::new();
    let read = std::io::stdin().lock().read_line(&mut password);
    read.map_err(|source| CommandError::Input { what: "reading the password".to_owned(), source })?;
    password.truncate(password.trim_end_matches(['\r', '\n']).len());
    if password.is_empty() {
        return Err(CommandError::NoPassword);
    }
    let CreateAdminArgs { email, first_name, last_name, .. } = args;
    wait_for(boot::create_admin(loaded, NewAdmin { email, first_name, last_name, password }))
}

/// The settings, with logging started as they say.
fn settings(args: &ConfigArgs, log: Option<String>) -> Result<Loaded, CommandError> {
    let loaded = Settings::load(args.config.as_deref())?;
    start_log(log, &loaded.settings.log, loaded.settings.log_json)?;
    for name in &loaded.unknown_variables {
        tracing::warn!(name, "this environment variable means nothing here");
    }
    Ok(loaded)
}

fn start_log(asked: Option<String>, otherwise: &str, json: bool) -> Result<(), TelemetryError> {
    telemetry::init(asked.as_deref().unwrap_or(otherwise), json)
}

fn print_settings(loaded: &Loaded) -> Result<(), CommandError> {
    say(loaded.settings.without_secrets().to_string().trim_end())?;
    for name in &loaded.unknown_variables {
        complain(&format!("unknown environment variable: {name}"));
    }
    for reason in loaded.settings.check_for_serving().err().unwrap_or_default() {
        complain(&format!("serve would refuse: {reason}"));
    }
    Ok(())
}

fn read_csv(path: &Path) -> Result<String, CommandError> {
    let wrong = |source| CommandError::Input { what: format!("reading {}", path.display()), source };
    let file = std::fs::File::open(path).map_err(wrong)?;
    let mut text = String::new();
    // One byte over the limit is enough to know.
    let most = u64::try_from(IMPORT_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_string(&mut text).map_err(wrong)?;
    if text.len() > IMPORT_BYTES_MAX {
        return Err(CommandError::TooLarge { file: path.to_path_buf(), source: import_users::TooLarge });
    }
    Ok(text)
}

/// Runs one future of `boot` to its end.
fn wait_for<T>(story: impl Future<Output = Result<T, BootError>>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|source| CommandError::Input { what: "starting the runtime".to_owned(), source })?;
    Ok(runtime.block_on(story)?)
}

/// What was found, on standard output; the exit code says whether all is well.
fn report(examined: &Examined) -> Result<(), CommandError> {
    say(&in_lines(&examined.lines))?;
    if examined.is_well { Ok(()) } else { Err(CommandError::Unwell) }
}

fn in_lines<T: Display>(lines: &[T]) -> String {
    lines.iter().map(T::to_string).collect::<Vec<_>>().join("\n")
}

fn say(text: &str) -> Result<(), CommandError> {
    writeln!(std::io::stdout(), "{text}")
        .map_err(|source| CommandError::Input { what: "writing the answer".to_owned(), source })
}

fn complain(text: &str) {
    // When standard error is gone there is nobody left to tell; the exit code still says it.
    drop(writeln!(std::io::stderr(), "{text}"));
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_are_read() {
        for line in [
            "plass demo --listen 127.0.0.1:1 --sandbox-listen 127.0.0.1:2 --data x --database-url postgres://a@b/c",
            "plass demo --frontend-origin http://localhost:5173 --frontend-origin http://127.0.0.1:5173",
            "plass tour",
            "plass serve --config plass.toml --log debug",
            "plass sandbox --listen 127.0.0.1:2 --data x",
            "plass migrate",
            "plass user create-admin --email a@b.no --first-name A --last-name B --password-stdin",
            "plass user import people.csv --config plass.toml",
            "plass backup copy.db",
            "plass doctor --offline --config plass.toml",
            "plass doctor --all",
            "plass reconcile --dry-run --offline",
            "plass openapi",
            "plass config",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        assert!(Cli::try_parse_from(["plass", "user", "create-admin", "--password", "x"]).is_err());
    }
}
