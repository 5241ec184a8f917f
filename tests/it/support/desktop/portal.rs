//! The part of a desktop's portal that says how programs should look.

use std::sync::{Arc, Mutex};

use atspi::zbus::blocking::{Connection, connection::Builder};
use atspi::zbus::zvariant::{OwnedValue, Value};
use atspi::zbus::{fdo, interface};

use super::Desktop;

const PATH: &str = "/org/freedesktop/portal/desktop";
const INTERFACE: &str = "org.freedesktop.portal.Settings";
const NAMESPACE: &str = "org.freedesktop.appearance";

/// A desktop's settings; gone when dropped.
pub struct Portal {
    bus: Connection,
    scheme: Arc<Mutex<u32>>,
}

/// Answers as a portal before version 2 does: it has no `ReadOne`, and wraps values twice.
struct Settings {
    scheme: Arc<Mutex<u32>>,
}

#[interface(name = "org.freedesktop.portal.Settings")]
impl Settings {
    fn read(&self, namespace: &str, key: &str) -> fdo::Result<OwnedValue> {
        if (namespace, key) != (NAMESPACE, "color-scheme") {
            return Err(fdo::Error::UnknownProperty(format!("{namespace} {key}")));
        }
        let value = Value::Value(Box::new(Value::from(*self.scheme.lock().unwrap())));
        value.try_into().map_err(|error| fdo::Error::Failed(format!("{error}")))
    }
}

impl Portal {
    /// Says this from now on: 1 is dark, 2 is light, 0 is neither.
    pub fn say(&self, scheme: u32) {
        *self.scheme.lock().unwrap() = scheme;
        let change = (NAMESPACE, "color-scheme", Value::from(scheme));
        self.bus.emit_signal(None::<&str>, PATH, INTERFACE, "SettingChanged", &change).unwrap();
    }
}

impl Desktop {
    /// Lets the desktop say whether programs should be dark (1) or light (2).
    pub fn start_portal(&self, scheme: u32) -> Portal {
        let scheme = Arc::new(Mutex::new(scheme));
        let settings = Settings { scheme: scheme.clone() };
        let address = self.session.bus_address();
        let bus = Builder::address(address.as_str()).unwrap();
        let bus = bus.serve_at(PATH, settings).unwrap();
        let bus = bus.name("org.freedesktop.portal.Desktop").unwrap().build().unwrap();
        Portal { bus, scheme }
    }

    /// The color in the upper left corner of a window, as ImageMagick writes it: `#F7F8FA`.
    pub fn corner_color(&self, title: &str) -> String {
        let file = self.screenshot_of(title, &format!("corner-{}", std::process::id()));
        let mut convert = self.command(super::program("convert", "imagemagick"));
        convert.arg(&file).args(["-crop", "1x1+4+4", "-depth", "8", "txt:-"]);
        let output = convert.output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let _ = std::fs::remove_file(file);
        let color = told.split_whitespace().find(|word| word.starts_with('#') && word.len() > 1);
        color.map(|color| color.chars().take(7).collect()).unwrap_or(told)
    }
}
