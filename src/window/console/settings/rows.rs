//! What the sections are built from: choices, pairs of fields, spans of time in words.

use std::time::Duration;

use eframe::egui;

use crate::window::look::theme;
use crate::window::look::widgets;

/// How wide a field or a choice is.
pub(super) const FIELD: f32 = 320.0;

/// Below this width fields stand under each other.
const TWO_COLUMNS: f32 = 560.0;

/// The room between two cards.
pub(super) fn gap(ui: &mut egui::Ui) {
    ui.add_space(theme::tokens().space.large);
}

/// A card with its title, and under it in a sentence what it is about.
pub(super) fn card(
    ui: &mut egui::Ui,
    title: &str,
    about: &str,
    contents: impl FnOnce(&mut egui::Ui),
) {
    widgets::card(ui, |ui| {
        widgets::card_title(ui, title);
        if !about.is_empty() {
            widgets::small(ui, about);
        }
        ui.add_space(theme::tokens().space.small);
        contents(ui);
    });
}

/// One of several, from a list; what was chosen just now.
pub(super) fn choice<T: PartialEq + Copy>(
    ui: &mut egui::Ui,
    label: &str,
    now: T,
    all: &[(T, &str)],
    help: &str,
) -> Option<T> {
    let mut chosen = now;
    let title = all.iter().find(|(one, _)| *one == now).map_or("", |(_, title)| *title);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = theme::tokens().space.tight;
        let above = ui.label(label);
        let width = FIELD.min(ui.available_width());
        egui::ComboBox::from_id_salt(label)
            .selected_text(title)
            .width(width)
            .truncate()
            .show_ui(ui, |ui| {
                for (one, title) in all {
                    ui.selectable_value(&mut chosen, *one, *title);
                }
            })
            .response
            .labelled_by(above.id);
        if !help.is_empty() {
            widgets::small(ui, help);
        }
        ui.add_space(theme::tokens().space.tight);
    });
    (chosen != now).then_some(chosen)
}

/// Two things beside each other, or under each other where there is little room.
pub(super) fn pair(
    ui: &mut egui::Ui,
    left: impl FnOnce(&mut egui::Ui),
    right: impl FnOnce(&mut egui::Ui),
) {
    if ui.available_width() < TWO_COLUMNS {
        left(ui);
        right(ui);
        return;
    }
    ui.spacing_mut().item_spacing.x = theme::tokens().space.huge;
    ui.columns_const(|[one, other]| {
        left(one);
        right(other);
    });
}

/// A span in words that can be typed as well: “365 days”.
pub(super) fn span_words(span: Duration) -> String {
    let secs = span.as_secs();
    let (count, unit) = [(86_400, "day"), (3600, "hour"), (60, "min")]
        .into_iter()
        .find(|(unit, _)| secs >= *unit && secs.is_multiple_of(*unit))
        .map_or((secs, "s"), |(unit_secs, unit)| (secs / unit_secs, unit));
    match unit {
        "day" | "hour" if count != 1 => format!("{count} {unit}s"),
        _ => format!("{count} {unit}"),
    }
}

/// Bytes as people read them: “1.2 GB”.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if count < 1000 {
        return format!("{count} bytes");
    }
    let mut amount = count as f64;
    let mut unit = "bytes";
    for next in UNITS {
        if amount < 999.5 {
            break;
        }
        amount /= 1000.0;
        unit = next;
    }
    if amount < 9.95 { format!("{amount:.1} {unit}") } else { format!("{amount:.0} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::units::parse_span;

    #[test]
    fn spans_in_words_can_be_typed() {
        for (secs, words) in [
            (1, "1 s"),
            (90, "90 s"),
            (60, "1 min"),
            (3600, "1 hour"),
            (7200, "2 hours"),
            (86_400, "1 day"),
            (365 * 86_400, "365 days"),
        ] {
            let span = Duration::from_secs(secs);
            assert_eq!(span_words(span), words);
            assert_eq!(parse_span(words).unwrap(), span, "{words}");
        }
    }

    #[test]
    fn bytes_are_told_with_two_digits() {
        for (count, words) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (9_949_999, "9.9 MB"),
            (12_345_678, "12 MB"),
            (999_600_000, "1.0 GB"),
            (5_400_000_000_000_000, "5400 TB"),
        ] {
            assert_eq!(bytes(count), words);
        }
    }
}
