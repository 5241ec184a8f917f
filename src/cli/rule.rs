//! `rule`: what is worth an alert, which records it finds, and what it would have raised.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::input::matched;
use super::{Done, Failed, known, out};
use crate::base::words::{counted, local_time, number};
use crate::base::{Home, Problem, UnixMillis};
use crate::detect::{Engine, Lists, NoPast, Rule as Compiled, Rules, WorkingHours};
use crate::knowledge::{self, Item, Kind, Knowledge, RuleText};
use crate::pipeline::backtest::{Backtest as Tested, Over, backtest};
use crate::record::{Level, LogType};
use crate::settings::Settings;
use crate::store::Reader;

#[derive(Subcommand)]
pub enum Rule {
    /// List the rules
    List(List),
    /// Use a rule
    Enable(Switch),
    /// Do without a rule
    Disable(Switch),
    /// Run the rules over raw records, in order, as if they had just arrived; touches no store
    Match(Match),
    /// Tell what a rule would have raised over the stored history; writes nothing
    Backtest(Backtest),
}

#[derive(Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Switch {
    /// The rule's id, title or Sigma id
    #[arg(value_name = "ID")]
    id: String,
}

#[derive(Args)]
pub struct Match {
    /// The log the records are of
    #[arg(long, value_name = "T")]
    log_type: LogType,
    /// Run the rules that are switched off, too
    #[arg(long)]
    all: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// Raw records as JSON Lines; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

#[derive(Args)]
pub struct Backtest {
    /// The rule's id, title or Sigma id
    #[arg(value_name = "ID")]
    id: String,
    /// From this time on: RFC 3339, a date, -7d, -24h, now; all that is stored unless given
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    since: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    level: Level,
    enabled: bool,
    log_types: &'a [LogType],
    source: &'static str,
    pack: &'a str,
    reason: &'a str,
    sigma_id: Option<&'a str>,
    /// The list it waits for.
    waits_for: Option<&'a str>,
}

#[derive(Serialize)]
struct Backtested<'a> {
    rule: &'a str,
    title: &'a str,
    since: Option<String>,
    read: u64,
    alerts: u64,
    records: u64,
    days: Vec<(String, u64)>,
    examples: Vec<Example>,
}

#[derive(Serialize)]
struct Example {
    time: String,
    #[serde(skip)]
    at: UnixMillis,
    account: String,
    subject: String,
    count: u64,
    events: Vec<String>,
}

pub fn run(rule: Rule, home: &Home) -> Done {
    match rule {
        Rule::List(list) => run_list(&list, home),
        Rule::Enable(switch) => run_switch(&switch, true, home),
        Rule::Disable(switch) => run_switch(&switch, false, home),
        Rule::Match(asked) => run_match(&asked, home),
        Rule::Backtest(asked) => run_backtest(&asked, home),
    }
}

/// The rules of a home, ready to judge. What cannot be used is told.
fn compiled(knowledge: &Knowledge, home: &Home) -> Rules {
    let (lists, unread) = Lists::load(home);
    let (rules, wrong) = Rules::compile(knowledge.rules(), &lists);
    unread.iter().chain(&wrong).for_each(out::warn);
    rules
}

fn run_list(list: &List, home: &Home) -> Done {
    let knowledge = known(home)?;
    let rules = compiled(&knowledge, home);
    let listed: Vec<Listed<'_>> = rules
        .rules
        .iter()
        .filter_map(|rule| {
            let item = knowledge.rules().iter().find(|item| *item.id == *rule.id)?;
            Some(Listed {
                id: &item.id,
                title: &item.title,
                level: rule.level,
                enabled: item.enabled,
                log_types: &rule.log_types,
                source: item.origin.name(),
                pack: item.origin.pack(),
                reason: &item.reason,
                sigma_id: rule.uuid.as_deref(),
                waits_for: rule.waits_for.as_deref(),
            })
        })
        .collect();
    // What the collector tells about itself is switched like a rule.
    let own = knowledge.alarms().iter().map(|item| Listed {
        id: &item.id,
        title: &item.title,
        level: item.body.level,
        enabled: item.enabled,
        log_types: &LogType::ALL,
        source: item.origin.name(),
        pack: item.origin.pack(),
        reason: &item.reason,
        sigma_id: None,
        waits_for: None,
    });
    let listed: Vec<Listed<'_>> = listed.into_iter().chain(own).collect();
    if list.json {
        return Ok(out::json(&listed)?);
    }
    let width = listed.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in &listed {
        let state = match rule.waits_for {
            _ if !rule.enabled => "  (off)".to_owned(),
            Some(name) => format!("  (waits for config/lists/{name}.txt)"),
            None => String::new(),
        };
        out::line(&format!("{:width$}  {:<13}  {}{state}", rule.id, rule.level, rule.title))?;
    }
    Ok(())
}

fn run_switch(switch: &Switch, enabled: bool, home: &Home) -> Done {
    let knowledge = known(home)?;
    let alarm = knowledge.alarms().iter().find(|item| {
        let wanted = switch.id.trim().to_lowercase();
        item.id == wanted || item.title.to_lowercase() == wanted
    });
    let (id, title) = match alarm {
        Some(alarm) => (&alarm.id, &alarm.title),
        None => {
            let rule = find(&knowledge, &switch.id, home)?;
            (&rule.id, &rule.title)
        }
    };
    knowledge::switch(home, Kind::Rules, id, enabled)?;
    out::tell(&format!("{title} is {}.", if enabled { "on" } else { "off" }));
    Ok(())
}

/// Finds a rule by its id, its title or its Sigma id.
fn find<'k>(
    knowledge: &'k Knowledge,
    name: &str,
    home: &Home,
) -> Result<&'k Item<RuleText>, Problem> {
    let by_name = knowledge.rule(name);
    if by_name.is_ok() {
        return by_name;
    }
    let (rules, _) = Rules::compile(knowledge.rules(), &Lists::load(home).0);
    let wanted = name.trim().to_lowercase();
    let is_meant =
        |rule: &&Compiled| rule.uuid.as_deref().is_some_and(|id| id.to_lowercase() == wanted);
    match rules.rules.iter().find(is_meant) {
        Some(rule) => knowledge.rule(&rule.id),
        None => by_name,
    }
}

fn run_match(asked: &Match, home: &Home) -> Done {
    let knowledge = known(home)?;
    let rules = compiled(&knowledge, home);
    let rules = rules.only(|rule| rule.waits_for.is_none() && (rule.enabled || asked.all));
    let mut engine = Engine::new(Arc::new(rules), hours(home)?);
    matched(&asked.file, "rules", asked.json, |line, raw| {
        let record = i64::try_from(line).unwrap_or(i64::MAX);
        let findings = engine.evaluate_raw(asked.log_type, raw, record, &mut NoPast)?;
        let found = findings.iter().filter(|finding| !finding.records.is_empty());
        Ok(found.map(|finding| finding.rule.to_string()).collect())
    })
}

/// When people work, as the settings say; settings with a mistake stop nothing here but are told.
fn hours(home: &Home) -> Result<WorkingHours, Problem> {
    Ok(WorkingHours::of(&Settings::load(home)?.alerts))
}

fn run_backtest(asked: &Backtest, home: &Home) -> Done {
    let now = UnixMillis::now();
    let since = asked.since.as_deref().map(|text| UnixMillis::parse_when(text, now)).transpose();
    let since = since.map_err(Failed::Usage)?;
    let knowledge = known(home)?;
    let item = find(&knowledge, &asked.id, home)?;
    let rules = compiled(&knowledge, home).only(|rule| *rule.id == *item.id);
    let Some(reader) = Reader::open(&home.store_file()).map_err(|error| error.problem)? else {
        out::tell("Nothing is stored yet. Collect first: duo-integrator collect --once");
        return Ok(());
    };
    let over = Over { since, ..Over::default() };
    let tested = backtest(&reader, rules, hours(home)?, &over, |_| true)?;
    print(&Backtested::of(item, since, tested.unwrap_or_default()), asked.json, now)
}

impl<'a> Backtested<'a> {
    fn of(item: &'a Item<RuleText>, since: Option<UnixMillis>, tested: Tested) -> Self {
        let mut days: BTreeMap<String, u64> = BTreeMap::new();
        for first in &tested.alerts {
            let day = first.floor_day().to_string();
            *days.entry(day.get(..10).unwrap_or(&day).to_owned()).or_default() += 1;
        }
        let examples = tested.examples.into_iter().map(|example| Example {
            time: example.at.to_string(),
            at: example.at,
            account: example.account,
            subject: example.subject,
            count: example.count,
            events: example.events,
        });
        Self {
            rule: &item.id,
            title: &item.title,
            since: since.map(|since| since.to_string()),
            read: tested.read,
            alerts: tested.alerts.len() as u64,
            records: tested.records,
            days: days.into_iter().collect(),
            examples: examples.collect(),
        }
    }
}

fn print(tested: &Backtested<'_>, json: bool, now: UnixMillis) -> Done {
    if json {
        return Ok(out::json(tested)?);
    }
    out::line(&format!(
        "{}: {} over {}, in {} looked at",
        tested.title,
        counted(tested.alerts, "alert"),
        counted(tested.records, "record"),
        number(tested.read)
    ))?;
    if tested.alerts == 0 {
        return Ok(());
    }
    out::line("")?;
    let most = tested.days.iter().map(|(_, alerts)| *alerts).max().unwrap_or(1).max(1);
    for (day, alerts) in &tested.days {
        let bar = "\u{2588}".repeat(usize::try_from(alerts * 40 / most).unwrap_or(0).max(1));
        out::line(&format!("{day}  {:>7}  {bar}", number(*alerts)))?;
    }
    out::line("\nThe first of them:")?;
    for example in &tested.examples {
        out::line(&format!(
            "{}  {}  {}  {}  {}",
            local_time(example.at, now),
            example.account,
            example.subject,
            counted(example.count, "record"),
            example.events.first().map_or("", String::as_str),
        ))?;
    }
    Ok(())
}
