//! `dashboard`: the questions of the knowledge packs, and the numbers that answer them.

use std::fmt::Write;
use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::out;
use super::{Done, Failed, known};
use crate::base::units::parse_span;
use crate::base::words::number;
use crate::base::{Home, Problem, UnixMillis};
use crate::dashboards::{Ask, Dashlet, Point, Step, answer};
use crate::knowledge::{Dashboard as Definition, Item, find};
use crate::store::Reader;

/// How far back a dashlet looks unless it or the asker says.
const RANGE: Duration = Duration::from_secs(30 * 86_400);

/// The width of the longest bar.
const BAR: usize = 32;

#[derive(Subcommand)]
pub enum Dashboard {
    /// List what can be looked at
    List(List),
    /// Show the numbers
    Show(Show),
}

#[derive(Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Show {
    /// The dashlet's id or title
    #[arg(value_name = "ID")]
    id: String,
    /// Only this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// From this time on: RFC 3339, a date, -7d, -24h, now; 30 days back unless the dashlet differs
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    since: Option<String>,
    /// Up to this time; now unless told
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    until: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    chart: &'static str,
    reason: &'a str,
    enabled: bool,
    source: &'static str,
    pack: &'a str,
}

pub fn run(dashboard: Dashboard, home: &Home) -> Done {
    match dashboard {
        Dashboard::List(list) => run_list(&list, home),
        Dashboard::Show(show) => run_show(&show, home),
    }
}

fn run_list(list: &List, home: &Home) -> Done {
    let knowledge = known(home)?;
    let listed: Vec<Listed<'_>> = knowledge
        .dashboards()
        .iter()
        .map(|item| Listed {
            id: &item.id,
            title: &item.title,
            chart: item.body.chart.name(),
            reason: &item.reason,
            enabled: item.enabled,
            source: item.origin.name(),
            pack: item.origin.pack(),
        })
        .collect();
    if list.json {
        return Ok(out::json(&listed)?);
    }
    let width = listed.iter().map(|item| item.id.len()).max().unwrap_or(0);
    for item in &listed {
        let off = if item.enabled { "" } else { "  (off)" };
        out::line(&format!("{:width$}  {:8} {}{off}", item.id, item.chart, item.title))?;
    }
    Ok(())
}

fn run_show(show: &Show, home: &Home) -> Done {
    let knowledge = known(home)?;
    let item = find(knowledge.dashboards(), &show.id, "dashlet", "dashboard list")
        .map_err(Failed::Usage)?;
    let ask = ask(show, item)?;
    let Some(reader) = Reader::open(&home.store_file()).map_err(|error| error.problem)? else {
        out::tell("Nothing is stored yet. Collect first: duo-integrator collect --once");
        return Ok(());
    };
    let sorted = reader.categories_fingerprint().map_err(|error| error.problem)?;
    if sorted.as_ref() != Some(&knowledge.fingerprint()) && !item.body.query.categories.is_empty() {
        out::tell(
            "note: the categories changed, and not all stored records have been looked at since; \
             the collector does that by itself",
        );
    }
    let dashlet = answer(&reader, &knowledge, item, &ask).map_err(|error| error.problem)?;
    if show.json {
        return Ok(out::json(&dashlet)?);
    }
    for line in text(&dashlet, &ask.zone).lines() {
        out::line(line)?;
    }
    Ok(())
}

fn ask(show: &Show, item: &Item<Definition>) -> Result<Ask, Failed> {
    let now = UnixMillis::now();
    let when = |text: &Option<String>| {
        text.as_deref().map(|text| UnixMillis::parse_when(text, now)).transpose()
    };
    let until = when(&show.until).map_err(Failed::Usage)?.unwrap_or(now);
    let range = item.body.range.as_deref().and_then(|range| parse_span(range).ok());
    let since = when(&show.since)
        .map_err(Failed::Usage)?
        .unwrap_or_else(|| until.minus(range.unwrap_or(RANGE)));
    if since > until {
        let what = Problem::new("The range ends before it begins");
        return Err(Failed::Usage(what.next("give --since an earlier time than --until")));
    }
    Ok(Ask { account: show.account.clone(), since, until, zone: TimeZone::system() })
}

/// The numbers as people read them in a terminal: a row for each point, a column for each series.
fn text(dashlet: &Dashlet, zone: &TimeZone) -> String {
    let mut text = String::new();
    let range = format!("{} to {}", moment(dashlet.since, zone), moment(dashlet.until, zone));
    let total = number(dashlet.total.unsigned_abs());
    let _ = writeln!(text, "{}\n{range}, {total} {}\n", dashlet.title, dashlet.measure);
    let rows = rows(dashlet, zone);
    if rows.is_empty() {
        let _ = writeln!(text, "nothing in this range");
        return text;
    }
    let names: Vec<String> = dashlet.series.iter().map(|line| printable(&line.name)).collect();
    let several = names.len() > 1;
    let first = rows.iter().map(|row| width(&row.label)).max().unwrap_or(0);
    let largest = rows.iter().map(Row::sum).max().unwrap_or(0);
    let widths: Vec<usize> = names
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let digits = rows.iter().filter_map(|row| row.values.get(i)).map(|n| shown(*n).len());
            digits.max().unwrap_or(0).max(if several { width(name) } else { 0 })
        })
        .collect();
    if several {
        let _ = write!(text, "{}", pad("", first));
        for (name, wide) in names.iter().zip(&widths) {
            let _ = write!(text, "  {}{name}", pad("", wide - width(name)));
        }
        let _ = writeln!(text);
    }
    for row in &rows {
        let _ = write!(text, "{}", pad(&row.label, first));
        for (value, wide) in row.values.iter().zip(&widths) {
            let _ = write!(text, "  {:>wide$}", shown(*value));
        }
        let bar = bar(row.sum(), largest);
        let _ = if bar.is_empty() { writeln!(text) } else { writeln!(text, "  {bar}") };
    }
    text
}

struct Row {
    label: String,
    values: Vec<i64>,
}

impl Row {
    fn sum(&self) -> i64 {
        self.values.iter().sum()
    }
}

fn rows(dashlet: &Dashlet, zone: &TimeZone) -> Vec<Row> {
    let Some(first) = dashlet.series.first() else { return Vec::new() };
    let label = |point: &Point| match (point.start, dashlet.step) {
        (Some(start), Some(Step::Day)) => local(start, zone, "%Y-%m-%d"),
        (Some(start), _) => moment(start, zone),
        (None, _) => printable(&point.label),
    };
    let value = |row: usize| {
        dashlet.series.iter().map(move |line| line.points.get(row).map_or(0, |point| point.value))
    };
    first
        .points
        .iter()
        .enumerate()
        .map(|(i, point)| Row { label: label(point), values: value(i).collect() })
        .collect()
}

fn shown(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", number(value.unsigned_abs()))
}

/// A bar in eighths of a character; what is not nothing shows.
fn bar(value: i64, largest: i64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if value <= 0 || largest <= 0 {
        return String::new();
    }
    let eighths = (value as f64 / largest as f64 * (8 * BAR) as f64).round().max(1.0) as usize;
    let rest = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
    format!("{}{rest}", "█".repeat(eighths / 8))
}

/// Names come from records: what would steer a terminal is shown as a sign.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn pad(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

fn moment(at: UnixMillis, zone: &TimeZone) -> String {
    local(at, zone, "%Y-%m-%d %H:%M")
}

fn local(at: UnixMillis, zone: &TimeZone, format: &str) -> String {
    Timestamp::from_millisecond(at.0).map_or_else(
        |_| at.to_string(),
        |time| time.to_zoned(zone.clone()).strftime(format).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboards::Line;
    use crate::knowledge::{Chart, Filter};

    #[test]
    fn numbers_are_shown_as_a_table_with_bars() {
        let line = |name: &str, values: [i64; 2]| Line {
            name: name.to_owned(),
            code: None,
            points: ["Canada", "Côte\u{1b}"]
                .iter()
                .zip(values)
                .map(|(label, value)| Point { label: (*label).to_owned(), value, start: None })
                .collect(),
            codes: Vec::new(),
        };
        let dashlet = Dashlet {
            id: "places".to_owned(),
            title: "Places".to_owned(),
            chart: Chart::Map,
            since: UnixMillis(0),
            until: UnixMillis(90_000_000),
            step: None,
            measure: "records",
            series: vec![line("Success", [1200, 3]), line("Denied", [80, 0])],
            total: 1283,
            drill_down: Filter::default(),
        };
        assert_eq!(
            text(&dashlet, &TimeZone::UTC),
            "Places\n1970-01-01 00:00 to 1970-01-02 01:00, 1,283 records\n\n\
             \u{20}       Success  Denied\n\
             Canada    1,200      80  ████████████████████████████████\n\
             Côte\u{fffd}         3       0  ▏\n"
        );
    }
}
