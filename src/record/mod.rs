//! What a log record is: its log type, its id, its time, and the fields worth searching for.

mod calling_code;
pub mod canonical;
mod level;
mod log_type;
mod own_id;
mod understood;

pub use calling_code::calling_code;
pub use level::{Level, UnknownLevel};
pub use log_type::{LogType, UnknownLogType};
pub use understood::{Columns, IdSource, Understood};
