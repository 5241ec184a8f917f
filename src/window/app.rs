//! The window: the wizard on first run, the console afterwards.
//!
//! Promises: drawing touches no disk and no network and never waits; it is drawn again only when a
//! person does something, when there is news, or when a time on the screen grows old.

use std::time::{Duration, Instant};

use eframe::egui;

use super::Prefill;
use super::console::{Ask, Console};
use super::desk::Desk;
use super::look::looks::Looks;
use super::look::{self, widgets};
use super::outline::Outline;
use super::wizard::Wizard;
use super::worker::{Act, News, Standing, Wish, Worker};
use crate::base::{Home, Problem};
use crate::platform::appearance::Appearance;
use crate::settings::Settings;
use crate::window::parts;

/// How often a window that is looked at is drawn again, for “3 min ago” to stay true.
const GROWS_OLD: Duration = Duration::from_secs(30);

/// How long the first frame waits to hear whether it should be dark: a white flash at night hurts
/// more than a moment of nothing, and a desktop that knows answers much sooner.
const FIRST_LOOK: Duration = Duration::from_millis(80);

/// How long a sentence about something done stays.
const SAID_FOR: Duration = Duration::from_secs(6);

/// How long it stays where it can be undone.
const UNDO_FOR: Duration = Duration::from_secs(20);

/// What is in the window.
enum Page {
    Wizard(Box<Wizard>),
    Console,
}

/// What became of what a person did last.
enum Said {
    Done(String, Option<Act>),
    Failed(Problem),
}

/// The window's state.
pub struct App {
    worker: Worker,
    page: Page,
    console: Console,
    standing: Option<Standing>,
    said: Option<(Instant, Said)>,
    /// How the desktop wants programs to look.
    wanted: Appearance,
    /// How the person wants this one to look; what was put into effect last.
    looks: Looks,
    started: Instant,
    /// Frames begun, as far as two.
    frames: u8,
    /// What was typed behind a Tab and waits for the next frame.
    typed_ahead: Vec<egui::Event>,
}

impl App {
    /// Starts the worker and decides what to show first: the wizard while there is no account.
    /// `started`: when the program did.
    pub fn new(
        ctx: &egui::Context,
        home: Home,
        started: Instant,
        prefill: Option<Prefill>,
    ) -> Result<Self, Problem> {
        look::install(ctx, false);
        let first = Settings::load(&home);
        let page = match &first {
            Ok(settings) if settings.accounts.is_empty() => {
                let wizard = Wizard::add(settings, false);
                Page::Wizard(Box::new(match prefill {
                    Some(prefill) => wizard.filled_in(prefill),
                    None => wizard,
                }))
            }
            // Mistakes in the settings are shown in the console, with what to do about them.
            _ => Page::Console,
        };
        let wake = ctx.clone();
        let worker = Worker::start(home.clone(), move || wake.request_repaint())?;
        let wake = ctx.clone();
        let desk = Desk::new(home.clone(), move || wake.request_repaint());
        let mut app = Self {
            worker,
            page,
            console: Console::new(home, desk),
            standing: None,
            said: None,
            wanted: Appearance::default(),
            looks: Looks::default(),
            started,
            frames: 0,
            typed_ahead: Vec::new(),
        };
        app.looks = app.kept_looks();
        app.apply_looks(ctx);
        app.wait_for_appearance(ctx);
        Ok(app)
    }

    fn wait_for_appearance(&mut self, ctx: &egui::Context) {
        let end = Instant::now() + FIRST_LOOK;
        while let Some(news) =
            self.worker.news_within(end.saturating_duration_since(Instant::now()))
        {
            let is_it = matches!(news, News::Appearance(_));
            self.take(ctx, news);
            if is_it {
                return;
            }
        }
    }

    fn take_news(&mut self, ctx: &egui::Context) {
        while let Some(news) = self.worker.news() {
            self.take(ctx, news);
        }
    }

    fn take(&mut self, ctx: &egui::Context, news: News) {
        match &mut self.page {
            Page::Wizard(wizard) => wizard.take(&news),
            Page::Console => self.console.take(&news),
        }
        match news {
            News::Appearance(wanted) => {
                self.wanted = wanted;
                self.apply_looks(ctx);
            }
            News::Standing(standing) => {
                self.console.notice(self.standing.as_ref(), &standing);
                self.standing = Some(*standing);
            }
            News::Done(words) => self.said = Some((Instant::now(), Said::Done(words, None))),
            News::Did(did) => {
                self.console.look_again();
                if let Some(words) = did.words {
                    self.said = Some((Instant::now(), Said::Done(words, did.undo)));
                }
            }
            News::Failed(problem) => {
                self.console.look_again();
                self.said = Some((Instant::now(), Said::Failed(problem)));
            }
            News::Show => {
                ctx.send_viewport_cmd(egui::ViewportCommand::Minimized(false));
                ctx.send_viewport_cmd(egui::ViewportCommand::Visible(true));
                ctx.send_viewport_cmd(egui::ViewportCommand::Focus);
                ctx.send_viewport_cmd(egui::ViewportCommand::RequestUserAttention(
                    egui::UserAttentionType::Informational,
                ));
            }
            News::Check(..) | News::Validated(..) | News::Certificates(..) | News::Finished(..) => {
            }
        }
    }

    fn kept_looks(&self) -> Looks {
        self.console.kept().get(Looks::KEY).unwrap_or_default()
    }

    fn apply_looks(&self, ctx: &egui::Context) {
        self.looks.apply(ctx, self.wanted.dark, self.wanted.reduced_motion);
    }

    /// Takes over what the person chose, in the settings or with Ctrl and plus or minus.
    fn follow_looks(&mut self, ctx: &egui::Context) {
        let mut looks = self.kept_looks();
        let percent = (ctx.zoom_factor() * 100.0).round() as u16;
        if looks == self.looks && percent != looks.percent {
            looks.percent = percent;
            self.console.kept().set(Looks::KEY, &looks);
            self.looks = looks;
        } else if looks != self.looks {
            self.looks = looks;
            self.apply_looks(ctx);
        }
    }

    /// When the second frame begins, the first one is on the screen.
    fn tell_first_frame(&mut self, ctx: &egui::Context) {
        match self.frames {
            0 => ctx.request_repaint(),
            1 => {
                let millis = self.started.elapsed().as_millis() as u64;
                tracing::info!(millis, "the window shows its first frame");
            }
            _ => return,
        }
        self.frames += 1;
    }

    fn wizard_for(&self, ask: &Ask) -> Option<Wizard> {
        let standing = self.standing.as_ref()?;
        let settings = standing.settings.as_ref().ok()?;
        match ask {
            Ask::AddAccount => Some(Wizard::add(settings, true)),
            Ask::EditAccount(name) => {
                let account = settings.account(name)?;
                Some(Wizard::edit(settings, account, standing.start_at_login))
            }
        }
    }

    /// What a person did last, in a line at the bottom.
    fn said_ui(&mut self, ui: &mut egui::Ui, wishes: &mut Vec<Wish>) {
        let Some((when, said)) = &self.said else { return };
        let left = match said {
            Said::Done(_, None) => SAID_FOR,
            Said::Done(_, Some(_)) => UNDO_FOR,
            Said::Failed(_) => Duration::MAX,
        }
        .saturating_sub(when.elapsed());
        if left.is_zero() {
            self.said = None;
            return;
        }
        let mut dismissed = false;
        egui::Panel::bottom("said")
            .frame(parts::ground(ui, 16, 8))
            .show_separator_line(false)
            .show(ui, |ui| match said {
                Said::Done(words, undo) => {
                    ui.horizontal(|ui| {
                        let words = parts::sign_line(ui, widgets::Sign::Pass, words);
                        parts::announce(ui, &words);
                        if let Some(undo) = undo
                            && widgets::link_button(ui, "Undo").clicked()
                        {
                            wishes.push(Wish::Act(undo.clone()));
                            dismissed = true;
                        }
                    });
                    ui.ctx().request_repaint_after(left);
                }
                Said::Failed(problem) => {
                    parts::problem_banner(ui, problem);
                    dismissed = widgets::quiet_button(ui, "Dismiss").clicked();
                }
            });
        if dismissed {
            self.said = None;
        }
    }

    fn page_ui(&mut self, ui: &mut egui::Ui, wishes: &mut Vec<Wish>) {
        match &mut self.page {
            Page::Wizard(wizard) => {
                if wizard.ui(ui, self.standing.as_ref(), wishes).is_some() {
                    self.page = Page::Console;
                    grow(ui.ctx());
                    ui.ctx().request_repaint();
                }
            }
            Page::Console => {
                Outline::remember(ui.ctx(), self.console.kept());
                let ask = self.console.ui(ui, self.standing.as_ref(), wishes);
                if let Some(wizard) = ask.and_then(|ask| self.wizard_for(&ask)) {
                    self.page = Page::Wizard(Box::new(wizard));
                }
                ui.ctx().request_repaint_after(GROWS_OLD);
            }
        }
    }
}

/// The console needs more room than the wizard; a window that is larger already stays as it is.
fn grow(ctx: &egui::Context) {
    let now = ctx.content_rect().size();
    let wanted = now.max(super::CONSOLE_SIZE.into());
    let wanted = ctx
        .input(|input| input.viewport().monitor_size)
        .map_or(wanted, |monitor| wanted.min(monitor * 0.9));
    if wanted != now {
        ctx.send_viewport_cmd(egui::ViewportCommand::InnerSize(wanted));
    }
}

/// What may be handled in this frame, and what has to wait for the next one: keys that follow a Tab
/// are meant for the field it leads to, which has the focus only then.
fn split_after_tab(events: Vec<egui::Event>) -> (Vec<egui::Event>, Vec<egui::Event>) {
    let is_tab = |event: &egui::Event| {
        matches!(event, egui::Event::Key { key: egui::Key::Tab, pressed: true, .. })
    };
    let mut now = events;
    let later = match now.iter().position(is_tab) {
        Some(tab) => now.split_off(tab + 1),
        None => Vec::new(),
    };
    (now, later)
}

impl eframe::App for App {
    fn raw_input_hook(&mut self, ctx: &egui::Context, input: &mut egui::RawInput) {
        let mut events = std::mem::take(&mut self.typed_ahead);
        events.append(&mut input.events);
        (input.events, self.typed_ahead) = split_after_tab(events);
        if !self.typed_ahead.is_empty() {
            ctx.request_repaint();
        }
    }

    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        self.take_news(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.tell_first_frame(ui.ctx());
        self.take_news(ui.ctx());
        self.follow_looks(ui.ctx());
        let mut wishes: Vec<Wish> = Vec::new();
        self.said_ui(ui, &mut wishes);
        // An id of its own: a click must not be lost because the line below comes or goes meanwhile.
        let page = egui::UiBuilder::new().scope_id(egui::Id::unique("page"));
        ui.scope_builder(page, |ui| self.page_ui(ui, &mut wishes));
        for wish in wishes {
            self.worker.wish(wish);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_behind_a_tab_waits_for_the_next_frame() {
        let text = |text: &str| egui::Event::Text(text.to_owned());
        let tab = egui::Event::Key {
            key: egui::Key::Tab,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: egui::Modifiers::NONE,
        };
        let typed = vec![text("a"), tab.clone(), text("b"), tab.clone(), text("c")];
        let (now, later) = split_after_tab(typed);
        assert_eq!((now.len(), later.len()), (2, 3));
        let (now, later) = split_after_tab(later);
        assert_eq!(now, [text("b"), tab]);
        assert_eq!(later, [text("c")]);
        assert_eq!(split_after_tab(later), (vec![text("c")], Vec::new()));
    }
}
