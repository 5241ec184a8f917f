//! `category`: what records can be, how many there are of each, and which ones a record falls in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::input::matched;
use super::{Done, Failed, known, out};
use crate::base::words::number;
use crate::base::{Home, Problem};
use crate::duo::logs::understand;
use crate::knowledge::{self, Categorizer, Kind, Knowledge};
use crate::record::LogType;
use crate::store::Reader;

#[derive(Subcommand)]
pub enum Category {
    /// List the categories with the number of stored records in each
    List(List),
    /// Tell which categories raw records fall in, one a line; touches no store
    Match(Match),
    /// Use a category
    Enable(Switch),
    /// Do without a category
    Disable(Switch),
}

#[derive(Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Match {
    /// The log the records are of
    #[arg(long, value_name = "T")]
    log_type: LogType,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// Raw records as JSON Lines; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

#[derive(Args)]
pub struct Switch {
    /// The category's id or title
    #[arg(value_name = "ID")]
    id: String,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    reason: &'a str,
    enabled: bool,
    source: &'static str,
    pack: &'a str,
    records: u64,
}

pub fn run(category: Category, home: &Home) -> Done {
    match category {
        Category::List(list) => run_list(&list, home),
        Category::Match(asked) => run_match(&asked, home),
        Category::Enable(switch) => run_switch(&switch, true, home),
        Category::Disable(switch) => run_switch(&switch, false, home),
    }
}

fn run_list(list: &List, home: &Home) -> Done {
    let knowledge = known(home)?;
    let counts = counts(&knowledge, home)?;
    let listed: Vec<Listed<'_>> = knowledge
        .categories()
        .iter()
        .map(|item| Listed {
            id: &item.id,
            title: &item.title,
            reason: &item.reason,
            enabled: item.enabled,
            source: item.origin.name(),
            pack: item.origin.pack(),
            records: counts.get(&item.id).copied().unwrap_or(0),
        })
        .collect();
    if list.json {
        return Ok(out::json(&listed)?);
    }
    let width = listed.iter().map(|item| item.id.len()).max().unwrap_or(0);
    for item in &listed {
        let off = if item.enabled { "" } else { "  (off)" };
        let records = number(item.records);
        out::line(&format!("{:width$}  {records:>12}  {}{off}", item.id, item.title))?;
    }
    Ok(())
}

fn run_match(asked: &Match, home: &Home) -> Done {
    let knowledge = known(home)?;
    let ids = knowledge.category_ids();
    let bits: Vec<u8> = (0_u8..).take(ids.len()).collect();
    let categorizer = Categorizer::new(&knowledge, &bits);
    matched(&asked.file, "categories", asked.json, |_, raw| {
        let assigned = categorizer.assign(asked.log_type, &understand(asked.log_type, raw).columns);
        let fits = ids.iter().zip(&bits).filter(|(_, bit)| assigned >> **bit & 1 == 1);
        Ok(fits.map(|(id, _)| (*id).to_owned()).collect())
    })
}

fn run_switch(switch: &Switch, enabled: bool, home: &Home) -> Done {
    let knowledge = known(home)?;
    let item = knowledge.category(&switch.id)?;
    knowledge::switch(home, Kind::Categories, &item.id, enabled)?;
    let state = if enabled { "on" } else { "off" };
    out::tell(&format!("{} is {state}.", item.title));
    Ok(())
}

/// How many stored records fall in each category, by id.
fn counts(knowledge: &Knowledge, home: &Home) -> Result<BTreeMap<String, u64>, Problem> {
    let Some(reader) = Reader::open(&home.store_file()).map_err(|error| error.problem)? else {
        return Ok(BTreeMap::new());
    };
    tell_unsorted(knowledge, &reader)?;
    let bits = reader.category_bits().map_err(|error| error.problem)?;
    let counts = reader.category_counts().map_err(|error| error.problem)?;
    let count = |bit: u8| counts.get(usize::from(bit)).copied().unwrap_or(0);
    Ok(bits.into_iter().map(|(id, bit)| (id, count(bit))).collect())
}

/// The bits of a category's records in the store; `None` when there are no such records.
pub fn bits_of(knowledge: &Knowledge, reader: &Reader, name: &str) -> Result<Option<u64>, Failed> {
    let item = knowledge.category(name).map_err(Failed::Usage)?;
    tell_unsorted(knowledge, reader)?;
    let bits = reader.category_bits().map_err(|error| error.problem)?;
    Ok(bits.get(&item.id).and_then(|bit| 1_u64.checked_shl(u32::from(*bit))))
}

/// Says so when stored records do not have the categories of today yet.
fn tell_unsorted(knowledge: &Knowledge, reader: &Reader) -> Result<(), Problem> {
    let sorted = reader.categories_fingerprint().map_err(|error| error.problem)?;
    if sorted.is_none_or(|sorted| sorted != knowledge.fingerprint()) {
        out::tell(
            "The categories changed, and stored records follow while the collector runs: what \
             follows may not be all.",
        );
    }
    Ok(())
}
