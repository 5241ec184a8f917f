//! From numbers to heights: where grid lines lie, and what is written beside them.

use crate::window::say;

/// Grid lines of a chart, the one at zero included.
const LINES: i64 = 5;

/// From zero to a round number that nothing exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Where it ends.
    pub top: i64,
    /// From one grid line to the next.
    pub step: i64,
}

impl Scale {
    /// For numbers up to `largest`, with five grid lines at most.
    pub fn up_to(largest: i64) -> Self {
        let largest = largest.max(1);
        let mut power: i64 = 1;
        loop {
            for factor in [1, 2, 5] {
                let step = power.saturating_mul(factor);
                if step.saturating_mul(LINES - 1) >= largest || step == i64::MAX {
                    let top = (largest.saturating_add(step - 1) / step).saturating_mul(step);
                    return Self { top, step };
                }
            }
            power = power.saturating_mul(10);
        }
    }

    /// The numbers with a grid line, zero first.
    pub fn ticks(self) -> impl Iterator<Item = i64> {
        (0..LINES).map(move |line| line * self.step).take_while(move |tick| *tick <= self.top)
    }

    /// How high a number is, from 0 to 1.
    pub fn share(self, value: i64) -> f32 {
        (value.max(0) as f64 / self.top as f64).min(1.0) as f32
    }
}

/// A number as short as an axis needs it: “950”, “2.5k”, “12k”, “1.2M”.
pub fn short(value: i64) -> String {
    if value.abs() < 1_000 {
        return say::number(value);
    }
    let (mut value, mut unit) = (value as f64 / 1e3, "k");
    for next in ["M", "G", "T"] {
        if value.abs() < 999.5 {
            break;
        }
        (value, unit) = (value / 1e3, next);
    }
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if value.abs() >= 99.95 { format!("{value:.0}{unit}") } else { format!("{text}{unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_lines_are_few_and_round_and_nothing_lies_above_them() {
        for largest in [0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 99, 101, 12_345, 75_000, 13_500_000] {
            let scale = Scale::up_to(largest);
            let ticks: Vec<i64> = scale.ticks().collect();
            assert!(ticks.len() >= 2 && ticks.len() <= 5, "{largest}: {ticks:?}");
            assert!(scale.top >= largest && scale.share(largest) <= 1.0);
            assert_eq!(ticks.last(), Some(&scale.top), "{largest}");
            assert!(scale.share(largest.max(1)) > 0.5, "{largest} leaves half of it empty");
        }
        assert!(Scale::up_to(i64::MAX).share(i64::MAX) <= 1.0);
        assert_eq!(Scale::up_to(130), Scale { top: 150, step: 50 });
    }

    #[test]
    fn numbers_at_axes_are_short() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1k"),
            (2_500, "2.5k"),
            (12_000, "12k"),
            (250_000, "250k"),
            (1_000_000, "1M"),
            (13_500_000, "13.5M"),
        ] {
            assert_eq!(short(value), text);
        }
    }
}
