//! The command line: one file for each noun.
//!
//! Data goes to standard output, everything else to standard error. Exit codes: 0 done; 1 it did
//! not work, and the message says what to do next; 2 wrong usage; 3 already running; 4 no display.

mod account;
mod alert;
mod audit;
mod category;
mod collect;
mod dashboard;
mod demo;
mod doctor;
mod event;
mod generate;
mod input;
mod installer;
mod out;
mod output;
mod pack;
mod progress;
mod proxy;
mod report;
mod rule;
mod service;
mod status;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{CommandFactory, Parser, Subcommand};

use crate::base::log::{self, Verbosity};
use crate::base::{Home, Problem};
use crate::knowledge::Knowledge;
#[cfg(feature = "window")]
use crate::platform::console;
use crate::platform::keychain::SystemKeychain;
use crate::platform::runtime;
use crate::secrets;
#[cfg(feature = "window")]
use crate::window::{self, NoWindow};

/// How a command ended, when it did not end well.
pub(crate) enum Failed {
    /// It did not work.
    Told(Problem),
    /// It did not work, and everything has been said.
    Said,
    /// The words on the command line do not fit together.
    Usage(Problem),
    /// Another collector is at work in this home.
    Running(Problem),
    /// There is no display for the window.
    NoDisplay(Problem),
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Told(problem)
    }
}

type Done = Result<(), Failed>;

/// Collects every Cisco Duo log into a complete local store.
#[derive(Parser)]
#[command(name = "duo-integrator", version, about, max_term_width = 100)]
struct Cli {
    /// Keep settings, data and state under this folder instead of the system's per-user folders
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Say more; twice says everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Collect in the background, or once
    Collect(collect::Collect),
    /// Add, list, check and remove Duo accounts
    #[command(subcommand)]
    Account(account::Account),
    /// Tell how collection stands
    Status(status::Status),
    /// Read stored records
    #[command(subcommand)]
    Event(event::Event),
    /// Compare what is stored with Duo's own counts, and fetch what is missing
    Audit(audit::Audit),
    /// Fetch a range again; what is new is stored
    Recollect(audit::Recollect),
    /// Tell records apart: what they can be, and how many there are of each
    #[command(subcommand)]
    Category(category::Category),
    /// List and switch the rules, and see what they find
    #[command(subcommand)]
    Rule(rule::Rule),
    /// See what the rules and the collector raised, and acknowledge it
    #[command(subcommand)]
    Alert(alert::Alert),
    /// Look at numbers: attempts over time, users denied most, places, credits
    #[command(subcommand)]
    Dashboard(dashboard::Dashboard),
    /// List, import, export and remove knowledge packs
    #[command(subcommand)]
    Pack(pack::Pack),
    /// List reports and write them as CSV, XLSX, PDF, HTML or JSON lines
    #[command(subcommand)]
    Report(report::Report),
    /// Say where records and alerts are sent: to a SIEM, a file, a webhook, by e-mail
    #[command(subcommand)]
    Output(output::OutputCommand),
    /// Keep the login of the proxy in the keychain
    #[command(subcommand)]
    Proxy(proxy::Proxy),
    /// Run the collector as a service of Windows, on servers where nobody is logged in
    #[command(subcommand)]
    Service(service::Service),
    /// Look whether this installation is as it should be, and write what somebody who helps may see
    Doctor(doctor::Doctor),
    /// See everything at work on an embedded look-alike of Duo's API
    Demo(demo::Demo),
    /// Write what packages carry: man pages and completions for shells
    #[command(subcommand, hide = true)]
    Generate(generate::Generate),
    /// For the packages' installers
    #[command(subcommand, hide = true)]
    Installer(installer::Installer),
}

/// The command line as `clap` knows it: for what is written from it, and held to it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command on the command line, or opens the window. `started`: when the program did.
pub fn run(started: Instant) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match dispatch(cli, started) {
        Ok(()) | Err(Failed::Said) if out::is_closed() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed::Said) => ExitCode::from(1),
        Err(Failed::Told(problem)) => told(&problem, 1),
        Err(Failed::Usage(problem)) => told(&problem, 2),
        Err(Failed::Running(problem)) => told(&problem, 3),
        Err(Failed::NoDisplay(problem)) => told(&problem, 4),
    }
}

fn told(problem: &Problem, code: u8) -> ExitCode {
    out::tell(&format!("error: {problem}"));
    ExitCode::from(code)
}

fn dispatch(cli: Cli, started: Instant) -> Done {
    let Some(command) = cli.command else { return open_window(&cli, started) };
    if let Command::Demo(demo) = command {
        return demo::run(&demo, cli.verbose, started);
    }
    if let Command::Generate(generate) = command {
        return generate::run(&generate, self::command());
    }
    // These have homes of their own, or must not make any.
    if let Command::Service(service) = &command {
        return service::run(service, cli.home.as_deref(), cli.verbose);
    }
    if let Command::Installer(installer) = &command {
        return installer::run(installer, cli.home.as_deref());
    }
    secrets::use_keychain(SystemKeychain);
    let home = Home::find(cli.home.as_deref())?;
    // Reading commands work on a home that cannot be written.
    let reads_only = matches!(
        command,
        Command::Status(_)
            | Command::Event(_)
            | Command::Category(_)
            | Command::Rule(_)
            | Command::Alert(_)
            | Command::Dashboard(_)
            | Command::Pack(_)
            | Command::Report(_)
            | Command::Doctor(_)
    );
    let _log = if reads_only {
        None
    } else {
        home.prepare()?;
        Some(log::start(&home.log_dir(), Verbosity::from_count(cli.verbose))?)
    };
    match command {
        Command::Collect(collect) => collect::run(&collect, &home),
        Command::Account(account) => account::run(account, &home),
        Command::Status(status) => status::run(&status, &home),
        Command::Event(event) => event::run(event, &home),
        Command::Audit(audit) => audit::run_audit(&audit, &home),
        Command::Recollect(recollect) => audit::run_recollect(&recollect, &home),
        Command::Category(category) => category::run(category, &home),
        Command::Rule(rule) => rule::run(rule, &home),
        Command::Alert(alert) => alert::run(alert, &home),
        Command::Dashboard(dashboard) => dashboard::run(dashboard, &home),
        Command::Pack(pack) => pack::run(pack, &home),
        Command::Report(report) => report::run(report, &home),
        Command::Output(output) => output::run(output, &home),
        Command::Proxy(proxy) => proxy::run(proxy, &home),
        Command::Doctor(doctor) => doctor::run(&doctor, &home),
        Command::Demo(_) | Command::Generate(_) | Command::Installer(_) | Command::Service(_) => {
            Ok(())
        }
    }
}

/// No arguments: the window.
#[cfg(feature = "window")]
fn open_window(cli: &Cli, started: Instant) -> Done {
    let nobody_reads = console::leave_own();
    let open = || -> Done {
        secrets::use_keychain(SystemKeychain);
        let home = Home::find(cli.home.as_deref())?;
        home.prepare()?;
        let _log = log::start(&home.log_dir(), Verbosity::from_count(cli.verbose))?;
        Ok(window::open(&home, started)?)
    };
    let done = open();
    if nobody_reads && let Err(Failed::Told(problem) | Failed::NoDisplay(problem)) = &done {
        console::tell_in_a_box(window::TITLE, &problem.to_string());
    }
    done
}

#[cfg(feature = "window")]
impl From<NoWindow> for Failed {
    fn from(why: NoWindow) -> Self {
        match why {
            NoWindow::Display(problem) => Self::NoDisplay(problem),
            NoWindow::Problem(problem) => Self::Told(problem),
        }
    }
}

#[cfg(not(feature = "window"))]
fn open_window(_: &Cli, _: Instant) -> Done {
    Err(Failed::NoDisplay(Problem::new("This program was built without its window").next(
        "use the commands: account add, collect, status, event list, audit (--help tells more)",
    )))
}

/// What this home knows: the packs in use, and what was switched. What cannot be used is told.
pub(crate) fn known(home: &Home) -> Result<Knowledge, Problem> {
    let (knowledge, problems) = Knowledge::load(home)?;
    problems.iter().for_each(out::warn);
    Ok(knowledge)
}

/// Runs something asynchronous to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Problem> {
    let runtime = runtime::start()?;
    let done = runtime.block_on(work);
    runtime::end(runtime);
    Ok(done)
}
