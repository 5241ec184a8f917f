//! The wizard: Connect, Choose, Finish. The same pages add the first account, one more, and change
//! one that is there.
//!
//! Promises: the shortest way is three fields and three clicks (Validate Credential, OK, Finish);
//! Back never loses what was typed; Finish is offered only for the very values that were validated;
//! nothing is written before Finish.

mod choose;
mod connect;
mod find_keys;
mod network;
mod success;
mod validation;

mod paste;

use eframe::egui;
use zeroize::Zeroizing;

use crate::base::Problem;
use crate::settings::{Account, Settings};
use crate::window::Prefill;
use crate::window::look::{theme, widgets};
use crate::window::parts;
use crate::window::worker::{Decision, Finished, Keys, News, Standing, Wish};

use choose::Choose;
use connect::{Choice, Connect};
use validation::{Answer, Validation};

pub(crate) use choose::HISTORIES;
pub use connect::labels;
pub(crate) use network::NetworkPage;
pub(crate) use success::sign_of;

/// The words at the top.
const STEPS: [&str; 3] = ["Connect", "Choose", "Finish"];

/// The width of the one column, in points.
const COLUMN: f32 = 480.0;

/// The height of the bar with the buttons.
const BAR: f32 = 64.0;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Connect,
    Choose,
    Success,
}

/// What a person pressed at the bottom of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Press {
    Back,
    Validate,
    Choose,
    Finish,
}

/// The wizard is through: the account is collected, or nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended;

/// One way through the pages.
pub struct Wizard {
    step: Step,
    /// The account that is changed; `None` adds one.
    before: Option<Account>,
    /// Whether there is somewhere to go back to.
    may_leave: bool,
    connect: Connect,
    network: NetworkPage,
    validation: Validation,
    /// The values the validation that ended well was about.
    proven: Option<Proof>,
    choose: Choose,
    finding: bool,
    finishing: bool,
    failed: Option<Problem>,
    /// The failure is new: it comes into sight.
    points_at_failure: bool,
    finished: Option<Finished>,
    /// The button that leads on is what comes next: it gets the keyboard's focus.
    offers_finish: bool,
}

/// What a validation was about; values that differ need one of their own.
#[derive(PartialEq)]
struct Proof {
    integration_key: String,
    secret_key: Option<Zeroizing<String>>,
    api_hostname: String,
    accounts_api: bool,
    network: crate::settings::Network,
}

/// The page after this press; a pure function of both.
fn next_step(step: Step, press: Press) -> Option<Step> {
    match (step, press) {
        (Step::Connect, Press::Choose) => Some(Step::Choose),
        (Step::Choose, Press::Back) => Some(Step::Connect),
        // Finish leads on when it has succeeded.
        _ => None,
    }
}

impl Wizard {
    /// Adds an account. `may_leave`: whether there is something behind the wizard to return to.
    pub fn add(settings: &Settings, may_leave: bool) -> Self {
        Self::new(settings, None, may_leave, true)
    }

    /// Changes an account.
    pub fn edit(settings: &Settings, account: &Account, start_at_login: bool) -> Self {
        Self::new(settings, Some(account.clone()), true, start_at_login)
    }

    fn new(
        settings: &Settings,
        before: Option<Account>,
        may_leave: bool,
        start_at_login: bool,
    ) -> Self {
        Self {
            step: Step::Connect,
            connect: match &before {
                Some(account) => Connect::edit(settings, account),
                None => Connect::new(settings),
            },
            network: NetworkPage::new(&settings.network),
            validation: Validation::default(),
            proven: None,
            choose: Choose::new(settings, before.as_ref(), start_at_login),
            before,
            may_leave,
            finding: false,
            finishing: false,
            failed: None,
            points_at_failure: false,
            finished: None,
            offers_finish: false,
        }
    }

    /// The same with its first page filled in; it does not start at login.
    pub fn filled_in(mut self, prefill: Prefill) -> Self {
        self.connect.fill_in(prefill);
        self.choose.start_at_login = false;
        self
    }

    /// Takes news that are the wizard's.
    pub fn take(&mut self, news: &News) {
        match news {
            News::Check(run, check) => self.validation.take_check(*run, check.clone()),
            News::Validated(run, outcome) => {
                self.validation.take_outcome(*run, outcome.clone());
            }
            News::Certificates(file, found) => self.network.take_certificates(file, found),
            News::Finished(Ok(finished)) => {
                self.finishing = false;
                self.finished = Some(finished.clone());
                self.step = Step::Success;
                self.offers_finish = true;
                // The secret key is in the keychain; this copy has served.
                self.connect.secret_key = Zeroizing::default();
                self.proven = None;
            }
            News::Finished(Err(problem)) => {
                self.finishing = false;
                self.points_at_failure = true;
                self.offers_finish = true;
                self.failed = Some(problem.clone());
            }
            _ => {}
        }
    }

    /// Draws the page and its dialogs.
    pub fn ui(
        &mut self,
        ui: &mut egui::Ui,
        standing: Option<&Standing>,
        wishes: &mut Vec<Wish>,
    ) -> Option<Ended> {
        let is_modal = self.validation.open || self.finding || self.network.is_open();
        if self.step == Step::Connect && !is_modal {
            self.connect.take_paste(ui.ctx());
        }
        let colors = theme::of(ui);
        let room = ui.available_rect_before_wrap();
        ui.painter().rect_filled(room, 0.0, colors.ground);
        // Not as panels: those at the edge come first, also to the keyboard and to screen readers.
        let (page, bar) = room.split_top_bottom_at_y(room.bottom() - BAR);
        let mut entered = false;
        let inside = egui::UiBuilder::new().max_rect(page.shrink2(egui::vec2(8.0, 0.0)));
        ui.scope_builder(inside, |ui| {
            egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                ui.vertical_centered(|ui| {
                    ui.set_max_width(COLUMN);
                    ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
                        ui.add_space(16.0);
                        entered = self.page_ui(ui, standing);
                        ui.add_space(12.0);
                    });
                });
            });
        });
        ui.painter().hline(bar.x_range(), bar.top(), egui::Stroke::new(1.0, colors.border));
        let inside = egui::UiBuilder::new().max_rect(bar.shrink2(egui::vec2(24.0, 16.0)));
        let (press, finish) = ui.scope_builder(inside, |ui| self.bottom_ui(ui)).inner;
        let offers_finish = std::mem::take(&mut self.offers_finish);
        self.dialogs_ui(ui.ctx(), wishes);
        if let Some(finish) = finish.filter(|_| offers_finish) {
            ui.memory_mut(|memory| memory.request_focus(finish));
        }
        if entered && !is_modal {
            self.validate(wishes);
        }
        self.pressed(press?, wishes)
    }

    fn page_ui(&mut self, ui: &mut egui::Ui, standing: Option<&Standing>) -> bool {
        let current = match self.step {
            Step::Connect => 0,
            Step::Choose => 1,
            Step::Success => 2,
        };
        widgets::steps(ui, &STEPS, current);
        ui.add_space(8.0);
        let title = widgets::page_title(ui, &self.title());
        if self.step == Step::Success {
            parts::announce(ui, &title);
        }
        ui.add_space(2.0);
        let mut entered = false;
        ui.spacing_mut().item_spacing.y = 4.0;
        match self.step {
            Step::Connect => {
                connect::subtitle_ui(ui, &self.connect);
                ui.add_space(6.0);
                entered = connect::fields_ui(ui, &mut self.connect);
                self.below_fields_ui(ui);
            }
            Step::Choose => {
                widgets::small(ui, "All of this is sensible as it is, and can be changed later");
                ui.add_space(12.0);
                let report = self.validation.report();
                choose::choose_ui(ui, &mut self.choose, report);
            }
            Step::Success => {
                ui.add_space(12.0);
                if let Some(finished) = &self.finished {
                    success::success_ui(ui, finished, standing);
                }
            }
        }
        if let Some(problem) = &self.failed {
            ui.add_space(12.0);
            let banner = parts::problem_banner(ui, problem);
            if std::mem::take(&mut self.points_at_failure) {
                banner.scroll_to_me(None);
            }
        }
        entered
    }

    fn title(&self) -> String {
        match (self.step, &self.before) {
            (Step::Connect, None) => "Connect to Duo".to_owned(),
            (Step::Connect, Some(account)) => format!("Edit {}", account.name),
            (Step::Choose, _) => "Choose what is collected".to_owned(),
            (Step::Success, _) => "Duo\u{2019}s logs are on their way".to_owned(),
        }
    }

    fn below_fields_ui(&mut self, ui: &mut egui::Ui) {
        let is_msp = &mut self.connect.accounts_api;
        widgets::check_row(ui, is_msp, connect::labels::ACCOUNTS_API, "");
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 16.0;
            if widgets::link_button(ui, "Where do I find these?").clicked() {
                self.finding = true;
            }
            let network = widgets::link_button(ui, "Network\u{2026}");
            let summary = self.network.summary();
            let network = match &summary {
                Some(summary) => network.on_hover_text(summary),
                None => network,
            };
            if network.clicked() {
                self.network.open();
            }
            if summary.is_some() {
                widgets::small(ui, "set");
            }
        });
    }

    /// What was pressed, and which button leads on while it can be pressed.
    fn bottom_ui(&mut self, ui: &mut egui::Ui) -> (Option<Press>, Option<egui::Id>) {
        let mut press = None;
        let mut offered = None;
        ui.horizontal(|ui| {
            let may_go_back = match self.step {
                Step::Connect => self.may_leave,
                Step::Choose => true,
                Step::Success => false,
            };
            if may_go_back && !self.finishing {
                let text = if self.step == Step::Connect { "Cancel" } else { "Back" };
                let pressed = widgets::quiet_button(ui, text).clicked()
                    || (ui.input(|input| input.key_pressed(egui::Key::Escape))
                        && !self.validation.open
                        && !self.finding
                        && !self.network.is_open()
                        && !egui::Popup::is_any_open(ui.ctx()));
                if pressed {
                    press = Some(Press::Back);
                }
            }
            if self.step == Step::Connect && self.is_proven() && !self.finishing {
                widgets::state_sign(ui, widgets::Sign::Pass);
                ui.label("Duo accepts these values");
            }
            parts::buttons_right(ui, |ui| match self.step {
                Step::Success => {
                    let open = widgets::primary_button(ui, "Open the overview");
                    if open.clicked() {
                        press = Some(Press::Finish);
                    }
                    offered = Some(open.id);
                }
                step => {
                    let ready = self.may_finish();
                    ui.add_enabled_ui(ready, |ui| {
                        let finish = if ready {
                            widgets::primary_button(ui, "Finish")
                        } else {
                            widgets::quiet_button(ui, "Finish").on_disabled_hover_text(
                                "Validate Credential first: Finish needs keys that work",
                            )
                        };
                        if finish.clicked() {
                            press = Some(Press::Finish);
                        }
                        offered = ready.then_some(finish.id);
                    });
                    if step == Step::Connect && !self.is_proven() && !self.finishing {
                        let text = "Validate Credential";
                        let validate = if ready {
                            widgets::quiet_button(ui, text)
                        } else {
                            widgets::primary_button(ui, text)
                        };
                        if validate.clicked() {
                            press = Some(Press::Validate);
                        }
                    }
                    let is_edit = self.before.is_some();
                    let may_choose = self.is_proven() || is_edit;
                    if step == Step::Connect && may_choose && !self.finishing {
                        let text = "Choose logs\u{2026}";
                        if widgets::quiet_button(ui, text).clicked() {
                            press = Some(Press::Choose);
                        }
                    }
                    if self.finishing {
                        let words = ui.label("Starting to collect");
                        parts::announce(ui, &words);
                        widgets::state_sign(ui, widgets::Sign::Running);
                    }
                }
            });
        });
        (press, offered)
    }

    fn pressed(&mut self, press: Press, wishes: &mut Vec<Wish>) -> Option<Ended> {
        if let Some(step) = next_step(self.step, press) {
            self.step = step;
            return None;
        }
        match (self.step, press) {
            (Step::Connect, Press::Back) => Some(Ended),
            (Step::Success, Press::Finish) => Some(Ended),
            (_, Press::Validate) => {
                self.validate(wishes);
                None
            }
            (_, Press::Finish) => {
                self.finish(wishes);
                None
            }
            _ => None,
        }
    }

    fn dialogs_ui(&mut self, ctx: &egui::Context, wishes: &mut Vec<Wish>) {
        match validation::dialog_ui(ctx, &self.validation) {
            Some(Answer::Cancel) => {
                self.validation.close();
                wishes.push(Wish::CancelValidation);
            }
            Some(Answer::Close) => {
                self.validation.close();
                self.offers_finish = self.is_proven();
            }
            Some(Answer::Again) => self.validate(wishes),
            None => {}
        }
        find_keys::dialog_ui(ctx, &mut self.finding);
        network::dialog_ui(ctx, &mut self.network, wishes);
    }

    fn validate(&mut self, wishes: &mut Vec<Wish>) {
        self.failed = None;
        self.connect.show_all_mistakes();
        let Some(keys) = self.keys() else { return };
        self.proven = Some(self.proof());
        let run = self.validation.begin();
        wishes.push(Wish::Validate(run, Box::new(keys)));
    }

    fn finish(&mut self, wishes: &mut Vec<Wish>) {
        if !self.may_finish() {
            return;
        }
        let (Some(keys), Some(alarm)) = (self.keys(), self.choose.alarm()) else { return };
        self.failed = None;
        self.finishing = true;
        wishes.push(Wish::Finish(Box::new(Decision {
            keys,
            before: self.before.as_ref().map(|account| account.name.clone()),
            alarm,
            notifications: self.choose.notifications,
            start_at_login: self.choose.start_at_login,
        })));
    }

    /// What is typed, as far as it is whole.
    fn keys(&self) -> Option<Keys> {
        let report = self.validation.report().filter(|_| self.is_proven());
        let log_types: Vec<String> =
            self.choose.log_types(report).iter().map(ToString::to_string).collect();
        let history = self.choose.history();
        let choice = Choice { log_types: &log_types, history: &history };
        Some(Keys {
            account: self.connect.account(self.before.as_ref(), choice)?,
            secret: self.connect.typed_secret(),
            network: self.network.network(),
            login: self.network.login(),
        })
    }

    fn proof(&self) -> Proof {
        Proof {
            integration_key: self.connect.integration_key.trim().to_owned(),
            secret_key: self
                .connect
                .typed_secret()
                .map(|secret| Zeroizing::new(secret.expose().to_owned())),
            api_hostname: self.connect.api_hostname.trim().to_owned(),
            accounts_api: self.connect.accounts_api,
            network: self.network.network(),
        }
    }

    /// Whether Duo accepted the very values on the page.
    fn is_proven(&self) -> bool {
        self.validation.report().is_some_and(|report| report.ok)
            && self.proven.as_ref() == Some(&self.proof())
    }

    /// Whether the values are those the account has already: then there is nothing to prove.
    fn is_unchanged(&self) -> bool {
        let Some(before) = &self.before else { return false };
        self.connect.keeps_secret()
            && self.connect.api_hostname.trim() == before.api_hostname
            && self.connect.mistakes().is_empty()
    }

    fn may_finish(&self) -> bool {
        !self.finishing
            && !self.validation.open
            && (self.is_proven() || self.is_unchanged())
            && self.connect.mistakes().is_empty()
            && self.choose.alarm().is_some()
            && !self.choose.log_types(None).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_steps_is_connect_choose_and_back() {
        assert_eq!(next_step(Step::Connect, Press::Choose), Some(Step::Choose));
        assert_eq!(next_step(Step::Choose, Press::Back), Some(Step::Connect));
        assert_eq!(next_step(Step::Connect, Press::Finish), None);
    }
}
