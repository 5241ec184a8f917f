//! An output in the list: what it is, what goes there, how it does.

use eframe::egui;

use super::super::accounts::name_for_readers;
use super::catalog;
use super::form::least;
use super::trying::what_is_sent;
use crate::base::UnixMillis;
use crate::pipeline::doing::Doing;
use crate::settings::Output;
use crate::window::look::widgets::{self, Sign};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;

/// The room for the buttons of an output, in points.
const BUTTONS: f32 = 220.0;

/// What waits less long than this is on its way, not late.
const LATE: i64 = 60_000;

/// What a person wants of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Test,
    Edit,
    Remove,
    Refused,
    /// What records are kept in is to be made at the far side.
    Prepare,
}

/// Draws an output; what is wanted of it.
pub(super) fn ui(
    ui: &mut egui::Ui,
    output: &Output,
    doing: &Doing,
    can_test: bool,
) -> Option<Wanted> {
    let mut wanted = None;
    let (sign, state) = state_of(doing);
    ui.horizontal_top(|ui| {
        let room = (ui.available_width() - BUTTONS).max(120.0);
        let column = egui::Layout::top_down(egui::Align::Min);
        ui.allocate_ui_with_layout(egui::vec2(room, 0.0), column, |ui| {
            ui.set_width(room);
            ui.spacing_mut().item_spacing.y = theme::tokens().space.tight;
            ui.horizontal(|ui| {
                let icon = egui::RichText::new(icon(output)).size(theme::tokens().size.icon);
                ui.label(icon.color(theme::of(ui).secondary));
                let name = egui::RichText::new(&output.name).text_style(theme::strong());
                ui.add(egui::Label::new(name).truncate());
            });
            let to = format!("{} \u{00b7} {}", type_title(output), output.destination());
            let color = theme::of(ui).secondary;
            let line = egui::RichText::new(&to).small().color(color);
            ui.add(egui::Label::new(line).truncate());
            widgets::small(ui, &what_words(output));
            widgets::flow(ui, |ui| {
                widgets::pill(ui, sign, state);
                let counts = counts_words(doing, UnixMillis::now());
                if !counts.is_empty() {
                    widgets::small(ui, &counts);
                }
            });
        });
        let layout = egui::Layout::right_to_left(egui::Align::Min);
        ui.with_layout(layout, |ui| wanted = buttons_ui(ui, output, can_test));
    });
    if let Some(words) = catalog::named(output.type_name()).and_then(catalog::Type::makes) {
        let make = widgets::link_button(ui, words);
        name_for_readers(&make, &format!("{words} for {}", output.name));
        if make.clicked() {
            wanted = Some(Wanted::Prepare);
        }
    }
    if let Some((words, at)) = &doing.error {
        ui.add_space(theme::tokens().space.tight);
        let line = parts::sign_line(ui, Sign::Warn, &format!("{}: {words}", say::ago(*at)));
        line.on_hover_text(say::exact(*at));
    }
    if doing.takes_records && doing.refused > 0 {
        ui.add_space(theme::tokens().space.tight);
        let records = say::counted(doing.refused, "record");
        let words = format!("{records} it will not take, for a reason of its own");
        parts::sign_line(ui, Sign::Warn, &words);
        let show = widgets::link_button(ui, "Show refused\u{2026}");
        name_for_readers(&show, &format!("Show refused of {}", output.name));
        if show.clicked() {
            wanted = Some(Wanted::Refused);
        }
    }
    wanted
}

fn buttons_ui(ui: &mut egui::Ui, output: &Output, can_test: bool) -> Option<Wanted> {
    let name = &output.name;
    let mut wanted = None;
    if widgets::icon_button(ui, icons::TRASH, &format!("Remove {name}")).clicked() {
        wanted = Some(Wanted::Remove);
    }
    let edit = widgets::quiet_button(ui, "Edit\u{2026}");
    name_for_readers(&edit, &format!("Edit {name}"));
    if edit.clicked() {
        wanted = Some(Wanted::Edit);
    }
    let test = ui.add_enabled(can_test, widgets::Press::quiet("Test"));
    name_for_readers(&test, &format!("Test {name}"));
    if test.clicked() {
        wanted = Some(Wanted::Test);
    }
    let what = what_is_sent(output.records().is_some());
    test.on_hover_text(format!("Send a test {what}"));
    wanted
}

/// How an output does, in a sign and a word.
fn state_of(doing: &Doing) -> (Sign, &'static str) {
    let late = |since: UnixMillis| UnixMillis::now().0 - since.0 > LATE;
    if doing.refused > 0 && !doing.takes_records {
        (Sign::Fail, "Refuses messages")
    } else if doing.error.is_some() {
        (Sign::Warn, "Failing")
    } else if doing.waiting > 0 && doing.since.is_some_and(late) {
        (Sign::Running, "Catching up")
    } else if doing.delivered == 0 {
        (Sign::Waiting, "Nothing sent yet")
    } else {
        (Sign::Pass, "Works")
    }
}

fn counts_words(doing: &Doing, now: UnixMillis) -> String {
    let Doing { delivered, waiting, refused, .. } = *doing;
    if delivered + waiting + refused == 0 {
        return String::new();
    }
    let mut words = vec![format!("{} delivered", say::count(delivered))];
    if waiting > 0 {
        words.push(format!("{} waiting", say::count(waiting)));
    }
    if let Some(since) = doing.since.filter(|since| waiting > 0 && now.0 - since.0 > LATE) {
        words.push(format!("the oldest since {}", say::ago(since)));
    }
    if refused > 0 {
        words.push(format!("{} refused", say::count(refused)));
    }
    words.join(" \u{00b7} ")
}

/// What is sent there, and when.
fn what_words(output: &Output) -> String {
    if let Some(records) = output.records() {
        return parts::capitalized(&records.words());
    }
    let taste = &output.taste;
    let titles: Vec<&str> = taste.levels.iter().map(|level| level.title()).collect();
    let mut words = match least(taste) {
        Some(least) => format!("{} and graver", least.title()),
        None => titles.join(", "),
    };
    if let Some(hours) = &taste.quiet_hours {
        words.push_str(&format!("; {hours} only {} and graver", taste.quiet_level.title()));
    }
    words
}

fn type_title(output: &Output) -> &'static str {
    catalog::named(output.type_name()).map_or_else(|| output.type_name(), |kind| kind.title)
}

fn icon(output: &Output) -> &'static str {
    catalog::named(output.type_name()).map_or(icons::EXPORT, |kind| kind.icon)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed(delivered: u64) -> Doing {
        Doing { delivered, takes_records: true, has_begun: true, ..Doing::default() }
    }

    #[test]
    fn what_waits_is_late_after_a_minute() {
        let now = UnixMillis::now();
        let waits = |secs: i64| {
            let since = Some(UnixMillis(now.0 - secs * 1000));
            Doing { waiting: 5, since, ..handed(10) }
        };
        assert_eq!(state_of(&waits(3)), (Sign::Pass, "Works"));
        assert_eq!(state_of(&waits(300)), (Sign::Running, "Catching up"));
        assert_eq!(counts_words(&waits(3), now), "10 delivered \u{00b7} 5 waiting");
        let late = counts_words(&waits(300), now);
        assert!(late.ends_with("the oldest since 5 min ago"), "{late}");
        assert_eq!(state_of(&handed(0)).1, "Nothing sent yet");
    }

    #[test]
    fn refused_records_are_counted_and_do_not_stop_the_rest() {
        let refuses = Doing { refused: 2, ..handed(10) };
        assert_eq!(state_of(&refuses), (Sign::Pass, "Works"));
        let words = counts_words(&refuses, UnixMillis::now());
        assert_eq!(words, "10 delivered \u{00b7} 2 refused");
        let messages = Doing { takes_records: false, ..refuses };
        assert_eq!(state_of(&messages), (Sign::Fail, "Refuses messages"));
    }
}
