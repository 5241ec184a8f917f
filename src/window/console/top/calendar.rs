//! Two months to choose a range of days from.
//!
//! Promises: a click begins a range and a second one ends it; the keys do the same, with arrows to
//! move by days and weeks, Page Up and Page Down by months; a screen reader hears the day the keys
//! are at. Weeks begin on Monday, as in ISO 8601.

use eframe::egui::{self, Align2, Event, EventFilter, Key, Role, Ui};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::window::look::{icons, theme, widgets};

/// Edge of a day's square, and the room between the months.
const CELL: f32 = 28.0;
const GAP: f32 = 24.0;

/// Two months: a line with their names, one with those of the days, six weeks.
pub(super) const SIZE: egui::Vec2 = egui::vec2(14.0 * CELL + GAP, 8.0 * CELL);

/// What is on the screen.
pub(super) struct Calendar {
    /// The first day of the right month.
    month: Date,
    /// Where the keys are.
    at: Date,
    /// A range was begun here.
    begun: Option<Date>,
}

impl Calendar {
    /// Shows this day.
    pub fn at(day: Date) -> Self {
        Self { month: day.first_of_month(), at: day, begun: None }
    }

    /// Draws it with these days chosen, none of them after today; gives back a newly chosen range.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        chosen: (Option<Date>, Option<Date>),
        today: Date,
    ) -> Option<(Date, Date)> {
        let mut picked = None;
        let (rect, response) = ui.allocate_exact_size(SIZE, egui::Sense::click());
        if response.has_focus() {
            self.hear(ui, response.id);
            picked = self.keys(ui, today);
        }
        let pointed = response.hover_pos().and_then(|at| self.day_at(rect, at));
        if response.clicked()
            && let Some(day) = response.interact_pointer_pos().and_then(|at| self.day_at(rect, at))
            && day <= today
        {
            response.request_focus();
            self.at = day;
            picked = Some(self.pick(day));
        }
        let has_focus = response.has_focus();
        response.widget_info(|| {
            let mut info = egui::WidgetInfo::labeled(Role::Grid, true, "Days");
            info.current_text_value = Some(self.at.strftime("%A, %Y-%m-%d").to_string());
            info
        });
        if has_focus {
            ui.ctx().accesskit_node_builder(response.id, |node| {
                node.set_live(egui::accesskit::Live::Polite);
            });
        }
        let left = self.month.checked_sub(1.month()).unwrap_or(self.month);
        for (month, x) in [(left, 0.0), (self.month, 7.0 * CELL + GAP)] {
            let place = rect.translate(egui::vec2(x, 0.0)).left_top();
            let look = Look { chosen, today, pointed, at: has_focus.then_some(self.at) };
            month_ui(ui, place, month, &look);
        }
        self.turning_ui(ui, rect, today);
        picked
    }

    /// The arrows beside the names of the months, above the days.
    fn turning_ui(&mut self, ui: &mut Ui, rect: egui::Rect, today: Date) {
        let line = egui::Rect::from_min_size(rect.min, egui::vec2(rect.width(), CELL));
        let row = |layout| egui::UiBuilder::new().max_rect(line).layout(layout);
        let left = egui::Layout::left_to_right(egui::Align::Center);
        ui.scope_builder(row(left), |ui| {
            if widgets::icon_button(ui, icons::CARET_LEFT, "Month before").clicked() {
                self.turn(-1, today);
            }
        });
        let right = egui::Layout::right_to_left(egui::Align::Center);
        ui.scope_builder(row(right), |ui| {
            ui.add_enabled_ui(self.month < today.first_of_month(), |ui| {
                if widgets::icon_button(ui, icons::CARET_RIGHT, "Month after").clicked() {
                    self.turn(1, today);
                }
            });
        });
    }

    fn hear(&self, ui: &Ui, id: egui::Id) {
        let filter = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    }

    fn keys(&mut self, ui: &Ui, today: Date) -> Option<(Date, Date)> {
        let pressed: Vec<Key> = ui.input(|input| {
            let key = |event: &Event| match event {
                Event::Key { key, pressed: true, modifiers, .. } if modifiers.is_none() => {
                    Some(*key)
                }
                _ => None,
            };
            input.events.iter().filter_map(key).collect()
        });
        let mut picked = None;
        for key in pressed {
            let to = match key {
                Key::ArrowLeft => self.at.yesterday(),
                Key::ArrowRight => self.at.tomorrow(),
                Key::ArrowUp => self.at.checked_sub(1.week()),
                Key::ArrowDown => self.at.checked_add(1.week()),
                Key::PageUp => self.at.checked_sub(1.month()),
                Key::PageDown => self.at.checked_add(1.month()),
                Key::Enter | Key::Space => {
                    picked = Some(self.pick(self.at));
                    continue;
                }
                _ => continue,
            };
            self.at = to.unwrap_or(self.at).min(today);
            self.show(self.at);
        }
        picked
    }

    /// The first pick is a day by itself, the second makes a range of both.
    fn pick(&mut self, day: Date) -> (Date, Date) {
        match self.begun.take() {
            Some(begun) => (begun.min(day), begun.max(day)),
            None => {
                self.begun = Some(day);
                (day, day)
            }
        }
    }

    fn turn(&mut self, months: i32, today: Date) {
        if let Ok(month) = self.month.checked_add(months.months()) {
            self.month = month.min(today.first_of_month());
        }
    }

    /// Turns to the month of a day, unless that is in sight.
    pub fn show(&mut self, day: Date) {
        let month = day.first_of_month();
        let left = self.month.checked_sub(1.month()).unwrap_or(self.month);
        if month > self.month {
            self.month = month;
        } else if month < left {
            self.month = month.checked_add(1.month()).unwrap_or(month);
        }
    }

    fn day_at(&self, rect: egui::Rect, at: egui::Pos2) -> Option<Date> {
        let left = self.month.checked_sub(1.month()).ok()?;
        [(left, 0.0), (self.month, 7.0 * CELL + GAP)].into_iter().find_map(|(month, x)| {
            let place = rect.translate(egui::vec2(x, 0.0)).left_top();
            days(month).find(|(day, _)| square(place, *day, month).contains(at)).map(|(day, _)| day)
        })
    }
}

/// How days are drawn.
struct Look {
    chosen: (Option<Date>, Option<Date>),
    today: Date,
    pointed: Option<Date>,
    at: Option<Date>,
}

fn month_ui(ui: &Ui, place: egui::Pos2, month: Date, look: &Look) {
    let colors = theme::of(ui);
    let theme::Theme { size, radius, letters, .. } = theme::tokens();
    let painter = ui.painter();
    let title = theme::strong().resolve(ui.style());
    let center = place + egui::vec2(3.5 * CELL, CELL / 2.0);
    let words = month.strftime("%B %Y").to_string();
    painter.text(center, Align2::CENTER_CENTER, words, title, colors.text);
    let small = egui::FontId::proportional(letters.small);
    for (name, i) in ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"].into_iter().zip(0_u8..) {
        let center = place + egui::vec2((f32::from(i) + 0.5) * CELL, 1.5 * CELL);
        painter.text(center, Align2::CENTER_CENTER, name, small.clone(), colors.secondary);
    }
    let (from, to) = look.chosen;
    let font = egui::FontId::proportional(letters.mono);
    for (day, number) in days(month) {
        let square = square(place, day, month);
        let is_end = Some(day) == from || Some(day) == to;
        let is_inside = matches!((from, to), (Some(from), Some(to)) if (from..=to).contains(&day));
        let round = f32::from(radius.control);
        if is_end {
            painter.rect_filled(square.shrink(1.0), round, colors.accent);
        } else if is_inside {
            painter.rect_filled(square.shrink(1.0), round, colors.accent_soft);
        } else if Some(day) == look.pointed && day <= look.today {
            painter.rect_filled(square.shrink(1.0), round, colors.sunken);
        }
        if day == look.today && !is_end {
            let stroke = egui::Stroke::new(size.hairline, colors.border_strong);
            let kind = egui::StrokeKind::Inside;
            painter.rect_stroke(square.shrink(1.0), round, stroke, kind);
        }
        if Some(day) == look.at {
            let stroke = egui::Stroke::new(size.focus_ring, colors.accent);
            painter.rect_stroke(square, round, stroke, egui::StrokeKind::Outside);
        }
        let color = match (is_end, day > look.today) {
            (true, _) => colors.on_accent,
            (false, true) => colors.secondary.gamma_multiply(colors.disabled),
            (false, false) => colors.text,
        };
        let center = square.center();
        painter.text(center, Align2::CENTER_CENTER, number, font.clone(), color);
    }
}

fn days(month: Date) -> impl Iterator<Item = (Date, i8)> {
    let first = month.first_of_month();
    (1..=first.days_in_month()).filter_map(move |number| {
        Date::new(first.year(), first.month(), number).ok().map(|day| (day, number))
    })
}

/// Where a day of a month lies.
fn square(place: egui::Pos2, day: Date, month: Date) -> egui::Rect {
    let first = month.first_of_month().weekday().to_monday_zero_offset();
    let at = i16::from(first) + i16::from(day.day()) - 1;
    let (column, row) = (f32::from(at % 7), f32::from(at / 7 + 2));
    let left_top = place + egui::vec2(column * CELL, row * CELL);
    egui::Rect::from_min_size(left_top, egui::Vec2::splat(CELL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn two_picks_are_a_range_in_either_order() {
        let mut calendar = Calendar::at(day("2026-03-10"));
        assert_eq!(calendar.pick(day("2026-03-10")), (day("2026-03-10"), day("2026-03-10")));
        assert_eq!(calendar.pick(day("2026-03-04")), (day("2026-03-04"), day("2026-03-10")));
        assert_eq!(calendar.pick(day("2026-03-20")), (day("2026-03-20"), day("2026-03-20")));
    }

    #[test]
    fn months_turn_only_as_far_as_they_have_to() {
        let mut calendar = Calendar::at(day("2026-03-10"));
        calendar.show(day("2026-02-01"));
        assert_eq!(calendar.month, day("2026-03-01"), "the left month shows it");
        calendar.show(day("2026-01-31"));
        assert_eq!(calendar.month, day("2026-02-01"));
        calendar.turn(1, day("2026-02-05"));
        assert_eq!(calendar.month, day("2026-02-01"), "not into the future");
    }

    #[test]
    fn a_day_is_found_where_it_is_drawn() {
        let calendar = Calendar::at(day("2026-03-10"));
        let rect = egui::Rect::from_min_size(egui::pos2(10.0, 20.0), SIZE);
        for (month, x) in [("2026-02-01", 0.0), ("2026-03-01", 7.0 * CELL + GAP)] {
            let place = rect.translate(egui::vec2(x, 0.0)).left_top();
            for (day, _) in days(day(month)) {
                let square = square(place, day, self::day(month));
                assert_eq!(calendar.day_at(rect, square.center()), Some(day));
            }
        }
        assert_eq!(calendar.day_at(rect, rect.left_top()), None);
    }
}
