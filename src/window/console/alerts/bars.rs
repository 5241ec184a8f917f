//! A small chart: how many a day, or an hour.

use eframe::egui::{
    self, Align2, CornerRadius, Rect, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2,
};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use crate::base::UnixMillis;
use crate::window::look::theme;
use crate::window::say;

/// Up to this long the bars are hours.
const HOURS_UP_TO: i64 = 2 * 86_400_000;

/// More bars than this are not made.
const MOST: usize = 400;

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    /// When it begins.
    pub from: UnixMillis,
    /// How many.
    pub count: u64,
}

/// How many of these moments fall into each day, or hour, of a time.
pub(super) fn bars(
    moments: &[UnixMillis],
    since: UnixMillis,
    until: UnixMillis,
    zone: &TimeZone,
) -> Vec<Bar> {
    let by_hour = until.0 - since.0 <= HOURS_UP_TO;
    let step = if by_hour { Span::new().hours(1) } else { Span::new().days(1) };
    let Some(mut start) = start_of(since, by_hour, zone) else { return Vec::new() };
    let mut bars = Vec::new();
    while start.timestamp().as_millisecond() <= until.0 && bars.len() < MOST {
        bars.push(Bar { from: UnixMillis(start.timestamp().as_millisecond()), count: 0 });
        let Ok(next) = start.checked_add(step) else { break };
        start = next;
    }
    for moment in moments {
        let place = bars.partition_point(|bar| bar.from <= *moment);
        if let Some(bar) = place.checked_sub(1).and_then(|place| bars.get_mut(place)) {
            bar.count += 1;
        }
    }
    bars
}

fn start_of(at: UnixMillis, by_hour: bool, zone: &TimeZone) -> Option<Zoned> {
    let at = Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone.clone());
    if by_hour {
        at.round(jiff::ZonedRound::new().smallest(jiff::Unit::Hour).mode(jiff::RoundMode::Trunc))
            .ok()
    } else {
        at.start_of_day().ok()
    }
}

/// Draws the bars; `noun` says what is counted.
pub(super) fn chart_ui(ui: &mut Ui, bars: &[Bar], noun: &str) {
    let c = theme::of(ui);
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else { return };
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0);
    let total: u64 = bars.iter().map(|bar| bar.count).sum();
    let by_hour = bars.get(1).is_some_and(|bar| bar.from.0 - first.from.0 < 7_200_000);
    let name = |bar: &Bar| if by_hour { say::when(bar.from) } else { say::day(bar.from) };
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), 120.0), Sense::hover());
    let peak = bars.iter().max_by_key(|bar| bar.count);
    let each = if by_hour { "hour" } else { "day" };
    let summary = format!(
        "Chart: {} from {} to {}, by the {each}; most on {}: {most}",
        say::counted(total, noun),
        name(first),
        name(last),
        peak.map(name).unwrap_or_default(),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &summary));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let small = TextStyle::Small.resolve(ui.style());
    let top_words = say::number(i64::try_from(most).unwrap_or(i64::MAX));
    let label = ui.painter().layout_no_wrap(top_words, small.clone(), c.secondary);
    let left = rect.left() + label.size().x.max(12.0) + theme::tokens().space.small;
    let plot =
        Rect::from_min_max(pos2(left, rect.top() + 8.0), pos2(rect.right(), rect.bottom() - 20.0));
    let hairline = egui::Stroke::new(theme::tokens().size.hairline, c.border);
    for (y, words) in [(plot.top(), Some(label)), (plot.bottom(), None)] {
        ui.painter().hline(plot.x_range(), y, hairline);
        if let Some(words) = words {
            let at = pos2(rect.left(), y - words.size().y / 2.0);
            ui.painter().galley(at, words, c.secondary);
        }
    }
    ui.painter().text(
        pos2(rect.left(), plot.bottom()),
        Align2::LEFT_CENTER,
        "0",
        small.clone(),
        c.secondary,
    );
    let width = plot.width() / bars.len() as f32;
    let gap = (width * 0.2).clamp(0.5, 4.0);
    let color = theme::tokens().chart.series.first().copied().unwrap_or(c.accent);
    let color = if ui.visuals().dark_mode { c.accent } else { color };
    let pointer = response.hover_pos();
    let mut hovered = None;
    for (place, bar) in bars.iter().enumerate() {
        let from = plot.left() + place as f32 * width;
        let column = Rect::from_min_max(pos2(from, plot.top()), pos2(from + width, plot.bottom()));
        let is_hovered = pointer.is_some_and(|at| column.x_range().contains(at.x));
        if is_hovered {
            ui.painter().rect_filled(column, 0.0, c.sunken);
            hovered = Some(bar);
        }
        if bar.count > 0 {
            // Never so low that it cannot be seen.
            let height = (plot.height() * bar.count as f32 / most.max(1) as f32).max(2.0);
            let shape = Rect::from_min_max(
                pos2(from + gap / 2.0, plot.bottom() - height),
                pos2(from + width - gap / 2.0, plot.bottom()),
            );
            ui.painter().rect_filled(shape, CornerRadius::same(1), color);
        }
    }
    for (x, align, bar) in
        [(plot.left(), Align2::LEFT_TOP, first), (plot.right(), Align2::RIGHT_TOP, last)]
    {
        let at = pos2(x, plot.bottom() + 4.0);
        ui.painter().text(at, align, name(bar), small.clone(), c.secondary);
    }
    if let Some(bar) = hovered {
        response.on_hover_text_at_pointer(format!(
            "{}: {}",
            name(bar),
            say::counted(bar.count, noun)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        UnixMillis::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn days_are_those_of_the_readers_zone_and_keep_their_place_when_the_clocks_change() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let moments = ["2026-03-28T22:59:00Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z"];
        let moments = moments.map(at);
        let bars = bars(&moments, at("2026-03-27T10:00:00Z"), at("2026-03-31T10:00:00Z"), &paris);
        let counts: Vec<u64> = bars.iter().map(|bar| bar.count).collect();
        assert_eq!(counts, [0, 1, 2, 0, 0]);
        assert_eq!(bars[3].from, at("2026-03-29T22:00:00Z"), "an hour earlier from then on");
    }

    #[test]
    fn a_short_time_is_told_by_the_hour_and_what_lies_before_is_left_out() {
        let moments = [at("2026-03-01T08:10:00Z"), at("2026-03-01T11:59:59Z")];
        let bars =
            bars(&moments, at("2026-03-01T09:30:00Z"), at("2026-03-01T12:10:00Z"), &TimeZone::UTC);
        assert_eq!(bars.len(), 4);
        assert_eq!(bars[0].from, at("2026-03-01T09:00:00Z"));
        assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), 1);
        assert_eq!(bars[2].count, 1);
    }
}
