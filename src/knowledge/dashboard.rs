//! What can be looked at: a question to the store and how its answer is drawn.

use serde::Deserialize;

/// A dashlet's definition.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dashboard {
    /// `line`, `bar`, `ranking`, `table`, `map` or `number`.
    pub chart: String,
}
