//! What a log record is: its log type, its id, its time, and the fields worth searching for.

pub mod canonical;
mod log_type;
mod understood;

pub use log_type::{LogType, UnknownLogType};
pub use understood::{Columns, IdSource, Understood};
