//! How wide the columns are: learned from the rows that wait, so that most values stand on one line.

use super::fonts::{Fonts, REGULAR, SEMIBOLD};
use super::{BODY, HEAD};
use crate::reports::sheet::{Cell, Heading, Kind, Rows};

/// A4, lying.
pub const PAGE: (f32, f32) = (841.89, 595.28);

/// On all sides.
pub const MARGIN: f32 = 36.0;

/// Between two columns.
const GAP: f32 = 9.0;

/// More after a column whose values stand at its right edge.
const AFTER_NUMBER: f32 = 7.0;

/// Beside the outer columns, inside the header's background.
const EDGE: f32 = 5.0;

/// Words longer than this may break.
const WORD: f32 = 104.0;

/// Rows that are looked at.
const SAMPLE: usize = 600;

/// A column's place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// Its left edge.
    pub x: f32,
    /// How wide its texts may be.
    pub width: f32,
    /// What its values are.
    pub kind: Kind,
}

/// The columns' places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns(Vec<Column>);

impl Columns {
    /// Gives each column what its values need, as far as the page goes.
    pub fn fit(heading: &Heading, rows: &[Rows], fonts: &mut Fonts) -> Self {
        let count = heading.columns.len();
        let (mut least, mut ideal) = (Vec::new(), Vec::new());
        for (i, head) in heading.columns.iter().enumerate() {
            let words = head.title.split(' ').map(|word| fonts.width(word, SEMIBOLD, HEAD.size));
            let word = words.fold(0.0, f32::max);
            let title = fonts.width(&head.title, SEMIBOLD, HEAD.size);
            let (mut widths, mut parts) = (vec![title.min(word * 1.6)], vec![word]);
            for row in rows.iter().flat_map(Rows::iter).take(SAMPLE) {
                let width = match row.get(i) {
                    Cell::Text(text) => {
                        let start: String = text.chars().take(60).collect();
                        let words = start.split(' ').take(12);
                        let longest = words.map(|word| fonts.width(word, REGULAR, BODY.size));
                        parts.push(longest.fold(0.0, f32::max));
                        fonts.width(&start, REGULAR, BODY.size)
                    }
                    Cell::Number(number) => fonts.width(&number.to_string(), REGULAR, BODY.size),
                    Cell::Time(_) => fonts.width("2000-00-00 00:00:00", REGULAR, BODY.size),
                    Cell::Empty => continue,
                };
                widths.push(width);
            }
            // A few long values may break; most should not, and words least of all.
            let usual = usually(&mut widths).max(word) + 1.0;
            let part = usually(&mut parts).max(word) + 1.0;
            least.push(if head.kind == Kind::Text { part.min(word.max(WORD)) } else { usual });
            ideal.push(usual);
        }
        let numbers =
            heading.columns.iter().filter(|head| head.kind == Kind::Number).count() as f32;
        let gaps = GAP * count.saturating_sub(1) as f32 + AFTER_NUMBER * numbers;
        let room = PAGE.0 - 2.0 * MARGIN - 2.0 * EDGE - gaps;
        let mut x = MARGIN + EDGE;
        let columns =
            heading.columns.iter().zip(shared(&least, &ideal, room)).map(|(head, width)| {
                let column = Column { x, width, kind: head.kind };
                x += width + GAP;
                if head.kind == Kind::Number {
                    x += AFTER_NUMBER;
                }
                column
            });
        Self(columns.collect())
    }

    /// From left to right.
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.0.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// What all but a twentieth stay within.
fn usually(widths: &mut [f32]) -> f32 {
    widths.sort_by(f32::total_cmp);
    widths.get(widths.len().saturating_sub(1) * 19 / 20).copied().unwrap_or_default()
}

/// Shares a room: everyone gets the least, then as much of the wish as there is, then what is left.
fn shared(least: &[f32], ideal: &[f32], room: f32) -> Vec<f32> {
    let (low, high): (f32, f32) = (least.iter().sum(), ideal.iter().sum());
    if low >= room {
        return least.iter().map(|width| width * room / low).collect();
    }
    let share = if high > low { ((room - low) / (high - low)).min(1.0) } else { 0.0 };
    let widths: Vec<f32> =
        least.iter().zip(ideal).map(|(low, high)| low + (high - low) * share).collect();
    let left = (room - widths.iter().sum::<f32>()) / widths.len().max(1) as f32;
    widths.into_iter().map(|width| width + left.max(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_page_and_no_more() {
        for (least, ideal) in [
            (vec![20.0, 30.0], vec![50.0, 60.0]),
            (vec![20.0, 30.0], vec![500.0, 600.0]),
            (vec![300.0, 400.0], vec![500.0, 600.0]),
        ] {
            let widths = shared(&least, &ideal, 500.0);
            assert!((widths.iter().sum::<f32>() - 500.0).abs() < 0.01, "{widths:?}");
        }
        let widths = shared(&[20.0, 30.0], &[50.0, 430.0], 240.0);
        assert!(widths[1] > 5.0 * widths[0], "who needs more gets more: {widths:?}");
    }
}
