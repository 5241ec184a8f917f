//! A program on a desktop, used by its window.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Desktop, Element, Role};
use crate::support::waiting::wait_for;

/// A program with a window; one that was started here is ended when dropped.
pub struct App<'a> {
    desktop: &'a Desktop,
    process: u32,
    started: Option<RefCell<Child>>,
    out: PathBuf,
    err: PathBuf,
}

impl<'a> App<'a> {
    pub(super) fn start(desktop: &'a Desktop, mut command: Command) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = |kind| desktop.session.folder().join(format!("program-{number}.{kind}"));
        let (out, err) = (file("out"), file("err"));
        command.stdout(fs::File::create(&out).unwrap()).stderr(fs::File::create(&err).unwrap());
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { desktop, process: child.id(), started: Some(RefCell::new(child)), out, err }
    }

    /// The program that another one opened a window for: waits until somebody shows this title.
    #[track_caller]
    pub fn with_window(desktop: &'a Desktop, title: &str) -> Self {
        let process = wait_for(|| desktop.process_of(title));
        let process = process
            .unwrap_or_else(|| panic!("nobody shows “{title}”, only {:?}", desktop.windows()));
        Self { desktop, process, started: None, out: PathBuf::new(), err: PathBuf::new() }
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.process
    }

    /// Waits for the thing of this role and exactly this name.
    #[track_caller]
    pub fn find(&self, role: Role, name: &str) -> Element {
        let what = format!("a {role} “{name}”");
        self.wait_for(&what, |elements| {
            elements.iter().find(|one| one.role == role && one.name == name).cloned()
        })
    }

    /// Waits until the window says this, alone or within a longer text.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) -> Element {
        self.wait_for(&format!("“{text}”"), |elements| {
            elements.iter().find(|one| one.name.contains(text)).cloned()
        })
    }

    /// Waits until the window no longer says this.
    #[track_caller]
    pub fn wait_until_gone(&self, text: &str) {
        self.wait_for(&format!("“{text}” to go away"), |elements| {
            let gone = !elements.iter().any(|one| one.name.contains(text));
            (gone && !elements.is_empty()).then_some(())
        });
    }

    /// Waits until something is so of what the window shows.
    #[track_caller]
    pub fn wait_until(&self, what: &str, so: impl Fn(&[Element]) -> bool) {
        self.wait_for(what, |elements| so(elements).then_some(()));
    }

    /// Whether the window says this now.
    pub fn shows(&self, text: &str) -> bool {
        self.elements().iter().any(|one| one.name.contains(text))
    }

    /// Clicks what has this name, once it can be used.
    #[track_caller]
    pub fn click(&self, name: &str) {
        let what = format!("“{name}” to be there for clicking");
        let control = self.wait_for(&what, |elements| {
            let mut named = elements.iter().filter(|one| one.name == name && one.is_enabled());
            named.find(|one| one.is_control()).cloned()
        });
        self.click_on(&control);
    }

    /// Clicks into the middle of something, scrolling to it first when it is out of sight.
    #[track_caller]
    pub fn click_on(&self, element: &Element) {
        let (x, y) = self.bring_into_sight(element);
        self.desktop.click_at(x, y, 1);
    }

    /// Clicks into the field under this label and types; what was in it is replaced.
    #[track_caller]
    pub fn type_into(&self, label: &str, text: &str) {
        self.clear(label);
        self.desktop.type_text(text);
    }

    /// Clicks into the field under this label and pastes; what was in it is replaced.
    #[track_caller]
    pub fn paste_into(&self, label: &str, text: &str) {
        self.clear(label);
        self.desktop.paste(text);
    }

    /// Empties the field under this label, which then gets the keys.
    #[track_caller]
    pub fn clear(&self, label: &str) {
        self.click_on(&self.field(label));
        let what = format!("“{label}” to get the keys");
        self.wait_until(&what, |elements| {
            elements.iter().any(|one| one.name == label && one.is_field() && one.is_focused())
        });
        self.desktop.key("ctrl+a");
        self.desktop.key("BackSpace");
    }

    /// Presses keys together, as `Tab`, `Return`, `ctrl+a`.
    pub fn key(&self, keys: &str) {
        self.desktop.key(keys);
    }

    /// What stands in the field under this label; of a hidden one, as many dots.
    #[track_caller]
    pub fn text_of(&self, label: &str) -> String {
        self.desktop.bus().text(&self.field(label)).unwrap_or_default()
    }

    /// Waits until the field under this label holds exactly this.
    #[track_caller]
    pub fn wait_for_text_of(&self, label: &str, text: &str) {
        let what = format!("“{text}” in “{label}”");
        self.wait_for(&what, |elements| {
            let field = elements.iter().find(|one| one.name == label && one.is_field())?;
            (self.desktop.bus().text(field)? == text).then_some(())
        });
    }

    /// Whether the control of this name can be used.
    #[track_caller]
    pub fn is_enabled(&self, name: &str) -> bool {
        self.control(name).is_enabled()
    }

    /// Whether the box of this name is ticked.
    #[track_caller]
    pub fn is_checked(&self, name: &str) -> bool {
        self.control(name).is_checked()
    }

    /// The name of what gets the keys.
    pub fn focused(&self) -> Option<String> {
        let elements = self.elements();
        let mut inner = elements.into_iter().rev().filter(|one| one.role != Role::Frame);
        inner.find(Element::is_focused).map(|one| one.name)
    }

    /// Everything the window shows, in reading order.
    pub fn elements(&self) -> Vec<Element> {
        let programs = self.desktop.bus().programs().into_iter();
        let ours = programs.filter(|(_, process)| *process == self.process);
        ours.flat_map(|(name, _)| self.desktop.bus().elements(&name)).collect()
    }

    /// The same as text, one thing a line.
    pub fn tree(&self) -> String {
        self.elements().iter().map(|one| format!("{one}\n")).collect()
    }

    /// What the program has said on its outputs so far.
    pub fn said(&self) -> String {
        let read = |file| fs::read_to_string(file).unwrap_or_default();
        format!("{}{}", read(&self.out), read(&self.err))
    }

    /// Closes the window that gets the keys, as its X does.
    pub fn close(&self) {
        self.desktop.key("alt+F4");
    }

    /// Waits until the program has ended by itself.
    #[track_caller]
    pub fn wait(&self) -> ExitStatus {
        assert!(self.started.is_some(), "it was started by somebody else");
        wait_for(|| self.ended()).unwrap_or_else(|| self.fail("it does not end"))
    }

    /// Ends the program without a warning.
    pub fn kill(self) {
        drop(self);
    }

    /// A control by its name; a label only when there is nothing else.
    #[track_caller]
    fn control(&self, name: &str) -> Element {
        self.wait_for(&format!("“{name}”"), |elements| {
            let named = || elements.iter().filter(|one| one.name == name);
            // What is disabled cannot get the keys, so its role has to say what it is.
            let nameless = [Role::Label, Role::Static, Role::Panel];
            named().find(|one| !nameless.contains(&one.role)).or_else(|| named().next()).cloned()
        })
    }

    #[track_caller]
    fn field(&self, label: &str) -> Element {
        self.wait_for(&format!("a field “{label}”"), |elements| {
            elements.iter().find(|one| one.name == label && one.is_field()).cloned()
        })
    }

    /// Waits until something of what the window shows is found.
    #[track_caller]
    pub fn wait_for<R>(&self, what: &str, look: impl Fn(&[Element]) -> Option<R>) -> R {
        let found = wait_for(|| {
            let found = look(&self.elements());
            if found.is_none()
                && let Some(status) = self.ended()
            {
                self.fail(&format!("the program ended ({status}) instead of {what}"));
            }
            found
        });
        found.unwrap_or_else(|| self.fail(&format!("waited in vain for {what}")))
    }

    /// Where to click, once it stands still within its window.
    #[track_caller]
    fn bring_into_sight(&self, element: &Element) -> (i32, i32) {
        let mut before = None;
        let place = wait_for(|| {
            let frame = self.elements().into_iter().find(|one| one.role == Role::Frame);
            let frame = frame.and_then(|frame| self.desktop.bus().extents(&frame));
            let place = self.desktop.bus().extents(element);
            let ((left, top, width, height), (x, y, w, h)) = (frame?, place?);
            let middle = (x + w / 2, y + h / 2);
            if middle.1 <= top || middle.1 >= top + height {
                let wheel = if middle.1 <= top { 4 } else { 5 };
                self.desktop.click_at(left + width / 2, top + height / 2, wheel);
            } else if before == Some(middle) {
                return Some(middle);
            }
            before = Some(middle);
            None
        });
        place.unwrap_or_else(|| self.fail(&format!("“{}” does not come into sight", element.name)))
    }

    /// Fails with all that helps to see why.
    #[track_caller]
    fn fail(&self, what: &str) -> ! {
        let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
        let picture = self.desktop.screenshot(&format!("failed-{test}"));
        panic!(
            "{what}\n\nThe window shows:\n{}\nThe program said:\n{}\nScreenshot: {}",
            self.tree(),
            self.said(),
            picture.display()
        );
    }

    /// How it ended, if it has, and was started here.
    fn ended(&self) -> Option<ExitStatus> {
        self.started.as_ref()?.borrow_mut().try_wait().unwrap()
    }
}

impl Drop for App<'_> {
    fn drop(&mut self) {
        if let Some(child) = &mut self.started {
            let _ = child.get_mut().kill();
            let _ = child.get_mut().wait();
        }
    }
}
