//! Dashlets: the knowledge pack's questions, answered from the sums in the store.
//!
//! Promises: the numbers are those of the records in the range, to the record; old and new
//! spellings of a code are counted as one; half a year of a large organization takes tens of
//! milliseconds. What is answered is data for any way of drawing it: the commands print it, the
//! console draws it.

mod answer;
pub mod names;
mod steps;
mod today;
mod tree;

pub use answer::{Ask, Dashlet, Line, Point, answer};
pub use steps::{Step, Steps};
pub use today::{Today, today};
pub use tree::{Count, Group, Leaf, Tree, tree};

#[cfg(test)]
mod tests;
