//! “Go to time”: the table jumps to a moment.

use eframe::egui::Ui;
use jiff::civil;
use jiff::tz::TimeZone;

use super::filters::{below, focus_first};
use crate::base::UnixMillis;
use crate::window::look::{icons, widgets};
use crate::window::say;

/// What the button remembers between frames.
#[derive(Default)]
pub(super) struct GoTo {
    is_open: bool,
    typed: String,
    mistake: bool,
}

impl GoTo {
    /// Draws the button and what opens below it; tells the moment that is wanted.
    pub fn ui(&mut self, ui: &mut Ui) -> Option<UnixMillis> {
        let button = super::tool(ui, icons::CLOCK, "Go to time");
        if button.clicked() {
            self.is_open = !self.is_open;
            self.mistake = false;
        }
        if !self.is_open {
            return None;
        }
        let mut is_open = true;
        let mut wanted = None;
        below(&button, "Go to time", &mut is_open, |ui| {
            ui.set_width(260.0);
            let spec = widgets::FieldSpec {
                label: "Date, time or both",
                help: "2026-03-01 15:40, 15:40, -2d",
                error: self.mistake.then_some("This is no date or time"),
                placeholder: "2026-03-01 15:40",
                ..widgets::FieldSpec::default()
            };
            let field = widgets::field(ui, &mut self.typed, &spec);
            focus_first(ui, &field.response, true);
            if field.response.changed() {
                self.mistake = false;
            }
            let pressed = ui.add(widgets::Press::quiet("Go")).clicked();
            if pressed || field.entered {
                wanted = moment(&self.typed, UnixMillis::now(), &say::zone());
                self.mistake = wanted.is_none();
                if self.mistake {
                    field.response.request_focus();
                }
            }
        });
        self.is_open = is_open && wanted.is_none();
        if !self.is_open {
            button.request_focus();
        }
        wanted
    }
}

/// The moment that a text means to a person in this zone.
fn moment(text: &str, now: UnixMillis, zone: &TimeZone) -> Option<UnixMillis> {
    let text = text.trim();
    let today = jiff::Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone()).date();
    let of = |at: civil::DateTime| {
        let zoned = at.to_zoned(zone.clone()).ok()?;
        Some(UnixMillis(zoned.timestamp().as_millisecond()))
    };
    for form in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"] {
        if let Ok(at) = civil::DateTime::strptime(form, text) {
            return of(at);
        }
    }
    if let Ok(date) = civil::Date::strptime("%Y-%m-%d", text) {
        // The whole day lies below: the table begins at its end.
        return of(date.at(23, 59, 59, 999_000_000));
    }
    for form in ["%H:%M:%S", "%H:%M"] {
        if let Ok(time) = civil::Time::strptime(form, text) {
            return of(today.to_datetime(time));
        }
    }
    UnixMillis::parse_when(text, now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_type_them() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let now = UnixMillis::parse_rfc3339("2026-03-04T12:00:00Z").unwrap();
        for (text, expected) in [
            ("2026-03-01 15:40", "2026-03-01T13:40:00Z"),
            (" 2026-03-01 15:40:09 ", "2026-03-01T13:40:09Z"),
            ("2026-03-01", "2026-03-01T21:59:59.999Z"),
            ("01:30", "2026-03-03T23:30:00Z"),
            ("-2h", "2026-03-04T10:00:00Z"),
            ("2026-03-01T15:40:00Z", "2026-03-01T15:40:00Z"),
        ] {
            let expected = UnixMillis::parse_rfc3339(expected);
            assert_eq!(moment(text, now, &zone), expected, "{text}");
        }
        for text in ["", "yesterday", "25:00", "2026-13-01"] {
            assert_eq!(moment(text, now, &zone), None, "{text}");
        }
    }
}
