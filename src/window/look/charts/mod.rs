//! Charts: numbers as lines, columns, bars, tables, a figure, and a map of the world.
//!
//! Promises: an unknown value is drawn as nothing, never as zero; what is not over yet is drawn
//! lighter; series are told apart by their marks or dashes as well as by color; every chart has one
//! sentence for screen readers, and what can be clicked can be reached with the keyboard; ten
//! thousand points or rows cost no more than what can be seen of them.
//!
//! A chart is given [`Series`] and draws them as large as it is told to. It knows nothing of where
//! numbers come from; what was clicked comes back as a [`Pick`].

mod columns;
mod figure;
mod lines;
mod map;
mod ranking;
mod scale;
mod series;
mod table;
mod times;
mod tip;
mod world;

pub use columns::{columns_fit, columns_ui};
pub use figure::{change_ui, figure_ui};
pub use lines::{Lines, lines_ui};
pub use map::{Places, map_ui};
pub use ranking::ranking_ui;
pub use scale::{Scale, short};
pub use series::{Mark, Pick, Series, Tone, legend_ui, mark_ui};
pub use table::table_ui;
pub use times::Times;
pub use tip::keep_still;
pub use world::{Country, World, country};

#[cfg(test)]
mod tests;
