//! Duo's Admin API: how requests are signed, what the logs look like, what the answers mean.

pub mod sign;
