//! Where a chart's bars, lines and words go, for whatever draws them.
//!
//! Promises: every bar's count can be read, from its own label or from the axis; names too long for
//! their place end in `…`; nothing is told by color.

use super::summary::Chart;
use crate::base::words::number;

/// A drawing, in points, from its upper left corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    /// How wide it is.
    pub width: f32,
    /// How high it is.
    pub height: f32,
    /// Thin lines from left to right: x, y, length.
    pub lines: Vec<(f32, f32, f32)>,
    /// Bars: x, y, width, height.
    pub bars: Vec<[f32; 4]>,
    /// Words.
    pub words: Vec<Word>,
}

/// Words at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// Where they begin, end, or have their middle.
    pub x: f32,
    /// Their baseline.
    pub y: f32,
    /// Which of the three.
    pub anchor: Anchor,
    /// The words.
    pub text: String,
}

/// What of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// The size of the words.
pub const WORD_SIZE: f32 = 7.5;

/// About how wide a letter is: enough to keep words apart.
const LETTER: f32 = WORD_SIZE * 0.56;

const AXIS: f32 = 40.0;
const UPRIGHT_HEIGHT: f32 = 120.0;
const LYING_STEP: f32 = 14.0;
const LYING_NAMES: f32 = 190.0;

/// Lays a chart out in a width.
pub fn lay_out(chart: &Chart, width: f32) -> Drawing {
    if chart.over_time { upright(chart, width) } else { lying(chart, width) }
}

fn upright(chart: &Chart, width: f32) -> Drawing {
    let floor = UPRIGHT_HEIGHT - 16.0;
    let mut drawing = Drawing { width, height: UPRIGHT_HEIGHT, ..Drawing::default() };
    let most = chart.bars.iter().map(|bar| bar.1).max().unwrap_or(0);
    let (step, top) = axis(most);
    let room = floor - 8.0;
    let y = |count: u64| floor - room * count as f32 / top as f32;
    let mut mark = 0;
    while mark <= top {
        drawing.lines.push((AXIS, y(mark), width - AXIS));
        let text = number(mark);
        drawing.words.push(Word { x: AXIS - 5.0, y: y(mark) + 2.6, anchor: Anchor::End, text });
        mark += step;
    }
    let place = (width - AXIS) / chart.bars.len().max(1) as f32;
    let longest = chart.bars.iter().map(|bar| bar.0.chars().count()).max().unwrap_or(1);
    let every = ((longest as f32 * LETTER + 10.0) / place).ceil().max(1.0) as usize;
    for (i, (name, count)) in chart.bars.iter().enumerate() {
        let x = AXIS + i as f32 * place;
        let thick = (place * 0.72).min(40.0);
        if *count > 0 {
            // One among millions still shows.
            let top = y(*count).min(floor - 0.7);
            drawing.bars.push([x + (place - thick) / 2.0, top, thick, floor - top]);
        }
        if i % every == 0 {
            let half = name.chars().count() as f32 * LETTER / 2.0;
            let middle = (x + place / 2.0).min(width - half);
            let text = name.clone();
            drawing.words.push(Word { x: middle, y: floor + 11.0, anchor: Anchor::Middle, text });
        }
    }
    drawing
}

fn lying(chart: &Chart, width: f32) -> Drawing {
    let longest = chart.bars.iter().map(|bar| bar.0.chars().count()).max().unwrap_or(0);
    let names = (longest as f32 * LETTER + 8.0).min(LYING_NAMES);
    let rows = chart.bars.len() + usize::from(chart.others > 0);
    let height = rows as f32 * LYING_STEP + 4.0;
    let mut drawing = Drawing { width, height, ..Drawing::default() };
    let most = chart.bars.iter().map(|bar| bar.1).max().unwrap_or(0).max(1);
    let room = width - names - 52.0;
    for (i, (name, count)) in chart.bars.iter().enumerate() {
        let y = i as f32 * LYING_STEP + 2.0;
        let long = (room * *count as f32 / most as f32).max(0.7);
        drawing.bars.push([names, y, long, LYING_STEP - 4.0]);
        let base = y + LYING_STEP - 6.4;
        let text = shortened(name, (names / LETTER) as usize);
        drawing.words.push(Word { x: names - 6.0, y: base, anchor: Anchor::End, text });
        let text = number(*count);
        drawing.words.push(Word { x: names + long + 5.0, y: base, anchor: Anchor::Start, text });
    }
    if chart.others > 0 {
        // No bar: it would say that the rest is one of the values.
        let y = chart.bars.len() as f32 * LYING_STEP + 2.0 + LYING_STEP - 6.4;
        let text = format!("and {} with other values", number(chart.others));
        drawing.words.push(Word { x: names, y, anchor: Anchor::Start, text });
    }
    drawing
}

/// The step between marks and the highest mark: 1, 2 or 5 times a power of ten, four marks or so.
fn axis(most: u64) -> (u64, u64) {
    let mut step = 1_u64;
    for factor in [2, 5, 10].iter().cycle() {
        if most <= step.saturating_mul(4) {
            break;
        }
        let decade = 10_u64.pow(step.ilog10());
        step = if *factor == 10 { decade.saturating_mul(10) } else { decade * factor };
    }
    (step, step.saturating_mul(most.div_ceil(step).max(1)))
}

/// The first letters, with `…` where some are missing.
pub fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['\u{2026}']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_round_marks_that_hold_every_count() {
        for (most, step, top) in
            [(0, 1, 1), (3, 1, 3), (5, 2, 6), (37, 10, 40), (100, 50, 100), (4321, 2000, 6000)]
        {
            assert_eq!(axis(most), (step, top), "{most}");
        }
        assert!(axis(u64::MAX / 2).1 >= u64::MAX / 2);
    }

    #[test]
    fn everything_is_inside_the_drawing() {
        for (over_time, count) in [(true, 62), (true, 1), (false, 11)] {
            let bars = (0..count).map(|i| (format!("2026-11-{i:02}"), i * i)).collect();
            let chart = Chart { over_time, bars, others: 5, ..Chart::default() };
            let drawing = lay_out(&chart, 700.0);
            for [x, y, w, h] in &drawing.bars {
                assert!(*x >= 0.0 && x + w <= 700.0 && *y >= 0.0 && y + h <= drawing.height);
                assert!(*h > 0.0 && *w > 0.0);
            }
            for word in &drawing.words {
                assert!(word.y <= drawing.height && word.x <= 700.0, "{word:?}");
            }
        }
    }
}
