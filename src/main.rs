//! Starts the program: picks the role its arguments ask for.

fn main() {}
