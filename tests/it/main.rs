//! What the program promises to the outside, tested from the outside.

mod signing;
