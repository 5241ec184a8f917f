//! Tests that look at the program from outside, one file for each subject.

mod simulator;
