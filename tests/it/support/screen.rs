//! The window without a window: drawn into memory, driven through its accessibility tree.

use std::time::{Duration, Instant};

use duo_integrator::base::Home;
use duo_integrator::window::App;
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};

/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(20);

/// A window of a home.
pub struct Screen {
    harness: Harness<'static, App>,
}

impl Screen {
    /// Opens the window at the wizard's size.
    pub fn open(home: &Home) -> Self {
        Self::open_at(home, [720.0, 560.0])
    }

    /// Opens the window at a size, in points.
    pub fn open_at(home: &Home, size: [f32; 2]) -> Self {
        let home = home.clone();
        let harness = Harness::builder().with_size(size).with_step_dt(1.0 / 30.0).build_eframe(
            move |creation| App::new(&creation.egui_ctx, home, Instant::now(), None).unwrap(),
        );
        let mut screen = Self { harness };
        screen.steps(3);
        screen
    }

    /// Lets some frames pass.
    pub fn steps(&mut self, count: usize) {
        self.harness.run_steps(count);
    }

    /// Waits until something with this in its name or value is on the screen.
    #[track_caller]
    pub fn wait_for(&mut self, words: &str) {
        let words = words.to_owned();
        self.wait_until(&format!("“{words}” is shown"), |screen| screen.shows(&words));
    }

    /// Waits until something is so.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !so(self) {
            assert!(start.elapsed() < PATIENCE, "not in time: {what}\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
            self.steps(1);
        }
    }

    /// Whether something with this in its name or value is on the screen.
    pub fn shows(&self, words: &str) -> bool {
        self.all_words().iter().any(|text| text.contains(words))
    }

    /// All words on the screen, a line each.
    pub fn text(&self) -> String {
        self.all_words().join("\n")
    }

    fn all_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut open = vec![self.harness.root().accesskit_node()];
        while let Some(node) = open.pop() {
            words.extend(node.label().into_iter().chain(node.value()));
            open.extend(node.children());
        }
        words
    }

    /// Presses what has this label.
    #[track_caller]
    pub fn press(&mut self, label: &str) {
        self.button(label).click();
        self.steps(4);
    }

    /// Whether what has this label can be pressed.
    #[track_caller]
    pub fn can_press(&self, label: &str) -> bool {
        !self.button(label).accesskit_node().is_disabled()
    }

    /// Whether a check box or switch is on.
    #[track_caller]
    pub fn is_ticked(&self, label: &str) -> bool {
        self.button(label).accesskit_node().toggled()
            == Some(eframe::egui::accesskit::Toggled::True)
    }

    fn button<'a>(&'a self, label: &'a str) -> Node<'a> {
        // What lies behind a dialog may have the same words; the dialog is drawn last.
        let mut found: Vec<Node<'_>> = self.harness.query_all_by_label(label).collect();
        found.pop().unwrap_or_else(|| panic!("there is no “{label}”:\n{}", self.text()))
    }

    /// Goes to a field, replaces what is in it, and leaves it.
    #[track_caller]
    pub fn fill(&mut self, label: &str, text: &str) {
        self.field(label).focus();
        self.steps(2);
        self.harness.key_press_modifiers(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::A);
        self.steps(1);
        self.field(label).type_text(text);
        self.steps(1);
        self.harness.key_press(eframe::egui::Key::Tab);
        self.steps(2);
    }

    /// What is in a field; dots for a hidden one.
    #[track_caller]
    pub fn value(&self, label: &str) -> String {
        self.field(label).value().unwrap_or_default()
    }

    fn field<'a>(&'a self, label: &'a str) -> Node<'a> {
        use eframe::egui::accesskit::Role;
        let all = self.harness.query_all_by_label(label);
        let mut fields: Vec<Node<'_>> = all
            .filter(|node| {
                matches!(
                    node.accesskit_node().role(),
                    Role::TextInput | Role::PasswordInput | Role::MultilineTextInput
                )
            })
            .collect();
        fields.pop().unwrap_or_else(|| panic!("there is no field “{label}”:\n{}", self.text()))
    }

    /// Presses a key.
    pub fn key(&mut self, key: eframe::egui::Key) {
        self.harness.key_press(key);
        self.steps(2);
    }

    /// Pastes a text.
    pub fn paste(&mut self, text: &str) {
        self.harness.event(eframe::egui::Event::Paste(text.to_owned()));
        self.steps(2);
    }
}
