//! One rule: why it is worth an alert, whether it is active, who is told, its text, and one's own
//! copy of that.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{self, OpenUrl, RichText, Ui};

use super::alert::{alarm_of, rule_of};
use super::facts::Facts;
use super::rules::{Asked, Switches, ask, raised_words};
use super::trial::Trial;
use super::{At, Move, acts, editor, parts};
use crate::detect::{Lists, review};
use crate::knowledge::{self, Item, Mistake, RuleText};
use crate::pipeline::notifying::told_of;
use crate::settings::Output;
use crate::window::console::{Go, Here, Page};
use crate::window::desk::Slot;
use crate::window::look::widgets::{self, Kind, Press, Sign};
use crate::window::look::{icons, theme};
use crate::window::{parts as shared, say};

/// What a new rule begins as.
const TEMPLATE: &str = "\
title: Sign-in denied on a named application
id: 00000000-0000-4000-8000-000000000000
name: my-rule
status: experimental
description: |
  Why this is worth an alert, and what to do about it.
references:
  - https://duo.com/docs/adminapi#authentication-logs
date: 2026-01-01
logsource:
  product: cisco
  service: duo
  category: authentication
detection:
  selection:
    duo.result: denied
    duo.application: VPN
  condition: selection
falsepositives:
  - A mistyped passcode.
level: medium
";

/// A text that is being written.
struct Writing {
    text: String,
    /// As it was before.
    original: String,
}

/// The view's own state.
#[derive(Default)]
pub(super) struct RuleView {
    id: String,
    all: Slot<Asked, Arc<Vec<Facts>>>,
    switches: Switches,
    beneath: Slot<(String, u64), Option<Item<RuleText>>>,
    trial: Trial,
    writing: Option<Writing>,
    /// What was not saved, by the id of its rule.
    drafts: HashMap<String, Writing>,
    mistakes: Slot<String, (String, Vec<Mistake>)>,
    saved: Option<String>,
}

/// What somebody asked for on the view.
enum Step {
    Move(Move),
    Go(Go),
    Write(String),
    Save,
    Leave,
    Forget,
    Switch(bool),
}

impl RuleView {
    /// Draws the rule of this id; a new one when the id is empty.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        here: &mut Here<'_>,
        id: &str,
        back_to: &str,
    ) -> Option<Move> {
        if self.id != id {
            self.turn_to(id);
        }
        if id.is_empty() && self.writing.is_none() {
            self.write(TEMPLATE);
        }
        ask(here, &mut self.all);
        let is_slow = self.all.is_slow(ui.ctx());
        let problem = self.all.problem().cloned();
        let shown = self.all.shown_with_key().map(|(asked, all)| (asked.fresh, Arc::clone(all)));
        if parts::back(ui, back_to) {
            return Some(Move::Back);
        }
        if let Some(problem) = &problem {
            shared::problem_banner(ui, problem);
        }
        let Some((fresh, all)) = shown else {
            parts::waiting(ui, is_slow);
            return None;
        };
        if let Some(moved) = self.note_saved(here) {
            return Some(moved);
        }
        let facts = all.iter().find(|facts| facts.id == id);
        if facts.is_none() && !id.is_empty() {
            let text = format!("It may have been deleted, or its pack removed. Its id was {id}.");
            parts::nothing(ui, icons::SLIDERS, "This rule is no longer there", &text);
            return None;
        }
        let mut step = None;
        let area = egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt(("rule", id));
        area.show(ui, |ui| {
            match facts {
                Some(facts) => self.facts_ui(ui, here, facts, fresh, &mut step),
                None => new_ui(ui),
            }
            if facts.is_none_or(|facts| !facts.is_alarm) {
                self.text_ui(ui, here, facts, &mut step);
            }
            ui.add_space(theme::tokens().space.huge);
        });
        self.follow(ui, here, facts, step?)
    }

    fn write(&mut self, text: &str) {
        self.writing = Some(Writing { text: text.to_owned(), original: text.to_owned() });
    }

    /// Turns to another rule. What was written and not saved is there again when somebody comes
    /// back to it.
    fn turn_to(&mut self, id: &str) {
        let mut drafts = std::mem::take(&mut self.drafts);
        let draft = self.writing.take().filter(|writing| writing.text != writing.original);
        if let Some(draft) = draft {
            drafts.insert(std::mem::take(&mut self.id), draft);
        }
        let writing = drafts.remove(id);
        *self = Self { id: id.to_owned(), writing, drafts, ..Self::default() };
    }

    /// Ends writing once the packs say what was saved.
    fn note_saved(&mut self, here: &Here<'_>) -> Option<Move> {
        let (saved, knowledge) = (self.saved.as_deref()?, here.knowledge?);
        let (item, _) = knowledge::read_rule(saved);
        let known = rule_of(knowledge, &item.id).filter(|known| known.body.0 == saved)?;
        let id = known.id.clone();
        self.saved = None;
        self.writing = None;
        (id != self.id).then_some(Move::Instead(At::Rule(id)))
    }

    fn follow(
        &mut self,
        ui: &Ui,
        here: &mut Here<'_>,
        facts: Option<&Facts>,
        step: Step,
    ) -> Option<Move> {
        match step {
            Step::Move(moved) => return Some(moved),
            Step::Go(go) => here.go(ui, go),
            Step::Write(text) => self.write(&text),
            Step::Leave => {
                self.writing = None;
                self.saved = None;
                if self.id.is_empty() {
                    return Some(Move::Back);
                }
            }
            Step::Save => {
                let text = self.writing.as_ref()?.text.clone();
                self.saved = Some(text.clone());
                here.act(acts::keep_rule(text));
            }
            Step::Forget => {
                self.writing = None;
                here.act(acts::forget_rule(&self.id));
            }
            Step::Switch(on) => {
                let title = facts.map_or("", |facts| super::facts::short_title(&facts.title));
                self.switches.turn(&self.id, on, here.view.fresh);
                here.act(acts::switch(&self.id, title, on));
            }
        }
        None
    }

    fn facts_ui(
        &self,
        ui: &mut Ui,
        here: &Here<'_>,
        facts: &Facts,
        fresh: u64,
        step: &mut Option<Step>,
    ) {
        heading_ui(ui, &facts.title);
        ui.horizontal_wrapped(|ui| {
            if let Some(level) = facts.level {
                parts::level_pill(ui, level);
            }
            if facts.pack != knowledge::OWN {
                parts::chip(ui, &facts.whose());
            }
            if facts.raised.alerts > 0 {
                let range = parts::range_words(here.view.range);
                let words = format!("{} in {range}", raised_words(facts.raised.alerts));
                if ui.add(Press::link(&words).icon(icons::BELL)).clicked() {
                    *step = Some(Step::Move(Move::RaisedBy(facts.id.clone())));
                }
            }
        });
        let mut on = self.switches.stands(&facts.id, facts.enabled, fresh);
        let help = "A running collector goes by this within seconds; records that were looked at \
                    before are not looked at again";
        if widgets::switch_row(ui, &mut on, "Active", help).changed() {
            *step = Some(Step::Switch(on));
        }
        if let Some(problem) = &facts.problem {
            widgets::banner(ui, Kind::Bad, "This rule cannot be used", problem, |_| {});
        }
        if let Some(list) = &facts.waits_for {
            let text = format!(
                "It finds nothing until there is one. Write one value a line into \
                 config/lists/{list}.txt; a # begins a remark."
            );
            let title = format!("This rule waits for the list \u{201c}{list}\u{201d}");
            widgets::banner(ui, Kind::Info, &title, &text, |_| {});
        }
        ui.add_space(theme::tokens().space.tight);
        let gap = theme::tokens().space.large;
        if ui.available_width() >= 760.0 {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = gap;
                let room = ui.available_width();
                let left = (room - gap) * 0.56;
                for (width, is_left) in [(left, true), (room - gap - left, false)] {
                    ui.vertical(|ui| {
                        ui.set_width(width);
                        if is_left {
                            why_ui(ui, here, facts);
                        } else {
                            about_ui(ui, facts);
                            ui.add_space(theme::tokens().space.small);
                            told_ui(ui, here, facts, step);
                        }
                    });
                }
            });
        } else {
            why_ui(ui, here, facts);
            ui.add_space(theme::tokens().space.small);
            about_ui(ui, facts);
            ui.add_space(theme::tokens().space.small);
            told_ui(ui, here, facts, step);
        }
        ui.add_space(theme::tokens().space.small);
    }

    /// The text with what can be done to it, and the try.
    fn text_ui(
        &mut self,
        ui: &mut Ui,
        here: &mut Here<'_>,
        facts: Option<&Facts>,
        step: &mut Option<Step>,
    ) {
        let stored = facts.and_then(|facts| rule_of(here.knowledge?, &facts.id));
        let stored = stored.map(|item| item.body.0.clone());
        if self.writing.is_some() {
            self.writing_ui(ui, here, step);
            ui.add_space(theme::tokens().space.small);
            let is_right = self.is_right();
            let text = self.writing.as_ref().map(|writing| writing.text.clone());
            self.trial.ui(ui, here, &text.unwrap_or_default(), is_right);
            return;
        }
        let (Some(facts), Some(text)) = (facts, stored) else { return };
        self.trial.ui(ui, here, &text, facts.problem.is_none());
        ui.add_space(theme::tokens().space.small);
        let key = (facts.id.clone(), here.view.fresh);
        if facts.is_own {
            let id = facts.id.clone();
            self.beneath
                .want(here.desk, key, move |shelf| knowledge::rule_beneath(shelf.home(), &id));
        }
        let beneath = self.beneath.shown().and_then(Option::as_ref);
        let beneath = beneath.filter(|_| facts.is_own);
        widgets::card(ui, |ui| {
            shared::title_and_words(ui, "The rule itself, in Sigma", &facts.pack);
            ui.horizontal_wrapped(|ui| {
                let edit = if facts.is_own { "Edit" } else { "Make my own copy" };
                if ui.add(Press::quiet(edit).icon(icons::PENCIL)).clicked() {
                    *step = Some(Step::Write(text.clone()));
                }
                widgets::copy_button(ui, &text);
                if facts.is_own {
                    let words =
                        if beneath.is_some() { "Back to the pack\u{2019}s" } else { "Delete" };
                    let icon = if beneath.is_some() { icons::UNDO } else { icons::TRASH };
                    if ui.add(Press::quiet(words).icon(icon)).clicked() {
                        *step = Some(Step::Forget);
                    }
                }
            });
            if let Some(beneath) = beneath {
                let words = format!(
                    "Your own copy stands in place of the one of the pack {}: {}. Updates of the \
                     pack do not change it.",
                    beneath.origin.pack(),
                    editor::difference(&beneath.body.0, &text)
                );
                editor::note_ui(ui, &words);
            }
            ui.add_space(theme::tokens().space.tight);
            editor::read_ui(ui, "The text of the rule", &text);
        });
    }

    /// Whether the text as it stands was looked through and nothing is wrong with it.
    fn is_right(&mut self) -> bool {
        let Some(writing) = &self.writing else { return false };
        let shown = self.mistakes.shown_with_key();
        shown.is_some_and(|(text, (_, mistakes))| *text == writing.text && mistakes.is_empty())
    }

    fn writing_ui(&mut self, ui: &mut Ui, here: &mut Here<'_>, step: &mut Option<Step>) {
        let is_right = self.is_right();
        let is_new = self.id.is_empty();
        let Some(writing) = &mut self.writing else { return };
        let text = writing.text.clone();
        self.mistakes.want(here.desk, text.clone(), move |shelf| {
            let (item, mistakes) = review(&text, &Lists::load(shelf.home()).0);
            Ok((item.id, mistakes))
        });
        let review = self.mistakes.shown().cloned().unwrap_or_default();
        let (name, mistakes) = review;
        widgets::card(ui, |ui| {
            widgets::card_title(ui, if is_new { "A new rule" } else { "My own copy" });
            let note = if is_new {
                "Give it a name of its own. It stands in your own pack, which no update touches."
                    .to_owned()
            } else if name == self.id || name.is_empty() {
                "With this name it takes the place of the rule; with another name both are there. \
                 It stands in your own pack, which no update touches."
                    .to_owned()
            } else {
                format!("With the name {name} it stands beside the rule {}.", self.id)
            };
            editor::note_ui(ui, &note);
            ui.add_space(theme::tokens().space.tight);
            editor::write_ui(ui, "The text of the rule", &mut writing.text, &mistakes);
            if is_new
                && !mistakes.iter().any(|mistake| mistake.what.contains("name"))
                && here.knowledge.is_some_and(|knowledge| is_taken(knowledge, &name))
            {
                let words = format!("There is a rule {name} already; this one will take its place");
                shared::sign_line(ui, Sign::Warn, &words);
            }
            let changed = is_new || writing.text != writing.original;
            ui.add_space(theme::tokens().space.small);
            ui.horizontal_wrapped(|ui| {
                let save = Press::primary("Save").icon(icons::FLOPPY);
                let response = ui.add_enabled(changed && is_right, save);
                let why =
                    if changed { "Mend the mistakes first" } else { "Nothing was changed yet" };
                if response.on_disabled_hover_text(why).clicked() {
                    *step = Some(Step::Save);
                }
                let leave = if changed && !is_new { "Discard changes" } else { "Cancel" };
                if widgets::quiet_button(ui, leave).clicked() {
                    *step = Some(Step::Leave);
                }
                let (sign, words) = match mistakes.len() {
                    _ if !is_right && mistakes.is_empty() => return,
                    0 => (Sign::Pass, "Nothing is wrong with it".to_owned()),
                    n => (Sign::Fail, say::counted(n as u64, "mistake")),
                };
                widgets::state_sign(ui, sign);
                ui.label(words);
            });
        });
    }
}

fn is_taken(knowledge: &knowledge::Knowledge, id: &str) -> bool {
    rule_of(knowledge, id).is_some() || alarm_of(knowledge, id).is_some()
}

fn heading_ui(ui: &mut Ui, title: &str) {
    let heading = ui.add(egui::Label::new(RichText::new(title).heading()).wrap());
    ui.ctx().accesskit_node_builder(heading.id, |node| {
        node.set_role(egui::Role::Heading);
        node.clear_value();
        node.set_label(title);
    });
}

fn new_ui(ui: &mut Ui) {
    heading_ui(ui, "New rule");
    let words = "Rules are written in Sigma, a language that analysts share; the fields are Duo\u{2019}s. \
                 Try it on stored records before you save it.";
    widgets::secondary(ui, words);
    ui.add_space(theme::tokens().space.tight);
}

/// Why, when it is nothing, what to do, and where the facts come from.
fn why_ui(ui: &mut Ui, here: &Here<'_>, facts: &Facts) {
    widgets::card(ui, |ui| {
        widgets::card_title(ui, "Why it is worth an alert");
        ui.add(egui::Label::new(&facts.reason).wrap().selectable(true));
        let alarm = here.knowledge.and_then(|knowledge| alarm_of(knowledge, &facts.id));
        if let Some(alarm) = alarm {
            ui.add_space(theme::tokens().space.small);
            widgets::strong(ui, "What to do");
            widgets::body(ui, shared::capitalized(&alarm.body.next));
        }
        if !facts.false_positives.is_empty() {
            ui.add_space(theme::tokens().space.small);
            widgets::strong(ui, "When it is harmless");
            for words in &facts.false_positives {
                widgets::body(ui, words.as_str());
            }
        }
        if !facts.sources.is_empty() {
            ui.add_space(theme::tokens().space.small);
            widgets::strong(ui, "Where this comes from");
            for source in &facts.sources {
                source_ui(ui, source);
            }
        }
    });
}

fn source_ui(ui: &mut Ui, source: &str) {
    if !source.starts_with("https://") {
        widgets::secondary(ui, source);
        return;
    }
    let short = source.trim_start_matches("https://");
    let color = theme::of(ui).accent;
    let label = egui::Label::new(RichText::new(short).color(color)).truncate();
    let response = ui.add(label.sense(egui::Sense::click()));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, source));
    parts::focus_ring(ui, &response);
    if response.clicked() {
        ui.ctx().open_url(OpenUrl::new_tab(source));
    }
    response.on_hover_cursor(egui::CursorIcon::PointingHand);
}

/// What it is and looks at.
fn about_ui(ui: &mut Ui, facts: &Facts) {
    widgets::card(ui, |ui| {
        widgets::card_title(ui, "What it goes by");
        parts::fact(ui, "Logs", &facts.logs());
        if !facts.way.is_empty() && !facts.is_alarm {
            parts::fact(ui, "Finds", facts.way);
        }
        if !facts.attack.is_empty() {
            parts::fact_ui(ui, "ATT&CK", |ui| {
                widgets::flow(ui, |ui| {
                    ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
                    for attack in &facts.attack {
                        attack_ui(ui, attack);
                    }
                });
            });
        }
        parts::fact(ui, "Comes from", &facts.whose());
        parts::fact_ui(ui, "Id", |ui| widgets::mono(ui, &facts.id));
        if !facts.date.is_empty() {
            parts::fact(ui, "Reviewed", &facts.date);
        }
    });
}

fn attack_ui(ui: &mut Ui, attack: &super::facts::Attack) {
    let Some(url) = &attack.url else {
        parts::chip(ui, &attack.name);
        return;
    };
    let response = parts::chip(ui, &attack.name).interact(egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, &attack.name));
    parts::focus_ring(ui, &response);
    if response.clicked() {
        ui.ctx().open_url(OpenUrl::new_tab(url));
    }
    response.on_hover_text(url).on_hover_cursor(egui::CursorIcon::PointingHand);
}

/// Who hears of it, by the settings.
fn told_ui(ui: &mut Ui, here: &Here<'_>, facts: &Facts, step: &mut Option<Step>) {
    widgets::card(ui, |ui| {
        widgets::card_title(ui, "Who is told");
        let Ok(settings) = &here.standing.settings else {
            widgets::secondary(ui, "The settings cannot be read");
            return;
        };
        let level = facts.level.unwrap_or_default();
        let mut told: Vec<String> =
            told_of(settings, &facts.id, level).iter().map(listener_words).collect();
        if facts.is_alarm && settings.notifications.desktop {
            told.insert(0, "This computer\u{2019}s desktop".to_owned());
        }
        for words in &told {
            ui.add(egui::Label::new(words).wrap());
        }
        if told.is_empty() {
            let words = format!(
                "Nobody: no message is sent for alerts of the level {}. They are on this page all \
                 the same.",
                level.name()
            );
            widgets::secondary(ui, &words);
        }
        if ui.add(Press::link("Change who is told").icon(icons::GEAR)).clicked() {
            *step = Some(Step::Go(Go::Page(Page::Settings)));
        }
    });
}

fn listener_words(output: &Option<Output>) -> String {
    match output {
        None => "This computer\u{2019}s desktop".to_owned(),
        Some(output) => format!("{} ({})", output.name, output.destination()),
    }
}
