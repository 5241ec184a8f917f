//! `event list`: stored records, oldest first, one a line, as Duo sent them or in another format;
//! `event convert`: the same formats from raw records, without a store.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::category::bits_of;
use super::out::{self, Lines};
use super::{Done, Failed, known};
use crate::base::{Home, Problem, UnixMillis};
use crate::normalize::{self, Context};
use crate::record::LogType;
use crate::store::{EventQuery, Reader};

#[derive(Subcommand)]
pub enum Event {
    /// List stored records, oldest first, one a line
    List(List),
    /// Convert raw records, one a line, into another format; touches no store
    Convert(Convert),
}

#[derive(Args)]
pub struct List {
    /// Only this log; may be given several times
    #[arg(long = "log-type", value_name = "T")]
    log_types: Vec<LogType>,
    /// Only this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// From this time on: RFC 3339, a date, -7d, -24h, now
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    since: Option<String>,
    /// Up to this time
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    until: Option<String>,
    /// Only records about this user, in any letter case
    #[arg(long, value_name = "U")]
    user: Option<String>,
    /// Only records in this category, by id or title
    #[arg(long, value_name = "C")]
    category: Option<String>,
    /// Only records that contain this text, in any letter case
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// How records are written
    #[arg(long, value_enum, default_value_t = Format::Raw)]
    format: Format,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

#[derive(Args)]
pub struct Convert {
    /// The log the records are of
    #[arg(long, value_name = "T")]
    log_type: LogType,
    /// The format to convert into
    #[arg(long, value_enum, value_name = "F")]
    to: Format,
    /// The account's API hostname, for formats that name it
    #[arg(long, value_name = "H")]
    api_hostname: Option<String>,
    /// The account's name, for formats that name it
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Raw records as JSON Lines; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

#[derive(Clone, Copy, ValueEnum, PartialEq, Eq)]
enum Format {
    /// Exactly as Duo sent it
    Raw,
    /// Elastic Common Schema, with the fields of Elastic's Cisco Duo integration
    Ecs,
    /// Open Cybersecurity Schema Framework
    Ocsf,
    /// ArcSight's Common Event Format
    Cef,
    /// QRadar's Log Event Extended Format
    Leef,
    /// Comma-separated values with a header line
    Csv,
    /// With the fields that Splunk's Duo content looks for
    Splunk,
    /// With Panther's standard fields
    Panther,
}

impl Format {
    const fn conversion(self) -> Option<normalize::Format> {
        match self {
            Self::Raw => None,
            Self::Ecs => Some(normalize::Format::Ecs),
            Self::Ocsf => Some(normalize::Format::Ocsf),
            Self::Cef => Some(normalize::Format::Cef),
            Self::Leef => Some(normalize::Format::Leef),
            Self::Csv => Some(normalize::Format::Csv),
            Self::Splunk => Some(normalize::Format::Splunk),
            Self::Panther => Some(normalize::Format::Panther),
        }
    }
}

pub fn run(event: Event, home: &Home) -> Done {
    match event {
        Event::List(list) => run_list(&list, home),
        Event::Convert(convert) => run_convert(&convert, home),
    }
}

fn run_list(list: &List, home: &Home) -> Done {
    let now = UnixMillis::now();
    let when = |text: &Option<String>| {
        text.as_deref().map(|text| UnixMillis::parse_when(text, now)).transpose()
    };
    let category = match &list.category {
        Some(name) => Some((name, known(home)?)),
        None => None,
    };
    if let Some((name, knowledge)) = &category {
        knowledge.category(name).map_err(Failed::Usage)?;
    }
    let mut query = EventQuery {
        account: list.account.clone(),
        log_types: list.log_types.clone(),
        since: when(&list.since).map_err(Failed::Usage)?,
        until: when(&list.until).map_err(Failed::Usage)?,
        user: list.user.clone(),
        categories: 0,
        search: list.search.clone(),
        limit: list.limit,
    };
    let Some(reader) = Reader::open(&home.store_file()).map_err(|error| error.problem)? else {
        out::tell("Nothing is stored yet. Collect first: duo-integrator collect --once");
        return Ok(());
    };
    if let Some((name, knowledge)) = &category {
        match bits_of(knowledge, &reader, name)? {
            Some(bits) => query.categories = bits,
            // No record has ever been in it.
            None => return Ok(()),
        }
    }
    // Columns of one log where only one is asked for; what all logs share otherwise.
    let only = match list.log_types.as_slice() {
        [log_type] => Some(*log_type),
        _ => None,
    };
    let converter = converter(list.format, only, home)?;
    let mut lines = Lines::start();
    let mut first = true;
    if let Some(header) = converter.header() {
        lines.write(&header, false)?;
    }
    let stopped = reader
        .events(&query, |event| {
            let id = event.id();
            let context = Context {
                api_hostname: Some(event.api_hostname),
                account: Some(event.account),
                id: Some(&id),
                otherwise_at: Some(event.time),
                ..Context::default()
            };
            let written = lines.write(&converter.line(event.log_type, event.raw, &context), first);
            first = false;
            match written {
                Ok(()) => ControlFlow::Continue(()),
                Err(problem) => ControlFlow::Break(problem),
            }
        })
        .map_err(|error| error.problem)?;
    match stopped {
        // A reader that stops reading is no error.
        Some(_) if out::is_closed() => Ok(()),
        Some(problem) => Err(problem.into()),
        None => Ok(lines.finish()?),
    }
}

fn run_convert(convert: &Convert, home: &Home) -> Done {
    let log_type = convert.log_type;
    let converter = converter(convert.to, Some(log_type), home)?;
    let mut input = BufReader::with_capacity(256 * 1024, opened(&convert.file)?);
    let mut lines = Lines::start();
    if let Some(header) = converter.header() {
        lines.write(&header, false)?;
    }
    let context = Context {
        api_hostname: convert.api_hostname.as_deref(),
        account: convert.account.as_deref(),
        otherwise_at: Some(UnixMillis::now()),
        ..Context::default()
    };
    let mut line = Vec::new();
    let (mut number, mut broken) = (0_u64, 0_u64);
    loop {
        line.clear();
        let read =
            input.read_until(b'\n', &mut line).map_err(|error| unreadable(convert, error))?;
        if read == 0 {
            break;
        }
        number += 1;
        let raw = line.trim_ascii();
        if raw.is_empty() {
            continue;
        }
        if !converter.is_json(log_type, raw) {
            out::tell(&format!("line {number} is not JSON; it was left out"));
            broken += 1;
            continue;
        }
        // Whoever waits for each line gets it; whoever sends many has them written together.
        let waits = input.buffer().is_empty();
        match lines.write(&converter.line(log_type, raw, &context), waits) {
            Err(_) if out::is_closed() => return Ok(()),
            written => written?,
        }
    }
    lines.finish()?;
    if broken > 0 {
        let problem = Problem::new(format!("{broken} of {number} lines could not be converted"))
            .because("they are not JSON")
            .next("give one record a line, as \u{201c}event list\u{201d} writes them");
        return Err(problem.into());
    }
    Ok(())
}

fn opened(file: &PathBuf) -> Result<Box<dyn Read>, Problem> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    match File::open(file) {
        Ok(open) => Ok(Box::new(open)),
        Err(error) => Err(Problem::new(format!("{} cannot be read", file.display()))
            .because(error)
            .next("give a file with raw records, or - for standard input")),
    }
}

fn unreadable(convert: &Convert, error: io::Error) -> Problem {
    Problem::new(format!("{} cannot be read further", convert.file.display())).because(error)
}

/// How records become lines in the chosen format.
fn converter(
    format: Format,
    columns_of: Option<LogType>,
    home: &Home,
) -> Result<normalize::Lines, Problem> {
    match format.conversion() {
        Some(format) => normalize::Lines::of(format, columns_of, &known(home)?),
        None => Ok(normalize::Lines::raw()),
    }
}
