//! The calendar itself: a row for each log, a column for each day, today at the right end.
//!
//! Promises: only what can be seen is drawn, whatever the number of accounts; the arrow keys move
//! over the days, and what stands there is read out.

use eframe::egui::{self, Align2, EventFilter, FontId, Key, Rect, Role, Sense, Stroke, StrokeKind};
use eframe::egui::{WidgetInfo, pos2, vec2};

use super::marks::{SIDE, day_at};
use super::words;
use crate::pipeline::calendar::LogCalendar;
use crate::window::look::theme;

/// From one day to the next, and from one log to the next.
const PITCH: f32 = SIDE + 4.0;

/// The room above for months and days of the month.
const HEAD: f32 = 44.0;

/// The room for the names of logs.
const NAMES: f32 = 148.0;

/// What Page Up and Page Down move by.
const PAGE: i64 = 30;

/// Days of a log, from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The place of the log.
    pub log: usize,
    /// The number of the day that the keys move.
    pub day: i64,
    /// The number of the day at the other end.
    pub other: i64,
}

impl Chosen {
    /// The first and the last day.
    pub fn days(self) -> (i64, i64) {
        (self.day.min(self.other), self.day.max(self.other))
    }
}

/// A line of the grid.
enum Line<'a> {
    /// An account's name, above its logs.
    Account(&'a str),
    /// A log, by its place.
    Log(usize, &'a LogCalendar),
}

/// Draws the calendar; `chosen` is what a person picked with pointer or keys.
pub(super) fn grid_ui(
    ui: &mut egui::Ui,
    logs: &[LogCalendar],
    chosen: &mut Option<Chosen>,
    summary: &str,
) {
    let lines = lines(logs);
    let Some((first, last)) =
        logs.first().and_then(|log| Some((log.days.first()?.number, log.days.last()?.number)))
    else {
        return;
    };
    let height = HEAD + lines.len() as f32 * PITCH;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = theme::tokens().space.small;
        names_ui(ui, &lines, height);
        egui::ScrollArea::horizontal()
            .id_salt("days")
            .stick_to_right(true)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                let width = (last - first + 1) as f32 * PITCH;
                let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
                let grid = Grid { rect, first, last, lines: &lines, logs };
                let is_moved = grid.take_keys(ui, &response, chosen);
                grid.take_pointer(ui, &response, chosen);
                grid.name(&response, *chosen, summary);
                grid.paint(ui, &response, *chosen);
                if let Some(at) = chosen.filter(|_| is_moved)
                    && let Some(cell) = grid.cell(at)
                {
                    ui.scroll_to_rect(cell.expand(PITCH), None);
                }
                grid.tooltip(response);
            });
    });
}

fn lines(logs: &[LogCalendar]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let is_one = logs.iter().all(|log| Some(&log.account) == logs.first().map(|log| &log.account));
    let mut account = None;
    for (place, log) in logs.iter().enumerate() {
        if !is_one && account != Some(&log.account) {
            lines.push(Line::Account(&log.account));
            account = Some(&log.account);
        }
        lines.push(Line::Log(place, log));
    }
    lines
}

fn names_ui(ui: &mut egui::Ui, lines: &[Line<'_>], height: f32) {
    let (rect, _) = ui.allocate_exact_size(vec2(NAMES, height), Sense::hover());
    for (i, line) in lines.iter().enumerate() {
        let top = rect.top() + HEAD + i as f32 * PITCH;
        let place = Rect::from_min_size(pos2(rect.left(), top), vec2(NAMES, PITCH));
        if !ui.is_rect_visible(place) {
            continue;
        }
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(place).layout(layout));
        let text = match line {
            Line::Account(name) => egui::RichText::new(*name).text_style(theme::strong()),
            Line::Log(_, log) => egui::RichText::new(log.log_type.title()),
        };
        inside.add(egui::Label::new(text).truncate());
    }
}

struct Grid<'a> {
    rect: Rect,
    first: i64,
    last: i64,
    lines: &'a [Line<'a>],
    logs: &'a [LogCalendar],
}

impl Grid<'_> {
    fn left(&self, day: i64) -> f32 {
        self.rect.left() + (day - self.first) as f32 * PITCH
    }

    fn top(&self, line: usize) -> f32 {
        self.rect.top() + HEAD + line as f32 * PITCH
    }

    /// Where a day of a log is drawn.
    fn cell(&self, at: Chosen) -> Option<Rect> {
        let is_it = |line: &Line<'_>| matches!(line, Line::Log(place, _) if *place == at.log);
        let line = self.lines.iter().position(is_it)?;
        let corner = pos2(self.left(at.day), self.top(line));
        Some(Rect::from_min_size(corner + vec2(2.0, 2.0), egui::Vec2::splat(SIDE)))
    }

    /// The log and the day at a point.
    fn at(&self, point: egui::Pos2) -> Option<(usize, i64)> {
        let (x, y) = (point.x - self.rect.left(), point.y - self.rect.top() - HEAD);
        if x < 0.0 || y < 0.0 {
            return None;
        }
        let day = self.first + (x / PITCH) as i64;
        let Line::Log(place, _) = self.lines.get((y / PITCH) as usize)? else { return None };
        (day <= self.last).then_some((*place, day))
    }

    fn take_pointer(&self, ui: &egui::Ui, response: &egui::Response, chosen: &mut Option<Chosen>) {
        if !response.clicked() {
            return;
        }
        let Some((log, day)) = response.interact_pointer_pos().and_then(|point| self.at(point))
        else {
            return;
        };
        let extends = ui.input(|input| input.modifiers.shift);
        let other = chosen.filter(|at| extends && at.log == log).map_or(day, |at| at.other);
        *chosen = Some(Chosen { log, day, other });
        response.request_focus();
    }

    /// Moves with the keys; whether it moved.
    fn take_keys(
        &self,
        ui: &egui::Ui,
        response: &egui::Response,
        chosen: &mut Option<Chosen>,
    ) -> bool {
        if !response.has_focus() || self.logs.is_empty() {
            return false;
        }
        let filter = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let today = self.last;
        let Some(at) = *chosen else {
            *chosen = Some(Chosen { log: 0, day: today, other: today });
            return true;
        };
        let moves = [
            (Key::ArrowLeft, (-1, 0)),
            (Key::ArrowRight, (1, 0)),
            (Key::ArrowUp, (0, -1)),
            (Key::ArrowDown, (0, 1)),
            (Key::PageUp, (-PAGE, 0)),
            (Key::PageDown, (PAGE, 0)),
            (Key::Home, (self.first - at.day, 0)),
            (Key::End, (self.last - at.day, 0)),
        ];
        let pressed = ui.input_mut(|input| {
            let hit = moves.into_iter().find(|(key, _)| input.key_pressed(*key));
            hit.map(|(_, by)| (by, input.modifiers.shift))
        });
        let Some(((days, logs), extends)) = pressed else { return false };
        *chosen = Some(moved(at, days, logs, extends, self.logs.len(), (self.first, self.last)));
        *chosen != Some(at)
    }

    fn name(&self, response: &egui::Response, chosen: Option<Chosen>, summary: &str) {
        let days = self.last - self.first + 1;
        let label = format!(
            "Calendar, {days} days. {summary}. The arrow keys move over the days, with Shift they \
             choose several"
        );
        let value = chosen.and_then(|at| words_at(self.logs, at)).unwrap_or_default();
        response.widget_info(|| WidgetInfo::labeled(Role::Grid, true, &label));
        response.ctx.accesskit_node_builder(response.id, |node| node.set_value(value.clone()));
    }

    fn tooltip(&self, response: egui::Response) {
        let Some((log, day)) = response.hover_pos().and_then(|point| self.at(point)) else {
            return;
        };
        if let Some(words) = words_at(self.logs, Chosen { log, day, other: day }) {
            response.on_hover_text_at_pointer(words);
        }
    }

    fn paint(&self, ui: &egui::Ui, response: &egui::Response, chosen: Option<Chosen>) {
        let visible = ui.clip_rect();
        let from = ((visible.left() - self.rect.left()) / PITCH).floor().max(0.0) as i64;
        let to = ((visible.right() - self.rect.left()) / PITCH).ceil().max(0.0) as i64;
        let days = (self.first + from)..=(self.first + to).min(self.last);
        let colors = theme::of(ui);
        self.paint_head(ui, days.clone());
        let painter = ui.painter();
        for (i, line) in self.lines.iter().enumerate() {
            let Line::Log(place, log) = line else { continue };
            let top = self.top(i);
            if top > visible.bottom() || top + PITCH < visible.top() {
                continue;
            }
            for number in days.clone() {
                let index = usize::try_from(number - self.first).unwrap_or(usize::MAX);
                let Some(day) = log.days.get(index) else { continue };
                let corner = pos2(self.left(number) + 2.0, top + 2.0);
                let cell = Rect::from_min_size(corner, egui::Vec2::splat(SIDE));
                day_at(painter, colors, cell, day.state, day.count.late > 0);
                let is_chosen = chosen.is_some_and(|at| {
                    let (first, last) = at.days();
                    at.log == *place && (first..=last).contains(&number)
                });
                if is_chosen {
                    let is_end = chosen.is_some_and(|at| at.day == number);
                    let width = if is_end && response.has_focus() { 2.0 } else { 1.0 };
                    let ring = Stroke::new(width, colors.accent);
                    painter.rect_stroke(cell.expand(1.0), 5.0, ring, StrokeKind::Outside);
                }
            }
        }
        if response.has_focus() && chosen.is_none() {
            let ring = Stroke::new(theme::tokens().size.focus_ring, colors.accent);
            painter.rect_stroke(self.rect, 6.0, ring, StrokeKind::Inside);
        }
    }

    /// Months, and below them the days of the month.
    fn paint_head(&self, ui: &egui::Ui, days: std::ops::RangeInclusive<i64>) {
        let (colors, letters) = (theme::of(ui), &theme::tokens().letters);
        let small = FontId::proportional(letters.small);
        let painter = ui.painter();
        let visible_left = ui.clip_rect().left();
        let mut month = None;
        for number in days {
            let date = words::date_of(number);
            let x = self.left(number) + PITCH / 2.0;
            let is_weekend = date.weekday().to_monday_one_offset() > 5;
            let color = if is_weekend { colors.secondary } else { colors.text };
            let at = pos2(x, self.rect.top() + HEAD - 12.0);
            painter.text(at, Align2::CENTER_CENTER, date.day(), small.clone(), color);
            if month != Some((date.year(), date.month())) {
                month = Some((date.year(), date.month()));
                // The rest of a month that is cut off at the left may have no room for its name.
                let rest = date.days_in_month() - date.day();
                if rest < 4 && number != self.last {
                    continue;
                }
                let left = self.left(number).max(visible_left) + 4.0;
                let name = date.strftime("%B %Y").to_string();
                let at = pos2(left, self.rect.top() + 4.0);
                painter.text(at, Align2::LEFT_TOP, name, small.clone(), colors.secondary);
            }
        }
    }
}

/// Where the keys lead from `at`.
fn moved(
    at: Chosen,
    days: i64,
    logs: i64,
    extends: bool,
    count: usize,
    (first, last): (i64, i64),
) -> Chosen {
    let day = (at.day + days).clamp(first, last);
    let most = i64::try_from(count).unwrap_or(i64::MAX) - 1;
    let place = i64::try_from(at.log).unwrap_or(0) + logs;
    let log = usize::try_from(place.clamp(0, most.max(0))).unwrap_or(0);
    let keeps = extends && logs == 0;
    Chosen { log, day, other: if keeps { at.other } else { day } }
}

/// “Contoso, Authentication, Mon 2026-11-16: complete …”.
pub(super) fn words_at(logs: &[LogCalendar], at: Chosen) -> Option<String> {
    let log = logs.get(at.log)?;
    let day = log.days.iter().find(|day| day.number == at.day)?;
    Some(format!(
        "{}, {}, {}: {}",
        log.account,
        log.log_type.title(),
        words::day_words(day.number),
        words::sentence(log, day)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_move_within_the_calendar() {
        let at = Chosen { log: 1, day: 10, other: 10 };
        let go = |days, logs, extends| moved(at, days, logs, extends, 3, (0, 20));
        assert_eq!(go(-1, 0, false), Chosen { log: 1, day: 9, other: 9 });
        assert_eq!(go(30, 0, false).day, 20);
        assert_eq!(go(0, 5, false).log, 2);
        assert_eq!(go(0, -5, false).log, 0);
        let several = go(-3, 0, true);
        assert_eq!(several.days(), (7, 10));
        // Days of two logs are not one range.
        assert_eq!(go(0, 1, true).days(), (10, 10));
    }
}
