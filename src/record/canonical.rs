//! One spelling for what Duo spells in several ways.
//!
//! Duo's logs name the same thing differently: v1 logs in words and capitals (`FAILURE`,
//! `Duo Push`), v2 logs in codes, and some codes were renamed. Rules, categories and reports
//! compare the spelling made here; the record itself keeps its own.
//!
//! Renamed codes: Duo's documentation of the logs in its several versions, collected in
//! <https://duo.com/docs/adminapi>; `admin_rectivates_duo_push` is spelled so by Duo.

use std::borrow::Cow;

use super::LogType;

/// Actions that have, or had, another name.
const ACTIONS: [(&str, &str); 5] = [
    ("admin_activates_duo_push", "admin_activate_duo_push"),
    ("admin_factor_restrictions", "admin_factor_restrictions_update"),
    ("admin_rectivates_duo_push", "admin_reactivates_duo_push"),
    ("azure_sync_fail", "azure_sync_failed"),
    ("update_admin_factor_restrictions", "admin_factor_restrictions_update"),
];

/// The action's name, as all versions of a log would have it.
pub fn action(text: &str) -> Cow<'_, str> {
    renamed(code(text), &ACTIONS)
}

/// How it ended: `success`, `denied`, `fraud`, `error`, … Old authentication logs say `FAILURE` for
/// what is `denied` today.
pub fn result(log_type: LogType, text: &str) -> Cow<'_, str> {
    match log_type {
        LogType::Authentication | LogType::TrustMonitor => {
            renamed(code(text), &[("failure", "denied")])
        }
        _ => code(text),
    }
}

/// Why it ended so.
pub fn reason(text: &str) -> Cow<'_, str> {
    renamed(code(text), &[("touchid_disabled", "touch_id_disabled")])
}

/// The factor's code.
pub fn factor(text: &str) -> Cow<'_, str> {
    renamed(code(text), &[("yubikey_passcode", "yubikey_code")])
}

/// Lower case, with underscores for spaces; borrowed when it is so already.
pub fn code(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| c == ' ' || c.is_uppercase()) {
        Cow::Owned(text.to_lowercase().replace(' ', "_"))
    } else {
        Cow::Borrowed(text)
    }
}

fn renamed<'a>(code: Cow<'a, str>, names: &[(&str, &'static str)]) -> Cow<'a, str> {
    match names.iter().find(|(old, _)| *old == code) {
        Some((_, new)) => Cow::Borrowed(new),
        None => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_spellings_become_the_present_ones() {
        assert_eq!(factor("Duo Push"), "duo_push");
        assert_eq!(factor("WebAuthn Chrome Touch ID"), "webauthn_chrome_touch_id");
        assert_eq!(factor("yubikey_passcode"), "yubikey_code");
        assert_eq!(reason("touchid_disabled"), "touch_id_disabled");
        assert_eq!(result(LogType::Authentication, "FAILURE"), "denied");
        assert_eq!(result(LogType::Activity, "FAILURE"), "failure");
        assert_eq!(action("admin_rectivates_duo_push"), "admin_reactivates_duo_push");
        assert_eq!(action("user_create"), "user_create");
    }
}
