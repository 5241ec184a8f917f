//! A record, open beside the table.
//!
//! Promises: the raw record is shown and copied byte for byte; however long its texts are, a frame
//! draws only what is in sight; the last record stays until the next one is there.

mod fields;
mod lines;
mod summary;
mod text;

use std::sync::Arc;

use eframe::egui::{self, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::words::{Words, short};
use crate::base::Problem;
use crate::duo::View;
use crate::duo::logs::understand;
use crate::normalize::{Context, Format, Normalizer};
use crate::record::IdSource;
use crate::store::{Alert, Place, Whole};
use crate::window::console::Here;
use crate::window::desk::{Shelf, Slot};
use crate::window::look::widgets::{self, Sign};
use crate::window::look::{icons, theme};
use crate::window::{parts, say};
use fields::FieldsView;
use lines::Form;
use text::TextView;

/// A record with what was worked out for it.
pub(super) struct Opened {
    /// The record.
    pub whole: Whole,
    /// Its bytes as text.
    text: String,
    /// Some bytes are no text.
    is_mended: bool,
    /// Its fields.
    pub view: View,
    /// The alerts it is part of.
    pub alerts: Vec<Alert>,
    /// Duo gave it an id.
    pub has_id: bool,
    /// Tells records apart, for what was laid out.
    number: u64,
}

/// What of a record is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Summary,
    Fields,
    Raw,
    Converted,
}

impl Part {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Summary, "Summary"),
        (Self::Fields, "Fields"),
        (Self::Raw, "Raw"),
        (Self::Converted, "Converted"),
    ];
}

/// The formats a record can be looked at in.
const FORMATS: [(Format, &str); 4] =
    [(Format::Ecs, "ECS"), (Format::Ocsf, "OCSF"), (Format::Cef, "CEF"), (Format::Leef, "LEEF")];

/// What the panel remembers between frames.
pub(super) struct Detail {
    place: Place,
    opened: Slot<(Place, u64), Option<Arc<Opened>>>,
    converted: Slot<(u64, usize), Arc<String>>,
    part: Part,
    format: usize,
    is_exact: bool,
    fields: FieldsView,
    raw: TextView,
    other: TextView,
}

/// What the person wants of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The record above.
    Above,
    /// The record below.
    Below,
    /// No record.
    Close,
}

impl Detail {
    /// Opens a record.
    pub fn new(place: Place) -> Self {
        Self {
            place,
            opened: Slot::default(),
            converted: Slot::default(),
            part: Part::default(),
            format: 0,
            is_exact: false,
            fields: FieldsView::default(),
            raw: TextView::default(),
            other: TextView::default(),
        }
    }

    /// Shows another record in the same way.
    pub fn open(&mut self, place: Place) {
        self.place = place;
    }

    /// Draws it in all the room there is. `above`, `below`: whether there is such a record.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        here: &mut Here<'_>,
        words: &Words<'_>,
        (above, below): (bool, bool),
    ) -> Option<Turn> {
        let place = self.place;
        // What it is part of may change; the record does not.
        self.opened.want(here.desk, (place, here.view.fresh), move |shelf| open(shelf, place));
        let problem = self.opened.problem().cloned();
        let opened = match self.opened.shown_with_key() {
            Some((_, opened)) => opened.clone(),
            None => None,
        };
        let is_there = self.opened.shown().is_some();
        let turn = self.head_ui(ui, opened.as_deref(), words, (above, below));
        if let Some(problem) = problem {
            parts::problem_banner(ui, &problem);
            return turn;
        }
        let Some(opened) = opened else {
            if is_there && !self.opened.is_waiting() {
                let text = "It was older than what is kept, or its account was removed.";
                let title = "This record is not stored any more";
                widgets::banner(ui, widgets::Kind::Info, title, text, |_| {});
            } else if self.opened.is_slow(ui.ctx()) {
                parts::sign_line(ui, Sign::Running, "Opening the record\u{2026}");
            }
            return turn;
        };
        ui.add_space(8.0);
        self.parts_ui(ui);
        ui.add_space(8.0);
        match self.part {
            Part::Summary => summary::summary_ui(ui, here, &opened, words),
            Part::Fields => self.fields.ui(ui, opened.number, opened.view.tree()),
            Part::Raw => self.raw_ui(ui, &opened),
            Part::Converted => self.converted_ui(ui, here, &opened),
        }
        turn
    }

    fn head_ui(
        &self,
        ui: &mut Ui,
        opened: Option<&Opened>,
        words: &Words<'_>,
        (above, below): (bool, bool),
    ) -> Option<Turn> {
        let mut turn = None;
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                if widgets::icon_button(ui, icons::X, "Close the record").clicked() {
                    turn = Some(Turn::Close);
                }
                ui.add_enabled_ui(below, |ui| {
                    if widgets::icon_button(ui, icons::CARET_DOWN, "Next record").clicked() {
                        turn = Some(Turn::Below);
                    }
                });
                ui.add_enabled_ui(above, |ui| {
                    if widgets::icon_button(ui, icons::CARET_UP, "Previous record").clicked() {
                        turn = Some(Turn::Above);
                    }
                });
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let title = opened.map_or_else(String::new, |opened| title_of(opened, words));
                    let rich = egui::RichText::new(&title).text_style(theme::card_title());
                    let label = ui.add(egui::Label::new(rich).truncate());
                    ui.ctx().accesskit_node_builder(label.id, |node| {
                        node.set_role(Role::Heading);
                        node.clear_value();
                        node.set_label(title);
                    });
                });
            });
        });
        if let Some(opened) = opened {
            let row = &opened.whole.row;
            widgets::small(ui, &format!("{}, {}", row.log_type.title(), say::exact(row.time)));
        }
        turn
    }

    fn parts_ui(&mut self, ui: &mut Ui) {
        let names = Part::ALL.map(|(_, name)| name);
        let now = Part::ALL.iter().position(|(part, _)| *part == self.part).unwrap_or_default();
        let chosen = switch(ui, "What is shown of the record", &names, now);
        if let Some((part, _)) = Part::ALL.get(chosen) {
            self.part = *part;
        }
    }

    fn raw_ui(&mut self, ui: &mut Ui, opened: &Opened) {
        ui.horizontal(|ui| {
            widgets::copy_button(ui, &opened.text);
            let chosen = switch(
                ui,
                "How it is laid out",
                &["Indented", "Exact"],
                usize::from(self.is_exact),
            );
            self.is_exact = chosen == 1;
            let bytes = say::counted(opened.whole.raw.len() as u64, "byte");
            ui.label(egui::RichText::new(bytes).small().color(theme::of(ui).secondary));
        });
        if opened.is_mended {
            let text = "They are shown and copied as \u{fffd}. An export as JSON lines has them as they are.";
            widgets::banner(ui, widgets::Kind::Warn, "Some bytes of it are no text", text, |_| {});
        }
        ui.add_space(4.0);
        let form = if self.is_exact { Form::Exact } else { Form::Indented };
        well(ui, |ui| self.raw.ui(ui, opened.number, &opened.text, form));
    }

    fn converted_ui(&mut self, ui: &mut Ui, here: &Here<'_>, opened: &Arc<Opened>) {
        let format = FORMATS.get(self.format).map_or(Format::Ecs, |(format, _)| *format);
        let asked = Arc::clone(opened);
        self.converted.want(here.desk, (opened.number, self.format), move |shelf| {
            convert(shelf, &asked, format).map(Arc::new)
        });
        let text = match self.converted.shown_with_key() {
            Some((key, text)) if *key == (opened.number, self.format) => Some(Arc::clone(text)),
            _ => None,
        };
        ui.horizontal(|ui| {
            widgets::copy_button(ui, text.as_deref().map_or("", |text| text));
            self.format = switch(ui, "Format", &FORMATS.map(|(_, name)| name), self.format);
        });
        if let Some(problem) = self.converted.problem() {
            parts::problem_banner(ui, problem);
            return;
        }
        ui.add_space(4.0);
        let Some(text) = text else { return };
        let is_json = matches!(format, Format::Ecs | Format::Ocsf);
        let form = if is_json { Form::Indented } else { Form::Exact };
        let number = opened.number.wrapping_mul(8).wrapping_add(self.format as u64);
        well(ui, |ui| self.other.ui(ui, number, &text, form));
    }
}

/// What happened, and how it ended.
fn title_of(opened: &Opened, words: &Words<'_>) -> String {
    use super::columns::Column;
    let row = &opened.whole.row;
    let (what, how) = (words.cell(Column::Action, row), words.cell(Column::Result, row));
    let what = match what.text.is_empty() {
        true => row.log_type.title(),
        false => short(&what.text),
    };
    if how.text.is_empty() { what.to_owned() } else { format!("{what}: {}", short(&how.text)) }
}

fn open(shelf: &mut Shelf, place: Place) -> Result<Option<Arc<Opened>>, Problem> {
    let Some(reader) = shelf.reader()? else { return Ok(None) };
    let Some(whole) = reader.record(&place).map_err(|error| error.problem)? else {
        return Ok(None);
    };
    let alerts = reader.alerts_of(&place).map_err(|error| error.problem)?;
    let view = View::read(whole.row.log_type, &whole.raw);
    let text = String::from_utf8_lossy(&whole.raw);
    let is_mended = matches!(text, std::borrow::Cow::Owned(_));
    let has_id = matches!(understand(whole.row.log_type, &whole.raw).id, IdSource::Duo(_));
    let number = place.id.cast_unsigned() ^ place.time.0.cast_unsigned().rotate_left(32);
    let text = text.into_owned();
    Ok(Some(Arc::new(Opened { whole, text, is_mended, view, alerts, has_id, number })))
}

fn convert(shelf: &mut Shelf, opened: &Opened, format: Format) -> Result<String, Problem> {
    let normalizer = Normalizer::new(&*shelf.knowledge()?)?;
    let Whole { row, api_hostname, id, raw } = &opened.whole;
    let context = Context {
        api_hostname: Some(api_hostname),
        account: Some(&row.account),
        id: Some(id),
        otherwise_at: Some(row.time),
        ..Context::default()
    };
    let line = normalizer.convert(format, row.log_type, raw, &context);
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// A sunken place for texts.
fn well(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let tokens = theme::tokens();
    egui::Frame::new()
        .fill(theme::of(ui).sunken)
        .corner_radius(egui::CornerRadius::same(tokens.radius.control))
        .inner_margin(egui::Margin::same(8))
        .show(ui, |ui| {
            ui.take_available_space();
            contents(ui);
        });
}

/// One of a few, side by side; tells which one is chosen now.
fn switch(ui: &mut Ui, name: &str, words: &[&str], now: usize) -> usize {
    let colors = theme::of(ui);
    let tokens = theme::tokens();
    let font = egui::TextStyle::Body.resolve(ui.style());
    let galleys: Vec<_> = words
        .iter()
        .map(|word| {
            let text = (*word).to_owned();
            ui.painter().layout_no_wrap(text, font.clone(), egui::Color32::PLACEHOLDER)
        })
        .collect();
    let width: f32 = galleys.iter().map(|galley| galley.size().x + 20.0).sum();
    let (rect, _) = ui.allocate_exact_size(vec2(width, tokens.size.control), Sense::hover());
    let radius = egui::CornerRadius::same(tokens.radius.control);
    ui.painter().rect_filled(rect, radius, colors.sunken);
    let mut chosen = now;
    let mut left = rect.left();
    for (i, galley) in galleys.into_iter().enumerate() {
        let size = vec2(galley.size().x + 20.0, rect.height());
        let place = egui::Rect::from_min_size(pos2(left, rect.top()), size);
        left = place.right();
        let word = words.get(i).copied().unwrap_or_default();
        let id = ui.make_persistent_id((name, i));
        let response = ui.interact(place, id, Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, i == now, word));
        ui.ctx().accesskit_node_builder(id, |node| node.set_description(name));
        if i == now {
            let inside = place.shrink(2.0);
            let edge = egui::Stroke::new(tokens.size.hairline, colors.border);
            ui.painter().rect(inside, radius, colors.card, edge, egui::StrokeKind::Inside);
        }
        if response.has_focus() {
            let ring = egui::Stroke::new(tokens.size.focus_ring, colors.accent);
            ui.painter().rect_stroke(place, radius, ring, egui::StrokeKind::Inside);
        }
        let color = if i == now || response.hovered() { colors.text } else { colors.secondary };
        let at = place.center() - galley.size() / 2.0;
        ui.painter().galley(at, galley, color);
        if response.clicked() {
            chosen = i;
        }
    }
    chosen
}
