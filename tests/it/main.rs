//! The tests that use the program as a whole, or its repository.

mod dependencies;
mod floors;
