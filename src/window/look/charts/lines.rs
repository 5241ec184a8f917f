//! Lines over time.

use eframe::egui::{
    self, Align2, Color32, EventFilter, Key, Modifiers, Pos2, Rect, Response, Role, Sense, Shape,
    Stroke, TextStyle, Ui, Vec2, pos2, vec2,
};

use super::scale::{Scale, short};
use super::series::{Mark, Pick, Series, Tone, mark_ui};
use super::times::Times;
use super::tip;
use crate::window::look::theme;

/// A chart of lines.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a> {
    /// The steps.
    pub times: &'a Times,
    /// A line each.
    pub series: &'a [Series],
    /// The same steps of the period before, in all; empty where nobody asked.
    pub before: &'a [Option<i64>],
    /// The chart in one sentence, for screen readers.
    pub summary: &'a str,
}

/// Where things lie.
struct Frame {
    plot: Rect,
    scale: Scale,
    steps: usize,
}

impl Frame {
    fn x(&self, step: usize) -> f32 {
        let share = (step as f32 + 0.5) / self.steps.max(1) as f32;
        egui::lerp(self.plot.x_range(), share)
    }

    fn at(&self, step: usize, value: i64) -> Pos2 {
        pos2(
            self.x(step),
            egui::lerp(self.plot.bottom()..=self.plot.top(), self.scale.share(value)),
        )
    }

    fn step_at(&self, x: f32) -> usize {
        let share = ((x - self.plot.left()) / self.plot.width().max(1.0)).clamp(0.0, 1.0);
        ((share * self.steps as f32) as usize).min(self.steps.saturating_sub(1))
    }
}

/// Draws lines; what was clicked. The arrow keys move over the steps, Enter is a click.
pub fn lines_ui(ui: &mut Ui, size: Vec2, lines: &Lines<'_>) -> Option<Pick> {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::GraphicsDocument);
        node.set_label(lines.summary);
    });
    if lines.times.is_empty() || !ui.is_rect_visible(rect) {
        return None;
    }
    let frame = frame(ui, rect, lines);
    grid_ui(ui, rect, &frame, lines.times);
    let is_part = |step: usize| frame.steps > 1 && lines.times.is_part(step);
    if !lines.before.is_empty() {
        line_ui(ui, &frame, lines.before, Tone::Quiet, &|_| false);
    }
    // The first one lies on top: it is the largest, and hides least there.
    for series in lines.series.iter().rev() {
        line_ui(ui, &frame, &series.values, series.tone, &is_part);
    }
    let step = looked_at(ui, &response, &frame)?;
    readout_ui(ui, &response, &frame, lines, step);
    let entered = response.has_focus()
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    let clicked = response.clicked() || entered;
    clicked.then_some(Pick { at: Some(step), series: None })
}

fn frame(ui: &Ui, rect: Rect, lines: &Lines<'_>) -> Frame {
    let theme::Theme { chart, space, letters, .. } = theme::tokens();
    let all = lines.series.iter().flat_map(|series| &series.values).chain(lines.before);
    let scale = Scale::up_to(all.flatten().copied().max().unwrap_or(0));
    let font = TextStyle::Small.resolve(ui.style());
    let width = |tick: i64| {
        let text = short(tick);
        ui.painter().layout_no_wrap(text, font.clone(), Color32::PLACEHOLDER).size().x
    };
    let left = scale.ticks().map(width).fold(0.0_f32, f32::max) + space.small;
    let plot = Rect::from_min_max(
        rect.min + vec2(left, letters.small / 2.0),
        rect.max - vec2(chart.mark / 2.0, letters.small + space.small),
    );
    Frame { plot, scale, steps: lines.times.len() }
}

fn grid_ui(ui: &Ui, rect: Rect, frame: &Frame, times: &Times) {
    let colors = theme::of(ui);
    let theme::Theme { chart, size, space, .. } = theme::tokens();
    let font = TextStyle::Small.resolve(ui.style());
    let painter = ui.painter();
    for tick in frame.scale.ticks() {
        let y = frame.at(0, tick).y;
        let color = if tick == 0 { colors.button_edge } else { colors.border };
        painter.hline(frame.plot.x_range(), y, Stroke::new(size.hairline, color));
        let at = pos2(frame.plot.left() - space.small, y);
        painter.text(at, Align2::RIGHT_CENTER, short(tick), font.clone(), colors.secondary);
    }
    let most = (frame.plot.width() / chart.tick_width).max(1.0) as usize;
    for (step, label) in times.ticks(most) {
        let words = painter.layout_no_wrap(label, font.clone(), colors.secondary);
        let half = words.size().x / 2.0;
        let x = frame.x(step).clamp(rect.left() + half, (rect.right() - half).max(rect.left()));
        let y = frame.plot.bottom() + space.tight;
        painter.galley(pos2(x - half, y), words, colors.secondary);
    }
}

fn line_ui(
    ui: &Ui,
    frame: &Frame,
    values: &[Option<i64>],
    tone: Tone,
    is_part: &dyn Fn(usize) -> bool,
) {
    let chart = &theme::tokens().chart;
    let color = tone.color(ui);
    let faint = color.gamma_multiply(chart.unfinished);
    let painter = ui.painter();
    let width = frame.plot.width().max(1.0) as usize;
    let per_point = frame.plot.width() / frame.steps.max(1) as f32;
    for run in runs(values, width) {
        let points: Vec<(Pos2, bool)> =
            run.iter().map(|(step, value)| (frame.at(*step, *value), is_part(*step))).collect();
        let whole: Vec<Pos2> =
            points.iter().filter(|(_, is_part)| !is_part).map(|(at, _)| *at).collect();
        // What leads to a part of a step is as faint as that part.
        for pair in points.windows(2) {
            if let [(from, a), (to, b)] = pair
                && (*a || *b)
            {
                let stroke = Stroke::new(chart.line, faint);
                painter.extend(Shape::dashed_line(&[*from, *to], stroke, chart.dash, chart.gap));
            }
        }
        for (at, _) in points.iter().filter(|(_, is_part)| *is_part) {
            mark_ui(painter, *at, chart.mark * 0.75, Mark::Ring, faint);
        }
        let stroke = Stroke::new(chart.line, color);
        let has_marks = per_point >= chart.mark * 3.0 && !matches!(tone, Tone::Nth(0));
        if let [alone] = whole.as_slice() {
            mark_ui(painter, *alone, chart.mark * 0.75, tone.mark(), color);
        } else if let Some((dash, gap)) = tone.dashes() {
            let (dash, gap) = (dash * chart.dash * 2.0, gap * chart.dash);
            painter.extend(Shape::dashed_line(&whole, stroke, dash, gap));
        } else {
            // Marks tell lines apart where there is room for them.
            for at in whole.iter().filter(|_| has_marks) {
                mark_ui(painter, *at, chart.mark * 0.75, tone.mark(), color);
            }
            painter.add(Shape::line(whole, stroke));
        }
    }
}

/// What is known, in pieces without holes. Where there are more steps than points on the screen,
/// each point keeps its smallest and its largest.
fn runs(values: &[Option<i64>], width: usize) -> Vec<Vec<(usize, i64)>> {
    let every = values.len().div_ceil(width.max(1)).max(1);
    let known = values.iter().enumerate().map(|(step, value)| value.map(|value| (step, value)));
    let mut runs: Vec<Vec<(usize, i64)>> = vec![Vec::new()];
    for point in known {
        match (point, runs.last_mut()) {
            (Some(point), Some(run)) => run.push(point),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    if every > 1 {
        for run in &mut runs {
            *run = thinned(run, every);
        }
    }
    runs
}

fn thinned(run: &[(usize, i64)], every: usize) -> Vec<(usize, i64)> {
    let mut kept = Vec::with_capacity(run.len() / every * 2 + 2);
    for chunk in run.chunks(every) {
        let low = chunk.iter().min_by_key(|(_, value)| *value);
        let high = chunk.iter().max_by_key(|(_, value)| *value);
        let (Some(low), Some(high)) = (low, high) else { continue };
        let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
        kept.push(*first);
        if first != second {
            kept.push(*second);
        }
    }
    kept
}

/// Which step the pointer or the arrow keys are at.
fn looked_at(ui: &Ui, response: &Response, frame: &Frame) -> Option<usize> {
    let id = response.id.with("step");
    if let Some(pointer) = response.hover_pos() {
        return Some(frame.step_at(pointer.x));
    }
    if !response.has_focus() {
        return None;
    }
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let last = frame.steps.saturating_sub(1);
    let mut step = ui.data(|data| data.get_temp::<usize>(id)).unwrap_or(last).min(last);
    ui.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        if pressed(Key::ArrowLeft) {
            step = step.saturating_sub(1);
        }
        if pressed(Key::ArrowRight) {
            step = (step + 1).min(last);
        }
        if pressed(Key::Home) {
            step = 0;
        }
        if pressed(Key::End) {
            step = last;
        }
    });
    ui.data_mut(|data| data.insert_temp(id, step));
    tip::focus_ring(ui, response);
    Some(step)
}

fn readout_ui(ui: &Ui, response: &Response, frame: &Frame, lines: &Lines<'_>, step: usize) {
    let colors = theme::of(ui);
    let theme::Theme { chart, size, .. } = theme::tokens();
    let x = frame.x(step);
    ui.painter().vline(x, frame.plot.y_range(), Stroke::new(size.hairline, colors.secondary));
    let mut told: Vec<(Option<Tone>, &str, i64)> = Vec::new();
    for series in lines.series {
        let Some(value) = series.values.get(step).copied().flatten() else { continue };
        let at = frame.at(step, value);
        ui.painter().circle_filled(at, chart.mark * 0.75, colors.card);
        mark_ui(ui.painter(), at, chart.mark, series.tone.mark(), series.tone.color(ui));
        told.push((Some(series.tone), &series.name, value));
    }
    if let Some(before) = lines.before.get(step).copied().flatten() {
        told.push((Some(Tone::Quiet), "The period before", before));
    }
    let note = if told.is_empty() { "Nothing was collected for this time" } else { "" };
    let title = lines.times.title(step);
    let y = response.hover_pos().map_or(frame.plot.center().y, |pointer| pointer.y);
    tip::tip_ui(ui, response, pos2(x, y), &title, &told, note);
    let said: Vec<String> =
        told.iter().map(|(_, name, value)| format!("{name}: {value}")).collect();
    ui.ctx().accesskit_node_builder(response.id, |node| {
        let said = if said.is_empty() { note.to_owned() } else { said.join(", ") };
        node.set_value(format!("{title}: {said}"));
        node.set_live(egui::accesskit::Live::Polite);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_stay_holes() {
        let values = [None, Some(1), Some(2), None, None, Some(0), None];
        assert_eq!(runs(&values, 100), [vec![(1, 1), (2, 2)], vec![(5, 0)]]);
        assert!(runs(&[None, None], 100).is_empty());
        assert!(runs(&[], 100).is_empty());
    }

    #[test]
    fn ten_thousand_points_become_what_can_be_seen_and_peaks_stay() {
        let mut values: Vec<Option<i64>> = (0..10_000).map(|i| Some(i % 7)).collect();
        values[6_543] = Some(1_000_000);
        values[3_210] = Some(-1);
        let runs = runs(&values, 500);
        assert_eq!(runs.len(), 1);
        assert!(runs[0].len() <= 1_000);
        assert!(runs[0].contains(&(6_543, 1_000_000)) && runs[0].contains(&(3_210, -1)));
        assert!(runs[0].is_sorted_by_key(|(step, _)| *step));
    }
}
