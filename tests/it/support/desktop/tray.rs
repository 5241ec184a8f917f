//! The tray: what its icons tell, and their menus, over the same messages that a panel sends.
//!
//! Sources: <https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/>, and for menus
//! <https://github.com/AyatanaIndicators/libdbusmenu/blob/master/libdbusmenu-glib/dbus-menu.xml>.

use std::collections::HashMap;

use atspi::zbus::zvariant::{OwnedValue, Structure, Value};

use super::Desktop;
use crate::support::waiting::wait_until;

/// An icon in the tray.
#[derive(Clone, Debug)]
pub struct TrayItem {
    /// The program's own word for itself.
    pub id: String,
    /// What a person reads.
    pub title: String,
    /// `Active`, `Passive` or `NeedsAttention`.
    pub status: String,
    /// The process that shows it.
    pub process: Option<u32>,
    owner: String,
    path: String,
}

/// A line of a menu; what opens from it follows with the label of its parent before its own.
#[derive(Clone, Debug)]
pub struct MenuEntry {
    pub label: String,
    pub enabled: bool,
    id: i32,
}

impl Desktop {
    /// The icons in the tray.
    pub fn tray_items(&self) -> Vec<TrayItem> {
        let watcher = ("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher");
        let name = "RegisteredStatusNotifierItems";
        let found = self.bus().property(watcher, "org.kde.StatusNotifierWatcher", name);
        let found: Vec<String> = found.ok().and_then(|v| v.try_into().ok()).unwrap_or_default();
        found.iter().map(|address| self.tray_item(address)).collect()
    }

    /// Waits for the one icon of the program under test.
    #[track_caller]
    pub fn wait_for_tray_item(&self) -> TrayItem {
        wait_until("an icon in the tray", || !self.tray_items().is_empty());
        let items = self.tray_items();
        assert_eq!(items.len(), 1, "{items:?}");
        items.into_iter().next().unwrap()
    }

    /// Another of an icon's properties, as text: `IconName`, `AttentionIconName`, `ToolTip`.
    pub fn tray_property(&self, item: &TrayItem, name: &str) -> String {
        let value = self.bus().property((&item.owner, &item.path), ITEM, name);
        match value.as_deref() {
            Ok(Value::Str(text)) => text.to_string(),
            Ok(other) => format!("{other:?}"),
            Err(_) => String::new(),
        }
    }

    /// The labels of the menu, top down, without separating lines; of a menu in the menu as
    /// “Parent › Child”.
    #[track_caller]
    pub fn tray_menu(&self) -> Vec<String> {
        self.tray_entries().into_iter().map(|entry| entry.label).collect()
    }

    /// The lines of the menu.
    #[track_caller]
    pub fn tray_entries(&self) -> Vec<MenuEntry> {
        let item = self.wait_for_tray_item();
        let menu = self.bus().property((&item.owner, &item.path), ITEM, "Menu").unwrap();
        let Value::ObjectPath(path) = &*menu else { panic!("the icon has no menu: {menu:?}") };
        let whom = (item.owner.as_str(), path.as_str());
        // A panel announces that it is going to show the menu; an old answer is none.
        let _ = self.bus().call(whom, MENU, "AboutToShow", &0_i32);
        let everything = (0_i32, -1_i32, Vec::<&str>::new());
        let (_, root): (u32, Layout) =
            self.bus().ask(whom, MENU, "GetLayout", &everything).unwrap();
        let mut entries = Vec::new();
        add_entries("", &root.2, &mut entries);
        entries
    }

    /// Chooses a line of the menu, once it is there and can be chosen.
    #[track_caller]
    pub fn tray_click(&self, label: &str) {
        let find = || {
            let inner = format!(" › {label}");
            let entries = self.tray_entries().into_iter();
            let mut named =
                entries.filter(|entry| entry.label == label || entry.label.ends_with(&inner));
            named.find(|entry| entry.enabled)
        };
        wait_until(&format!("“{label}” in the tray's menu"), || find().is_some());
        let id = find().unwrap().id;
        let item = self.wait_for_tray_item();
        let menu = self.bus().property((&item.owner, &item.path), ITEM, "Menu").unwrap();
        let Value::ObjectPath(path) = &*menu else { panic!("{menu:?}") };
        let event = (id, "clicked", Value::from(0_i32), 0_u32);
        // Who is told to quit may do so before answering.
        let _ = self.bus().call((&item.owner, path.as_str()), MENU, "Event", &event);
    }

    /// Clicks the icon itself.
    #[track_caller]
    pub fn tray_activate(&self) {
        let item = self.wait_for_tray_item();
        self.bus().call((&item.owner, &item.path), ITEM, "Activate", &(0_i32, 0_i32)).unwrap();
    }

    fn tray_item(&self, address: &str) -> TrayItem {
        // Some say only who, some add where.
        let split = address.find('/').unwrap_or(address.len());
        let (owner, path) = address.split_at(split);
        let path = if path.is_empty() { "/StatusNotifierItem" } else { path };
        let item = TrayItem {
            id: String::new(),
            title: String::new(),
            status: String::new(),
            process: self.bus().process_behind(owner),
            owner: owner.to_owned(),
            path: path.to_owned(),
        };
        let [id, title, status] =
            ["Id", "Title", "Status"].map(|name| self.tray_property(&item, name));
        TrayItem { id, title, status, ..item }
    }
}

const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// A line of a menu as it travels: number, properties, and the lines below it.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

fn add_entries(parent: &str, lines: &[OwnedValue], entries: &mut Vec<MenuEntry>) {
    for line in lines {
        let line: Structure<'_> = line.try_clone().unwrap().try_into().unwrap();
        let (id, properties, below): Layout = line.try_into().unwrap();
        let text = |name: &str| match properties.get(name).map(|value| &**value) {
            Some(Value::Str(text)) => text.to_string(),
            _ => String::new(),
        };
        let not =
            |name: &str| matches!(properties.get(name).map(|v| &**v), Some(Value::Bool(false)));
        if text("type") == "separator" || not("visible") {
            continue;
        }
        // An underscore marks the letter to press; two are one.
        let label = text("label").replace("__", "\u{0}").replace('_', "").replace('\u{0}', "_");
        let label = if parent.is_empty() { label } else { format!("{parent} › {label}") };
        entries.push(MenuEntry { label: label.clone(), enabled: !not("enabled"), id });
        add_entries(&label, &below, entries);
    }
}
