//! The tests that use the program as a whole, or its repository.

#![allow(
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod dependencies;
mod floors;
