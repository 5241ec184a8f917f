//! `event list`: stored records, oldest first, one a line, exactly as Duo sent them.

use std::ops::ControlFlow;

use clap::{Args, Subcommand, ValueEnum};

use super::category::bits_of;
use super::out::{self, Lines};
use super::{Done, Failed, known};
use crate::base::{Home, UnixMillis};
use crate::record::LogType;
use crate::store::{EventQuery, Reader};

#[derive(Subcommand)]
pub enum Event {
    /// List stored records, oldest first, one a line
    List(List),
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

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Exactly as Duo sent it
    Raw,
}

pub fn run(event: Event, home: &Home) -> Done {
    let Event::List(list) = event;
    let Format::Raw = list.format;
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
    let mut lines = Lines::start();
    let mut first = true;
    let stopped = reader
        .events(&query, |event| {
            let written = if event.raw.contains(&b'\n') {
                // A record that spans lines would break "one a line"; line feeds are no part of
                // what JSON says.
                let flat: Vec<u8> = event
                    .raw
                    .iter()
                    .map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte })
                    .collect();
                lines.write(&flat, first)
            } else {
                lines.write(event.raw, first)
            };
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
