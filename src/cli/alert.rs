//! `alert`: what the rules and the collector raised, and who has seen it.

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Done, Failed, out};
use crate::base::words::{counted, local_time};
use crate::base::{Home, Problem, UnixMillis};
use crate::record::Level;
use crate::store::{Alert as Raised, AlertQuery, Reader, StoreError, Writer};

#[derive(Subcommand)]
pub enum Alert {
    /// List alerts, oldest first
    List(List),
    /// Show one alert with the records it stands for
    Show(Show),
    /// Note that somebody has seen an alert
    Ack(Ack),
}

#[derive(Args)]
pub struct List {
    /// Only those that nobody has acknowledged and that are not over
    #[arg(long)]
    open: bool,
    /// Only this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Only alerts of at least this level
    #[arg(long, value_name = "L")]
    least: Option<Level>,
    /// Only alerts of this rule
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Show {
    /// The alert's number
    #[arg(value_name = "ID")]
    id: i64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Ack {
    /// The alert's number
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    id: Option<i64>,
    /// All open alerts
    #[arg(long)]
    all: bool,
}

#[derive(Serialize)]
struct Listed {
    id: i64,
    rule: String,
    title: String,
    level: Level,
    /// When the first of its records happened.
    time: String,
    last: String,
    raised: String,
    account: Option<String>,
    subject: String,
    words: Option<String>,
    count: u64,
    /// The first of the records, by their ids.
    events: Vec<String>,
    historic: bool,
    acknowledged: bool,
    acknowledged_at: Option<String>,
    cleared_at: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    alert: Listed,
    records: Vec<Box<RawValue>>,
}

pub fn run(alert: Alert, home: &Home) -> Done {
    match alert {
        Alert::List(list) => run_list(&list, home),
        Alert::Show(show) => run_show(&show, home),
        Alert::Ack(ack) => run_ack(&ack, home),
    }
}

fn run_list(list: &List, home: &Home) -> Done {
    let query = AlertQuery { open: list.open, id: None };
    let reader = Reader::open(&home.store_file()).map_err(told)?;
    let mut alerts = match &reader {
        Some(reader) => reader.alerts(query).map_err(told)?,
        None => Vec::new(),
    };
    alerts.retain(|alert| {
        list.account.as_ref().is_none_or(|name| alert.account.as_ref() == Some(name))
            && list.least.is_none_or(|least| alert.level >= least)
            && list.rule.as_ref().is_none_or(|rule| alert.rule == *rule)
    });
    if list.json {
        let listed: Result<Vec<Listed>, Problem> = match &reader {
            Some(reader) => alerts.into_iter().map(|alert| listed(reader, alert)).collect(),
            None => Ok(Vec::new()),
        };
        return Ok(out::json(&listed?)?);
    }
    let now = UnixMillis::now();
    for alert in &alerts {
        out::line(&line(alert, now))?;
    }
    Ok(())
}

fn line(alert: &Raised, now: UnixMillis) -> String {
    let whose = alert.account.as_deref().unwrap_or("this computer");
    let count = if alert.records > 1 {
        format!(", {}", counted(alert.records, "record"))
    } else {
        String::new()
    };
    let mut state = match (alert.acknowledged, alert.cleared) {
        (Some(_), _) => "  (acknowledged)",
        (None, Some(_)) => "  (over)",
        (None, None) => "",
    }
    .to_owned();
    if alert.historic {
        state.push_str("  (about the past)");
    }
    let subject =
        if alert.subject.is_empty() { String::new() } else { format!(": {}", alert.subject) };
    format!(
        "{:>6}  {}  {:<13}  {}{subject}  [{whose}{count}]{state}",
        alert.id,
        local_time(alert.first, now),
        alert.level,
        alert.title,
    )
}

fn run_show(show: &Show, home: &Home) -> Done {
    let reader = Reader::open(&home.store_file()).map_err(told)?;
    let Some(reader) = reader else { return Err(no_such(show.id).into()) };
    let query = AlertQuery { open: false, id: Some(show.id) };
    let found = reader.alerts(query).map_err(told)?.into_iter().next();
    let alert = found.ok_or_else(|| no_such(show.id))?;
    let now = UnixMillis::now();
    let raws = reader.alert_raws(show.id).map_err(told)?;
    if show.json {
        let records = raws.iter().filter_map(|raw| {
            RawValue::from_string(String::from_utf8_lossy(raw).into_owned()).ok()
        });
        let shown = Shown { records: records.collect(), alert: listed(&reader, alert)? };
        return Ok(out::json(&shown)?);
    }
    out::line(&line(&alert, now))?;
    out::line(&format!("rule {}, from {} to {}", alert.rule, alert.first, alert.last))?;
    if let Some(words) = &alert.words {
        out::line(words)?;
    }
    for raw in &raws {
        let text = String::from_utf8_lossy(raw);
        out::line(&text.replace(['\n', '\r'], " "))?;
    }
    let kept = raws.len() as u64;
    if kept < alert.records {
        out::tell(&format!("The first {kept} of {}.", counted(alert.records, "record")));
    }
    Ok(())
}

fn run_ack(ack: &Ack, home: &Home) -> Done {
    if Reader::open(&home.store_file()).map_err(told)?.is_none() {
        if let Some(id) = ack.id {
            return Err(no_such(id).into());
        }
        out::tell("There is no open alert.");
        return Ok(());
    }
    let (mut writer, _) = Writer::open(&home.store_file()).map_err(told)?;
    let done = writer.acknowledge(ack.id, UnixMillis::now()).map_err(told)?;
    match ack.id {
        None if done == 0 => out::tell("There is no open alert."),
        None => out::tell(&format!("{} acknowledged.", counted(done as u64, "alert"))),
        Some(id) if done == 0 => {
            let query = AlertQuery { open: false, id: Some(id) };
            let reader = Reader::open(&home.store_file()).map_err(told)?;
            let known = match &reader {
                Some(reader) => reader.alerts(query).map_err(told)?,
                None => Vec::new(),
            };
            if known.is_empty() {
                return Err(Failed::Told(no_such(id)));
            }
            out::tell(&format!("Alert {id} was acknowledged before."));
        }
        Some(id) => out::tell(&format!("Alert {id} is acknowledged.")),
    }
    Ok(())
}

fn listed(reader: &Reader, alert: Raised) -> Result<Listed, Problem> {
    let records = reader.alert_records(alert.id).map_err(told)?;
    Ok(Listed {
        id: alert.id,
        rule: alert.rule,
        title: alert.title,
        level: alert.level,
        time: alert.first.to_string(),
        last: alert.last.to_string(),
        raised: alert.raised.to_string(),
        account: alert.account,
        subject: alert.subject,
        words: alert.words,
        count: alert.records,
        events: records.into_iter().map(|record| record.name).collect(),
        historic: alert.historic,
        acknowledged: alert.acknowledged.is_some(),
        acknowledged_at: alert.acknowledged.map(|at| at.to_string()),
        cleared_at: alert.cleared.map(|at| at.to_string()),
    })
}

fn no_such(id: i64) -> Problem {
    Problem::new(format!("There is no alert {id}")).next("duo-integrator alert list shows all")
}

fn told(error: StoreError) -> Problem {
    error.problem
}
