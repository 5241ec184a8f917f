//! A gallery of all widgets.
