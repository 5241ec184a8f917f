//! The console: what the window shows when there are accounts.
//!
//! Promises: it holds no business rule; it draws the [`Standing`] and collects wishes.

mod overview;
mod settings;

use eframe::egui;

use super::look::{icons, theme, widgets};
use super::worker::{Standing, Wish};
use crate::base::Home;
use crate::window::parts;

/// Below this width the rail shows icons only.
const NARROW: f32 = 1100.0;

/// What leads away from the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// The wizard, for one more account.
    AddAccount,
    /// The wizard, for this account.
    EditAccount(String),
}

/// A page of the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Page {
    #[default]
    Overview,
    Settings,
}

impl Page {
    const ALL: [Self; 2] = [Self::Overview, Self::Settings];

    const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Settings => "Settings",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Overview => icons::GAUGE,
            Self::Settings => icons::GEAR,
        }
    }
}

/// The console's own state.
pub(super) struct Console {
    page: Page,
    settings: settings::SettingsPage,
}

impl Console {
    pub fn new(home: Home) -> Self {
        Self { page: Page::default(), settings: settings::SettingsPage::new(home) }
    }

    /// Draws the console.
    pub fn ui(
        &mut self,
        ui: &mut egui::Ui,
        standing: Option<&Standing>,
        wishes: &mut Vec<Wish>,
    ) -> Option<Ask> {
        let mut ask = self.shortcuts(ui.ctx(), wishes);
        self.rail_ui(ui);
        self.top_ui(ui, standing);
        egui::CentralPanel::default().frame(parts::ground(ui, 0, 0)).show(ui, |ui| {
            egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                let Some(standing) = standing else { return };
                let side = if is_narrow(ui.ctx()) { 16 } else { 24 };
                egui::Frame::new().inner_margin(egui::Margin::symmetric(side, 20)).show(ui, |ui| {
                    let asked = match self.page {
                        Page::Overview => overview::overview_ui(ui, standing, wishes),
                        Page::Settings => self.settings.ui(ui, standing, wishes),
                    };
                    ask = asked.or(ask.take());
                });
            });
        });
        ask
    }

    /// Ctrl or Cmd and: the page's place, R to collect now, N for one more account.
    fn shortcuts(&mut self, ctx: &egui::Context, wishes: &mut Vec<Wish>) -> Option<Ask> {
        let pressed = |key| ctx.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, key));
        for (page, key) in Page::ALL.into_iter().zip([egui::Key::Num1, egui::Key::Num2]) {
            if pressed(key) {
                self.page = page;
            }
        }
        if pressed(egui::Key::R) {
            wishes.push(Wish::CollectNow);
        }
        pressed(egui::Key::N).then_some(Ask::AddAccount)
    }

    fn rail_ui(&mut self, ui: &mut egui::Ui) {
        let is_narrow = is_narrow(ui.ctx());
        let width = if is_narrow { 64.0 } else { 200.0 };
        egui::Panel::left("rail")
            .exact_size(width)
            .resizable(false)
            .frame(
                egui::Frame::new()
                    .fill(theme::of(ui).card)
                    .inner_margin(egui::Margin::symmetric(12, 16)),
            )
            .show(ui, |ui| {
                for page in Page::ALL {
                    let is_here = self.page == page;
                    if parts::rail_item(ui, page.icon(), page.title(), is_here, is_narrow) {
                        self.page = page;
                    }
                }
            });
    }

    fn top_ui(&self, ui: &mut egui::Ui, standing: Option<&Standing>) {
        let side = if is_narrow(ui.ctx()) { 16 } else { 24 };
        egui::Panel::top("title")
            .frame(parts::ground(ui, side, 12))
            .show_separator_line(true)
            .show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.label(egui::RichText::new(self.page.title()).heading());
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        if let Some(standing) = standing {
                            let summary = &standing.summary;
                            widgets::pill(
                                ui,
                                overview::sign_of_all(summary.state),
                                summary.state.title(),
                            )
                            .on_hover_text(&summary.words);
                        }
                    });
                });
            });
    }
}

fn is_narrow(ctx: &egui::Context) -> bool {
    ctx.content_rect().width() < NARROW
}
