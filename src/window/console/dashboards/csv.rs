//! A dashlet's numbers as comma-separated values.

use super::answers::Answered;
use super::{save, words};
use crate::knowledge::{Dashboard, Item};
use crate::reports::runs_as_formula;
use crate::window::say;
use crate::window::worker::Act;

/// Saves the numbers.
pub fn save(item: &Item<Dashboard>, answered: &Answered) -> Act {
    let name = save::file_name(words::title(item), "csv");
    let text = text(item, answered);
    Act::new("save numbers", move |_| save::save(&name, &text))
}

/// A row for each step or group, a column for each series; a step nobody knows anything of is
/// empty.
fn text(item: &Item<Dashboard>, answered: &Answered) -> Vec<u8> {
    let drawn = &answered.drawn;
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let heading = match &drawn.times {
        Some(_) => format!("Time ({})", say::zone_words()),
        None => words::heading(item).to_owned(),
    };
    // All series, those that are drawn as one included.
    let lines = &answered.dashlet.series;
    let names = lines.iter().map(|line| guarded(&line.name));
    // Writing to memory does not fail.
    let _ = writer.write_record(std::iter::once(heading).chain(names));
    let count = lines.first().map_or(0, |line| line.points.len());
    for row in 0..count {
        let label = match &drawn.times {
            Some(times) => times.starts.get(row).map(|at| say::stamp(*at)).unwrap_or_default(),
            None => guarded(drawn.names.get(row).map_or("", String::as_str)),
        };
        let is_known = drawn.times.is_none()
            || drawn.series.iter().any(|one| one.values.get(row).copied().flatten().is_some());
        let values = lines.iter().map(|line| match line.points.get(row) {
            Some(point) if is_known => point.value.to_string(),
            _ => String::new(),
        });
        let _ = writer.write_record(std::iter::once(label).chain(values));
    }
    writer.into_inner().unwrap_or_default()
}

/// A name that a spreadsheet would take for a formula is marked as text.
fn guarded(name: &str) -> String {
    if runs_as_formula(name) { format!("'{name}") } else { name.to_owned() }
}
