//! The accessible tree of the programs on a desktop, read as a screen reader does: over AT-SPI.
//!
//! A program answers only while the bus says that somebody listens, so that is said at the start.
//! Source: <https://gitlab.gnome.org/GNOME/at-spi2-core/-/tree/main/xml>.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Stdio;
use std::time::Duration;

pub use atspi::Role;
use atspi::zbus::blocking::{Connection, connection::Builder};
use atspi::zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type, Value};
use atspi::{CacheItem, ObjectRefOwned, State, StateSet};
use serde::de::DeserializeOwned;

use super::{Desktop, service};
use crate::support::waiting::wait_until;

/// How long a program may take to answer one question; one that hangs is not waited for longer.
const ANSWER: Duration = Duration::from_secs(5);

/// The part of an answer that says where a thing is.
type Name = (String, OwnedObjectPath);

/// The session's message bus, and the one beside it on which programs tell what they show.
pub struct Bus {
    session: Connection,
    accessible: Connection,
}

/// One thing on the screen.
#[derive(Clone)]
pub struct Element {
    pub role: Role,
    pub name: String,
    depth: usize,
    states: StateSet,
    object: ObjectRefOwned,
}

impl Bus {
    pub(super) fn start(desktop: &mut Desktop) -> Self {
        let mut launcher = desktop.command(service("org.a11y.Bus", "at-spi2-core"));
        launcher.arg("--launch-immediately").stdout(Stdio::null()).stderr(Stdio::null());
        desktop.session.start(&mut launcher);
        let session = connect(&desktop.session.bus_address());
        let address = || {
            let call = (("org.a11y.Bus", "/org/a11y/bus"), "org.a11y.Bus", "GetAddress");
            ask::<String>(&session, call.0, call.1, call.2, &()).ok()
        };
        wait_until("the bus of screen readers", || address().is_some());
        let accessible = connect(&address().unwrap());
        let on = ("org.a11y.Status", "IsEnabled", Value::from(true));
        let bus = Self { session, accessible };
        bus.call(("org.a11y.Bus", "/org/a11y/bus"), PROPERTIES, "Set", &on).unwrap();
        bus
    }

    /// Whether somebody holds a name on the session's bus.
    pub fn has_owner(&self, name: &str) -> bool {
        let bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        ask(&self.session, bus, "org.freedesktop.DBus", "NameHasOwner", &name).unwrap_or(false)
    }

    /// The process behind a name on the session's bus.
    pub fn process_behind(&self, name: &str) -> Option<u32> {
        process_behind(&self.session, name)
    }

    /// Asks a program on the session's bus.
    pub fn ask<A: DeserializeOwned + Type>(
        &self,
        whom: (&str, &str),
        interface: &str,
        method: &str,
        with: &(impl serde::Serialize + DynamicType),
    ) -> Result<A, String> {
        ask(&self.session, whom, interface, method, with)
    }

    /// Tells a program on the session's bus to do something.
    pub fn call(
        &self,
        whom: (&str, &str),
        interface: &str,
        method: &str,
        with: &(impl serde::Serialize + DynamicType),
    ) -> Result<(), String> {
        let (name, path) = whom;
        let answer = self.session.call_method(Some(name), path, Some(interface), method, with);
        answer.map(drop).map_err(|error| error.to_string())
    }

    /// A property of something on the session's bus.
    pub fn property(
        &self,
        whom: (&str, &str),
        interface: &str,
        name: &str,
    ) -> Result<OwnedValue, String> {
        self.ask(whom, PROPERTIES, "Get", &(interface, name))
    }

    /// The programs that tell what they show: their name on the bus and their process.
    pub(super) fn programs(&self) -> Vec<(String, u32)> {
        let registry = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root");
        let found: Result<Vec<Name>, _> =
            ask(&self.accessible, registry, "org.a11y.atspi.Accessible", "GetChildren", &());
        let process = |name: &str| process_behind(&self.accessible, name);
        let found = found.unwrap_or_default().into_iter();
        found.filter_map(|(name, _)| process(&name).map(|process| (name, process))).collect()
    }

    /// Everything a program shows, from the outside to the inside and in reading order.
    pub(super) fn elements(&self, program: &str) -> Vec<Element> {
        let cache = (program, "/org/a11y/atspi/cache");
        let items: Result<Vec<CacheItem>, _> =
            ask(&self.accessible, cache, "org.a11y.atspi.Cache", "GetItems", &());
        let mut children: BTreeMap<String, Vec<CacheItem>> = BTreeMap::new();
        for item in items.unwrap_or_default() {
            children.entry(item.parent.path_as_str().to_owned()).or_default().push(item);
        }
        let mut elements = Vec::new();
        let roots: Vec<_> = children.keys().cloned().collect();
        for root in roots {
            // Only what hangs on nothing that is still there to be visited is a root.
            if root.ends_with("/root") {
                self.add_below(&root, 0, &mut children, &mut elements);
            }
        }
        elements
    }

    fn add_below(
        &self,
        parent: &str,
        depth: usize,
        children: &mut BTreeMap<String, Vec<CacheItem>>,
        elements: &mut Vec<Element>,
    ) {
        let mut items = children.remove(parent).unwrap_or_default();
        items.sort_by_key(|item| item.index);
        for item in items {
            let path = item.object.path_as_str().to_owned();
            let element = Element {
                role: item.role,
                name: item.short_name,
                depth,
                states: item.states,
                object: item.object,
            };
            elements.push(element.clone());
            let is_empty = !children.contains_key(&path);
            let holds_things = matches!(element.role, Role::Frame | Role::Panel | Role::Dialog);
            if is_empty && (item.children > 0 || holds_things) {
                self.ask_below(&element, elements);
            } else {
                self.add_below(&path, depth + 1, children, elements);
            }
        }
    }

    /// Asks one by one for what hangs on an element: a program does not always tell all at once.
    fn ask_below(&self, parent: &Element, elements: &mut Vec<Element>) {
        let below: Vec<ObjectRefOwned> = self.about(parent, "GetChildren").unwrap_or_default();
        for object in below {
            let mut element = Element {
                role: Role::Unknown,
                name: String::new(),
                depth: parent.depth + 1,
                states: StateSet::empty(),
                object,
            };
            element.role = self.about(&element, "GetRole").unwrap_or(Role::Unknown);
            element.states = self.about(&element, "GetState").unwrap_or_default();
            element.name = self.name(&element).unwrap_or_default();
            elements.push(element.clone());
            self.ask_below(&element, elements);
        }
    }

    fn about<A: DeserializeOwned + Type>(&self, element: &Element, what: &str) -> Option<A> {
        let whom = (element.object.name_as_str()?, element.object.path_as_str());
        ask(&self.accessible, whom, "org.a11y.atspi.Accessible", what, &()).ok()
    }

    fn name(&self, element: &Element) -> Option<String> {
        let whom = (element.object.name_as_str()?, element.object.path_as_str());
        let with = ("org.a11y.atspi.Accessible", "Name");
        let name: OwnedValue = ask(&self.accessible, whom, PROPERTIES, "Get", &with).ok()?;
        String::try_from(name).ok()
    }

    /// Where something is on the screen: x, y, width, height.
    pub(super) fn extents(&self, element: &Element) -> Option<(i32, i32, i32, i32)> {
        const ON_THE_SCREEN: u32 = 0;
        let whom = (element.object.name_as_str()?, element.object.path_as_str());
        let component = "org.a11y.atspi.Component";
        ask(&self.accessible, whom, component, "GetExtents", &ON_THE_SCREEN).ok()
    }

    /// The text in a field.
    pub(super) fn text(&self, element: &Element) -> Option<String> {
        let whom = (element.object.name_as_str()?, element.object.path_as_str());
        ask(&self.accessible, whom, "org.a11y.atspi.Text", "GetText", &(0_i32, -1_i32)).ok()
    }
}

impl Element {
    /// Whether it can be used now.
    pub fn is_enabled(&self) -> bool {
        self.states.contains(State::Sensitive)
    }

    /// Whether it gets the keys.
    pub fn is_focused(&self) -> bool {
        self.states.contains(State::Focused)
    }

    /// Whether it is ticked, or switched on.
    pub fn is_checked(&self) -> bool {
        self.states.contains(State::Checked) || self.states.contains(State::Pressed)
    }

    /// Whether letters go in.
    pub fn is_field(&self) -> bool {
        matches!(self.role, Role::Entry | Role::PasswordText | Role::SpinButton)
    }

    /// Whether it does something when it is clicked.
    pub fn is_control(&self) -> bool {
        let names_things = matches!(self.role, Role::Label | Role::Static | Role::Panel);
        self.states.contains(State::Focusable) && !names_things
    }
}

/// One line of the tree.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", "  ".repeat(self.depth), self.role.name())?;
        if !self.name.is_empty() {
            write!(f, " “{}”", self.name)?;
        }
        let told = [
            (self.is_focused(), "focused"),
            (self.is_checked(), "checked"),
            (self.is_control() && !self.is_enabled(), "disabled"),
        ];
        told.iter().filter(|(so, _)| *so).try_for_each(|(_, word)| write!(f, " {word}"))
    }
}

fn process_behind(bus: &Connection, name: &str) -> Option<u32> {
    let daemon = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
    ask(bus, daemon, "org.freedesktop.DBus", "GetConnectionUnixProcessID", &name).ok()
}

const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

fn connect(address: &str) -> Connection {
    let builder = Builder::address(address).unwrap().method_timeout(ANSWER);
    builder.build().unwrap_or_else(|error| panic!("{address}: {error}"))
}

fn ask<A: DeserializeOwned + Type>(
    bus: &Connection,
    (name, path): (&str, &str),
    interface: &str,
    method: &str,
    with: &(impl serde::Serialize + DynamicType),
) -> Result<A, String> {
    let answer = bus.call_method(Some(name), path, Some(interface), method, with);
    let answer = answer.map_err(|error| error.to_string())?;
    answer.body().deserialize().map_err(|error| format!("{method}: {error}"))
}
