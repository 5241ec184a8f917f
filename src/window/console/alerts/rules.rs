//! The list of rules: which are active, how grave they are, how often they were raised.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{self, Rect, RichText, Ui, pos2, vec2};

use super::facts::{self, Facts};
use super::parts;
use super::{At, Move, acts, lists_ui, tick};
use crate::base::UnixMillis;
use crate::detect::Lists;
use crate::window::console::Here;
use crate::window::console::range::Range;
use crate::window::desk::{Shelf, Slot};
use crate::window::look::widgets::{self, Press};
use crate::window::look::{icons, theme};
use crate::window::{parts as shared, say};

/// How high a row is: two lines.
const ROW: f32 = 56.0;

/// Which rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Which {
    #[default]
    All,
    Active,
    Off,
    Own,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    #[default]
    Title,
    Level,
    Raised,
}

/// What the question was.
#[derive(Clone, PartialEq)]
pub(super) struct Asked {
    account: Option<String>,
    range: Range,
    pub fresh: u64,
    tick: i64,
}

/// A switch that was turned and whose effect is on its way.
#[derive(Clone, Copy)]
struct Turned {
    enabled: bool,
    fresh: u64,
}

/// Switches as they were turned last.
#[derive(Default)]
pub(super) struct Switches(HashMap<String, Turned>);

impl Switches {
    /// Turns a switch.
    pub fn turn(&mut self, id: &str, enabled: bool, fresh: u64) {
        self.0.insert(id.to_owned(), Turned { enabled, fresh });
    }

    /// How a switch stands, by an answer of this freshness.
    pub fn stands(&self, id: &str, answered: bool, fresh: u64) -> bool {
        let turned = self.0.get(id).filter(|turned| turned.fresh >= fresh);
        turned.map_or(answered, |turned| turned.enabled)
    }
}

/// The view's own state.
#[derive(Default)]
pub(super) struct RulesView {
    text: String,
    which: Which,
    order: Order,
    slot: Slot<Asked, Arc<Vec<Facts>>>,
    switches: Switches,
}

/// What is known of all rules, with how often they were raised in a time.
pub(super) fn ask(here: &Here<'_>, slot: &mut Slot<Asked, Arc<Vec<Facts>>>) {
    let view = &here.view;
    let asked =
        Asked { account: view.account.clone(), range: view.range, fresh: view.fresh, tick: tick() };
    let (account, since_until) = (view.account.clone(), view.since_until());
    slot.want(here.desk, asked, move |shelf| {
        answer(shelf, account.as_deref(), since_until).map(Arc::new)
    });
}

fn answer(
    shelf: &mut Shelf,
    account: Option<&str>,
    (since, until): (UnixMillis, UnixMillis),
) -> Result<Vec<Facts>, crate::base::Problem> {
    let raised = match shelf.reader()? {
        Some(reader) => reader.raised(account, since, until).map_err(|error| error.problem)?,
        None => HashMap::new(),
    };
    let knowledge = shelf.knowledge()?;
    // What cannot be read of the lists is told by the collector.
    let (lists, _) = Lists::load(shelf.home());
    Ok(facts::all(&knowledge, &lists, &raised))
}

impl RulesView {
    /// Draws the list.
    pub fn ui(&mut self, ui: &mut Ui, here: &mut Here<'_>) -> Option<Move> {
        ask(here, &mut self.slot);
        let is_slow = self.slot.is_slow(ui.ctx());
        let problem = self.slot.problem().cloned();
        let shown = self.slot.shown_with_key().map(|(asked, all)| (asked.fresh, Arc::clone(all)));
        let mut moved = None;
        ui.horizontal(|ui| {
            moved = lists_ui(ui, true);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.add(Press::quiet("New rule").icon(icons::PLUS)).clicked() {
                    moved = Some(Move::To(At::Rule(String::new())));
                }
            });
        });
        self.tools_ui(ui);
        for problem in problem.iter().chain(&here.desk.pack_problems()) {
            shared::problem_banner(ui, problem);
        }
        let Some((fresh, all)) = shown else {
            parts::waiting(ui, is_slow);
            return moved;
        };
        let mut wanted = self.wanted(&all, fresh);
        self.sort(&mut wanted);
        summary_ui(ui, here, &all, &wanted);
        if wanted.is_empty() {
            let text =
                "Look for another word: a title, a log, a severity or a technique such as T1078.";
            parts::nothing(ui, icons::FUNNEL_X, "No rule is as you look for it", text);
            return moved;
        }
        let clicked = widgets::card(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let area = egui::ScrollArea::vertical().auto_shrink([false, true]).id_salt("rules");
            let mut clicked = None;
            area.show_rows(ui, ROW, wanted.len(), |ui, range| {
                for facts in wanted.get(range).unwrap_or_default() {
                    if self.row_ui(ui, here, facts, fresh) {
                        clicked = Some(facts.id.clone());
                    }
                }
            });
            clicked
        });
        if let Some(id) = clicked.inner {
            moved = Some(Move::To(At::Rule(id)));
        }
        moved
    }

    fn wanted<'a>(&self, all: &'a [Facts], fresh: u64) -> Vec<&'a Facts> {
        let text = self.text.trim().to_lowercase();
        let is_wanted = |facts: &&Facts| {
            let enabled = self.switches.stands(&facts.id, facts.enabled, fresh);
            let fits = match self.which {
                Which::All => true,
                Which::Active => enabled,
                Which::Off => !enabled,
                Which::Own => facts.is_own || facts.pack != crate::knowledge::OWN,
            };
            fits && (text.is_empty() || facts.has(&text))
        };
        all.iter().filter(is_wanted).collect()
    }

    fn sort(&self, wanted: &mut [&Facts]) {
        match self.order {
            // They come in the order of their titles.
            Order::Title => {}
            Order::Level => wanted.sort_by_key(|facts| std::cmp::Reverse(facts.level)),
            Order::Raised => wanted.sort_by_key(|facts| std::cmp::Reverse(facts.raised.alerts)),
        }
    }

    fn tools_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            let which = [
                (Which::All, "All"),
                (Which::Active, "Active"),
                (Which::Off, "Off"),
                (Which::Own, "Not the program\u{2019}s"),
            ];
            parts::segments(ui, "Which rules", &mut self.which, &which);
            parts::search(ui, &mut self.text, "Search rules", 240.0);
            let orders = [
                (Order::Title, "By title".to_owned()),
                (Order::Level, "Gravest first".to_owned()),
                (Order::Raised, "Most raised first".to_owned()),
            ];
            parts::choice(ui, "Order", 160.0, &mut self.order, &orders);
        });
    }

    fn row_ui(&mut self, ui: &mut Ui, here: &mut Here<'_>, facts: &Facts, fresh: u64) -> bool {
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
        let enabled = self.switches.stands(&facts.id, facts.enabled, fresh);
        let raised = raised_words(facts.raised.alerts);
        let level = facts.level.map_or("unreadable", |level| level.title());
        let state = if enabled { "active" } else { "off" };
        let name = format!("{}: {level}, {}, {raised}, {state}", facts.title, facts.logs());
        let id = ui.scope_id().with(("rule", &facts.id));
        let response = parts::row(ui, id, rect, &name);
        let c = theme::of(ui);
        let hairline = egui::Stroke::new(theme::tokens().size.hairline, c.border);
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline);

        let gap = theme::tokens().space.medium;
        let part = |from: f32, to: f32| {
            Rect::from_min_max(pos2(from, rect.top()), pos2(to.max(from), rect.bottom()))
        };
        let toggle = part(rect.left() + 4.0, rect.left() + 48.0);
        let level = part(toggle.right() + gap, toggle.right() + gap + parts::LEVEL_WIDTH);
        let is_narrow = rect.width() < 820.0;
        let raised_at = part(rect.right() - 108.0, rect.right() - 8.0);
        let whose = part(
            raised_at.left() - gap - if is_narrow { 0.0 } else { 156.0 },
            raised_at.left() - gap,
        );
        let main = part(level.right() + gap, whose.left() - gap);

        let (top, bottom) = main.split_top_bottom_at_fraction(0.5);
        let ink = if enabled { c.text } else { c.secondary };
        let title = RichText::new(facts::short_title(&facts.title));
        let title = title.text_style(theme::strong()).color(ink);
        let top = top.translate(vec2(0.0, 3.0));
        let cut = parts::cell(ui, top, title, parts::At::Left);
        let mut below = facts.logs();
        if let Some(problem) = &facts.problem {
            below = format!("Cannot be used: {problem}");
        } else if let Some(list) = &facts.waits_for {
            below = format!("Waits for the list config/lists/{list}.txt");
        }
        let techniques: Vec<&str> = facts
            .attack
            .iter()
            .filter(|attack| attack.url.is_some())
            .map(|attack| attack.name.as_str())
            .collect();
        if !techniques.is_empty() {
            below = format!("{below} \u{00b7} {}", techniques.join(", "));
        }
        let color = if facts.problem.is_some() { c.bad } else { c.secondary };
        let bottom = bottom.translate(vec2(0.0, -3.0));
        parts::cell(ui, bottom, RichText::new(below).small().color(color), parts::At::Left);
        if let Some(level_of) = facts.level {
            parts::level_at(ui, level, level_of);
        }
        let pack = if facts.pack == crate::knowledge::OWN { String::new() } else { facts.whose() };
        parts::cell(ui, whose, RichText::new(pack).small().color(c.accent), parts::At::Right);
        let number = RichText::new(raised).text_style(theme::numbers());
        let number = number.color(if facts.raised.alerts > 0 { c.text } else { c.secondary });
        parts::cell(ui, raised_at, number, parts::At::Right);

        let name = format!("Active: {}", facts.title);
        let mut on = enabled;
        if parts::toggle(ui, toggle, &mut on, &name) {
            self.switches.turn(&facts.id, on, here.view.fresh);
            here.act(acts::switch(&facts.id, facts::short_title(&facts.title), on));
        }
        let clicked = response.clicked();
        response.on_hover_ui(|ui| {
            if cut {
                widgets::strong(ui, &facts.title);
            }
            widgets::body(ui, facts.reason.as_str());
        });
        clicked
    }
}

/// How often, in words.
pub(super) fn raised_words(alerts: u64) -> String {
    match alerts {
        0 => "not raised".to_owned(),
        n => say::counted(n, "alert"),
    }
}

fn summary_ui(ui: &mut Ui, here: &Here<'_>, all: &[Facts], wanted: &[&Facts]) {
    let active = all.iter().filter(|facts| facts.enabled).count();
    let range = parts::range_words(here.view.range);
    let shown =
        if wanted.len() == all.len() { String::new() } else { format!("{} of ", wanted.len()) };
    let words = format!(
        "{shown}{}, {active} of them active \u{00b7} alerts in {range} \u{00b7} a running collector \
         goes by what you change here within seconds",
        say::counted(all.len() as u64, "rule"),
    );
    widgets::small(ui, &words);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_stays_as_it_was_turned_until_a_newer_answer_is_there() {
        let mut switches = Switches::default();
        assert!(switches.stands("a", true, 3));
        switches.turn("a", false, 3);
        assert!(!switches.stands("a", true, 3), "the answer is older than the click");
        assert!(switches.stands("a", true, 4), "it was not taken over");
        assert!(switches.stands("b", true, 3));
    }
}
