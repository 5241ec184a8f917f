//! The essentials of a record in words, the alerts it is part of, and ways to what belongs to it.

use eframe::egui::{self, RichText, Ui};

use super::super::columns::Column;
use super::super::facets::Facet;
use super::super::words::Words;
use super::Opened;
use crate::duo::View;
use crate::record::Level;
use crate::window::console::{Filter, Go, Here};
use crate::window::look::widgets::{self, Sign};
use crate::window::look::{icons, theme};
use crate::window::{parts, say};

/// Letters of a value that are shown here; all of them stand under “Fields”.
const SHOWN: usize = 400;

/// One line of the essentials.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Essential {
    /// The question it answers.
    pub title: &'static str,
    /// In words.
    pub words: String,
    /// What Duo wrote, where that is something else.
    pub code: Option<String>,
    /// The shape before it.
    pub sign: Option<Sign>,
}

/// The essentials of a record: only what it tells.
pub(super) fn essentials(opened: &Opened, words: &Words<'_>) -> Vec<Essential> {
    let row = &opened.whole.row;
    let view = &opened.view;
    let cell = |column: Column| {
        let cell = words.cell(column, row);
        (cell.text.into_owned(), cell.code.map(str::to_owned), cell.sign)
    };
    let mut all = Vec::new();
    let mut add = |title, (words, code, sign): (String, Option<String>, Option<Sign>)| {
        if !words.is_empty() {
            all.push(Essential { title, words, code, sign });
        }
    };
    let plain = |words: String| (words, None, None);
    add("Who", plain(who(view, row.user.as_deref())));
    add("What", cell(Column::Action));
    add("Result", cell(Column::Result));
    add("Why", cell(Column::Reason));
    add("On", cell(Column::Target));
    add("Application", cell(Column::Application));
    add("With", cell(Column::Factor));
    add(
        "From",
        plain(joined(&[
            row.address.as_deref().unwrap_or_default(),
            &place(view, row.country.as_deref()),
        ])),
    );
    add("Device", plain(device(view)));
    add("When", plain(say::exact(row.time)));
    add("Log", cell(Column::Log));
    add("Account", plain(joined(&[&row.account, &opened.whole.api_hostname])));
    add("Categories", cell(Column::Category));
    add("Record id", plain(opened.whole.id.clone()));
    all
}

/// The user with the e-mail address, where the record tells one.
fn who(view: &View, user: Option<&str>) -> String {
    let email = view.text("duo.email").unwrap_or_default();
    match user {
        Some(user) if !email.is_empty() && email != user => format!("{user} ({email})"),
        Some(user) => user.to_owned(),
        None => email.into_owned(),
    }
}

/// City, state and country of the address.
fn place(view: &View, country: Option<&str>) -> String {
    let at = |path: &str| {
        let path = format!("access_device.location.{path}");
        view.text(&path).map(std::borrow::Cow::into_owned).unwrap_or_default()
    };
    joined(&[&at("city"), &at("state"), country.unwrap_or_default()])
}

/// System and browser of the device an access came from.
fn device(view: &View) -> String {
    let at = |path: &str| {
        let path = format!("access_device.{path}");
        view.text(&path).map(std::borrow::Cow::into_owned).unwrap_or_default()
    };
    let with = |name: String, version: String| match (name.is_empty(), version.is_empty()) {
        (false, false) => format!("{name} {version}"),
        _ => name,
    };
    let system = with(at("os"), at("os_version"));
    let browser = with(at("browser"), at("browser_version"));
    joined(&[&at("hostname"), &system, &browser])
}

fn joined(parts: &[&str]) -> String {
    let said: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    said.join(", ")
}

/// What belongs to a record, with the filter that finds it.
pub(super) fn ways(opened: &Opened) -> Vec<(&'static str, &'static str, Filter)> {
    let row = &opened.whole.row;
    let of = |facet: Facet, value: &Option<std::sync::Arc<str>>| {
        let value = value.as_deref().filter(|value| !value.is_empty())?;
        // A star at its end would stand for anything.
        (!value.ends_with('*')).then(|| facet.only(value))
    };
    let id = &opened.whole.id;
    let transaction = opened.has_id.then(|| Filter { text: id.clone(), ..Filter::default() });
    [
        ("Everything of this user", icons::USER, of(Facet::User, &row.user)),
        ("Everything from this address", icons::GLOBE, of(Facet::Address, &row.address)),
        ("Everything of this transaction", icons::HASH, transaction),
        (
            "Everything of this application",
            icons::SQUARES,
            of(Facet::Application, &row.application),
        ),
    ]
    .into_iter()
    .filter_map(|(words, icon, filter)| Some((words, icon, filter?)))
    .collect()
}

/// Draws it.
pub(super) fn summary_ui(ui: &mut Ui, here: &mut Here<'_>, opened: &Opened, words: &Words<'_>) {
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        let row = &opened.whole.row;
        if !row.understood {
            let text = "The program could not read its time or its id. It is kept exactly as Duo \
                        sent it: see \u{201c}Raw\u{201d}.";
            widgets::banner(ui, widgets::Kind::Warn, "This record is not understood", text, |_| {});
            ui.add_space(8.0);
        }
        ui.spacing_mut().item_spacing.y = 6.0;
        for essential in essentials(opened, words) {
            essential_ui(ui, &essential);
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        if row.late {
            ui.add_space(4.0);
            let text = "It appeared at Duo after its time had been read, and was found later.";
            widgets::banner(ui, widgets::Kind::Info, "A late record", text, |_| {});
        }
        alerts_ui(ui, here, opened);
        let ways = ways(opened);
        if !ways.is_empty() {
            ui.add_space(16.0);
            widgets::card_title(ui, "See also");
            ui.add_space(4.0);
            for (words, icon, filter) in ways {
                if ui.add(widgets::Press::link(words).icon(icon)).clicked() {
                    here.go(ui, Go::Events(Box::new(filter)));
                }
            }
        }
        ui.add_space(16.0);
    });
}

fn essential_ui(ui: &mut Ui, essential: &Essential) {
    const TITLES: f32 = 96.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let color = theme::of(ui).secondary;
        let title = RichText::new(essential.title).color(color);
        ui.allocate_ui_with_layout(
            egui::vec2(TITLES, 20.0),
            egui::Layout::left_to_right(egui::Align::Min),
            |ui| {
                ui.set_width(TITLES);
                ui.label(title);
            },
        );
        if let Some(sign) = essential.sign {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(14.0, 20.0), egui::Sense::hover());
            let place = egui::Rect::from_center_size(rect.center(), egui::Vec2::splat(14.0));
            widgets::sign_at(ui, place, sign);
        }
        let mut shown: String = essential.words.chars().take(SHOWN).collect();
        if shown.len() < essential.words.len() {
            shown.push('\u{2026}');
        }
        let words = ui.add(egui::Label::new(shown).wrap().selectable(true));
        if let Some(code) = &essential.code {
            let code: String = code.chars().take(SHOWN).collect();
            words.on_hover_text(format!("Duo: {code}"));
        }
    });
}

fn alerts_ui(ui: &mut Ui, here: &mut Here<'_>, opened: &Opened) {
    if opened.alerts.is_empty() {
        return;
    }
    ui.add_space(16.0);
    widgets::card_title(ui, "Part of");
    ui.add_space(4.0);
    for alert in &opened.alerts {
        ui.horizontal_top(|ui| {
            widgets::state_sign(ui, sign_of(alert.level));
            let subject = if alert.subject.is_empty() {
                String::new()
            } else {
                format!(": {}", super::super::words::short(&alert.subject))
            };
            let words = parts::capitalized(&format!("{}{subject}", alert.title));
            let link = ui.add(egui::Link::new(words));
            if link.clicked() {
                here.go(ui, Go::Alert(alert.id));
            }
        });
    }
}

fn sign_of(level: Level) -> Sign {
    match level {
        Level::Critical | Level::High => Sign::Fail,
        Level::Medium => Sign::Warn,
        Level::Low | Level::Informational => Sign::Waiting,
    }
}
