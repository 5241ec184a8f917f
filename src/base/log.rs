//! The program's own log: a file a day, and the terminal when asked.
//!
//! Promises: the last [`DAYS_KEPT`] days are kept, in files and a folder only the owner can open; writing
//! never holds up collection (lines are dropped when the disk stands still); what libraries say is
//! kept from warnings up, so no request header of theirs reaches a file.
//!
//! - Absent: folder and file are created.
//! - Unreadable: [`start`] gives a [`Problem`]; the caller may go on without a file.
//! - Left over from a crash: the file of the day is appended to.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use super::{Problem, UnixMillis, files};

/// How many daily files stay.
pub const DAYS_KEPT: usize = 14;

const PREFIX: &str = "duo-integrator";
const SUFFIX: &str = "log";

/// What the crate's own log lines carry as their target.
const OURS: &str = "duo_integrator";

/// How much of the log the terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// Nothing: the window, the tray, `--quiet`.
    Silent,
    /// Warnings and errors.
    #[default]
    Warnings,
    /// `-v`: what is worth telling, too.
    Info,
    /// `-vv`: everything, in the file as well.
    Debug,
}

impl Verbosity {
    /// From the number of `-v` on the command line.
    pub const fn from_count(count: u8) -> Self {
        match count {
            0 => Self::Warnings,
            1 => Self::Info,
            _ => Self::Debug,
        }
    }

    const fn terminal(self) -> LevelFilter {
        match self {
            Self::Silent => LevelFilter::OFF,
            Self::Warnings => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
        }
    }

    fn file(self) -> LevelFilter {
        self.terminal().max(LevelFilter::INFO)
    }
}

/// Keeps the log going; what is still on its way is written when this is dropped.
#[derive(Debug)]
#[must_use = "the log ends when this is dropped"]
pub struct LogGuard {
    _worker: WorkerGuard,
}

/// Starts logging for the whole process; once.
pub fn start(dir: &Path, verbosity: Verbosity) -> Result<LogGuard, Problem> {
    let unusable = |error: &dyn std::fmt::Display| {
        Problem::new("The program's own log cannot be written")
            .because(error)
            .next(format!("make this folder writable: {}", dir.display()))
    };
    files::create_private_dir(dir).map_err(|error| unusable(&error))?;
    let appender = DailyFile::open(dir).map_err(|error| unusable(&error))?;
    let (writer, worker) = tracing_appender::non_blocking(appender);
    let to_file =
        fmt::layer().with_ansi(false).with_writer(writer).with_filter(levels(verbosity.file()));
    let to_terminal = fmt::layer()
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_writer(std::io::stderr)
        .with_filter(levels(verbosity.terminal()));
    tracing_subscriber::registry()
        .with(to_file)
        .with(to_terminal)
        .try_init()
        .map_err(|error| Problem::new("The log was started twice").because(error))?;
    Ok(LogGuard { _worker: worker })
}

/// A file a day. The appender would create it readable for others, so it is created just before.
struct DailyFile {
    dir: PathBuf,
    day: UnixMillis,
    appender: RollingFileAppender,
}

impl DailyFile {
    fn open(dir: &Path) -> io::Result<Self> {
        let day = UnixMillis::now().floor_day();
        create_file_of(day, dir)?;
        let appender = RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix(PREFIX)
            .filename_suffix(SUFFIX)
            .max_log_files(DAYS_KEPT)
            .build(dir)
            .map_err(io::Error::other)?;
        Ok(Self { dir: dir.to_owned(), day, appender })
    }
}

impl Write for DailyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let today = UnixMillis::now().floor_day();
        if today != self.day {
            // A line in a file others could read is better than no line: the folder is closed.
            let _ = create_file_of(today, &self.dir);
            self.day = today;
        }
        self.appender.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.appender.flush()
    }
}

/// The appender's days are UTC, as ours are.
fn create_file_of(day: UnixMillis, dir: &Path) -> io::Result<()> {
    let date: String = day.to_string().chars().take("2026-01-31".len()).collect();
    files::open_private(&dir.join(format!("{PREFIX}.{date}.{SUFFIX}"))).map(|_| ())
}

fn levels(ours: LevelFilter) -> Targets {
    Targets::new().with_default(ours.min(LevelFilter::WARN)).with_target(OURS, ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only test that may start the log: it holds for the whole test process.
    #[test]
    fn the_file_holds_our_lines_and_no_chatter_of_libraries() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("state/logs");
        let guard = start(&dir, Verbosity::Silent).unwrap();
        tracing::info!("worth telling");
        tracing::debug!("the rest");
        tracing::info!(target: "hyper::proto", "chatter");
        tracing::warn!(target: "hyper::proto", "a warning from below");
        drop(guard);
        let all: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path()).collect();
        let [file] = all.as_slice() else { panic!("one file a day: {all:?}") };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains("worth telling") && text.contains("a warning from below"), "{text}");
        assert!(!text.contains("the rest") && !text.contains("chatter"), "{text}");
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with("duo-integrator.") && name.ends_with(".log"), "{name}");
        assert!(start(&dir, Verbosity::Silent).is_err());
    }

    #[test]
    fn more_v_shows_more() {
        assert_eq!(Verbosity::from_count(0).terminal(), LevelFilter::WARN);
        assert_eq!(Verbosity::from_count(1).terminal(), LevelFilter::INFO);
        assert_eq!(Verbosity::from_count(9).terminal(), LevelFilter::DEBUG);
        assert_eq!(Verbosity::Silent.file(), LevelFilter::INFO);
    }
}
