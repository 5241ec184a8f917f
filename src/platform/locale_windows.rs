//! Windows: the region's formats, which may differ from the language of the windows.
//!
//! Source: <https://learn.microsoft.com/windows/win32/intl/locale-names>.

use windows_registry::CURRENT_USER;

pub(super) fn name() -> Option<String> {
    let key = CURRENT_USER.open(r"Control Panel\International").ok()?;
    key.get_string("LocaleName").ok()
}
