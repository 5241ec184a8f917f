//! “Settings”: everything a person may decide, in sections beside each other.
//!
//! Promises: what is typed is checked by the code that reads the file, and a mistake shows at its
//! field; a change is written at once, says so and can be undone; comments in the file stay. Settings
//! with a mistake are told with their place, and never written to.

mod about;
mod accounts;
mod appearance;
mod collection;
mod diagnostics;
mod draft;
mod network;
mod notices;
mod outputs;
mod packs;
mod rows;
mod storage;
mod write;

use eframe::egui;

use super::{Here, scrolling};
use crate::base::{Home, Problem};
use crate::platform::show;
use crate::settings::{self, LastGood};
use crate::window::desk::Slot;
use crate::window::look::widgets::{self, Kind};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::{Act, Did, News};

/// Below this width the sections are chosen from a list above the page.
const NARROW: f32 = 720.0;

/// The width of the sections' names beside the page.
const NAMES: f32 = 200.0;

/// A section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Section {
    #[default]
    Accounts,
    Collection,
    Network,
    Notifications,
    Outputs,
    Packs,
    Appearance,
    Storage,
    About,
}

impl Section {
    const ALL: [Self; 9] = [
        Self::Accounts,
        Self::Collection,
        Self::Network,
        Self::Notifications,
        Self::Outputs,
        Self::Packs,
        Self::Appearance,
        Self::Storage,
        Self::About,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Accounts => "Accounts",
            Self::Collection => "Collection",
            Self::Network => "Network",
            Self::Notifications => "Notifications",
            Self::Outputs => "Outputs",
            Self::Packs => "Knowledge packs",
            Self::Appearance => "Appearance",
            Self::Storage => "Storage",
            Self::About => "About",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Accounts => icons::BUILDINGS,
            Self::Collection => icons::CLOCK,
            Self::Network => icons::GLOBE,
            Self::Notifications => icons::BELL_RINGING,
            Self::Outputs => icons::PAPER_PLANE,
            Self::Packs => icons::PACKAGE,
            Self::Appearance => icons::PALETTE,
            Self::Storage => icons::DATABASE,
            Self::About => icons::INFO,
        }
    }
}

/// The page's own state.
pub(super) struct SettingsPage {
    home: Home,
    section: Section,
    last_good: Slot<u64, Option<LastGood>>,
    accounts: accounts::Accounts,
    collection: collection::Collecting,
    network: network::NetworkCard,
    notices: notices::Notices,
    outputs: outputs::Outputs,
    packs: packs::Packs,
    storage: storage::Storage,
    about: about::About,
}

impl SettingsPage {
    pub fn new(home: Home) -> Self {
        Self {
            home,
            section: Section::default(),
            last_good: Slot::default(),
            accounts: accounts::Accounts::default(),
            collection: collection::Collecting::default(),
            network: network::NetworkCard::default(),
            notices: notices::Notices::default(),
            outputs: outputs::Outputs::default(),
            packs: packs::Packs::default(),
            storage: storage::Storage::default(),
            about: about::About::default(),
        }
    }

    /// Takes what was found in a certificate file.
    pub fn take(&mut self, news: &News) {
        if let News::Certificates(file, found) = news {
            self.network.take_certificates(file, found);
        }
    }

    /// Draws the page and its dialogs.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let is_narrow = ui.available_width() < NARROW;
        if !is_narrow {
            egui::Panel::left("sections")
                .exact_size(NAMES)
                .resizable(false)
                .frame(parts::ground(ui, 12, 20))
                .show_separator_line(true)
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = theme::tokens().space.tight;
                    for section in Section::ALL {
                        let is_here = self.section == section;
                        let item = parts::RailItem {
                            icon: section.icon(),
                            title: section.title(),
                            is_here,
                            ..parts::RailItem::default()
                        };
                        if parts::rail_item(ui, &item) {
                            self.section = section;
                        }
                    }
                });
        }
        scrolling(ui, |ui| {
            if is_narrow {
                let titles = Section::ALL.map(|section| (section, section.title()));
                if let Some(section) = rows::choice(ui, "Section", self.section, &titles, "") {
                    self.section = section;
                }
                rows::gap(ui);
            }
            self.section_ui(ui, here);
        });
    }

    fn section_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let standing = here.standing;
        if let Err(problem) = &standing.settings {
            self.broken_ui(ui, here, problem);
            rows::gap(ui);
        }
        match (self.section, &standing.settings) {
            (Section::Packs, _) => self.packs.ui(ui, here),
            (Section::Appearance, _) => appearance::ui(ui, here),
            (Section::Storage, _) => self.storage.ui(ui, here, &self.home),
            (Section::About, _) => self.about.ui(ui, here, &self.home),
            (_, Err(_)) => {
                widgets::secondary(ui, "This section appears again when the file is mended");
            }
            (Section::Accounts, Ok(settings)) => self.accounts.ui(ui, here, settings),
            (Section::Collection, Ok(settings)) => self.collection.ui(ui, here, settings),
            (Section::Network, Ok(settings)) => self.network.ui(ui, here, settings),
            (Section::Notifications, Ok(settings)) => self.notices.ui(ui, here, settings),
            (Section::Outputs, Ok(settings)) => self.outputs.ui(ui, here, settings),
        }
    }

    /// What is wrong with the file, and the ways out.
    fn broken_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, problem: &Problem) {
        self.last_good
            .want(here.desk, here.view.fresh, |shelf| Ok(settings::last_good(shelf.home())));
        let last_good = self.last_good.shown().copied().flatten();
        parts::problem_banner(ui, problem);
        let text = match last_good {
            Some(good) => format!(
                "Collecting goes on as before until the file is mended. The settings as they were \
                 {} ({}) can be restored; the file as it is now is kept beside them.",
                say::when(good.at),
                say::counted(good.accounts as u64, "account"),
            ),
            None => "Collecting goes on as before until the file is mended.".to_owned(),
        };
        ui.add_space(theme::tokens().space.small);
        widgets::banner(ui, Kind::Info, "The settings file is left as it is", &text, |ui| {
            if widgets::primary_button(ui, "Open the file").clicked() {
                let file = self.home.settings_file();
                here.act(Act::new("open the settings file", move |_| {
                    show::open(&file).map(|()| Did::quietly())
                }));
            }
            if last_good.is_some()
                && widgets::quiet_button(ui, "Restore the last good one").clicked()
            {
                here.act(write::restore());
            }
        });
    }
}
