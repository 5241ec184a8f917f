//! “Knowledge packs”: what is known about records, where it comes from, and what was switched.
//!
//! Promises: a pack is taken whole or not at all, and what is wrong with it is told with file and line;
//! removing one can be undone; what was switched off has a way back.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use directories::UserDirs;
use eframe::egui;

use super::accounts::name_for_readers;
use super::rows;
use crate::base::{Home, Problem, files};
use crate::detect::check_pack;
use crate::knowledge::{self, Imported, Kind, Knowledge, OWN, Pack, Switches};
use crate::platform::show;
use crate::window::console::here::Here;
use crate::window::desk::Slot;
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::{Act, Did};

/// The room for the buttons of a pack, in points.
const BUTTONS: f32 = 190.0;

/// The section's own state.
#[derive(Default)]
pub(super) struct Packs {
    listed: Slot<u64, Listed>,
    file: String,
    importing: Option<Doing<Imported>>,
    exporting: Option<Doing<Written>>,
}

/// What is there.
#[derive(Default)]
struct Listed {
    packs: Vec<Told>,
    switched: Vec<Switched>,
}

/// A pack, as it is told.
struct Told {
    id: String,
    title: String,
    version: String,
    date: String,
    counts: [usize; 4],
}

/// An item that a person switched.
#[derive(Clone)]
struct Switched {
    kind: Kind,
    id: String,
    title: String,
    enabled: bool,
}

/// What an export wrote, and where.
#[derive(Clone)]
struct Written {
    items: usize,
    file: PathBuf,
}

/// Something under way, and what became of it.
struct Doing<T> {
    answer: Arc<Mutex<Option<Result<T, Problem>>>>,
}

impl<T: Clone + Send + 'static> Doing<T> {
    /// Has it done; the answer shows where it was asked for.
    fn start(
        here: &mut Here<'_>,
        name: &'static str,
        work: impl Fn(&Home) -> Result<T, Problem> + Send + Sync + 'static,
    ) -> Self {
        let answer = Arc::<Mutex<Option<Result<T, Problem>>>>::default();
        let place = Arc::clone(&answer);
        here.act(Act::new(name, move |home| {
            let done = work(home);
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            Ok(Did::quietly())
        }));
        Self { answer }
    }

    fn answer(&self) -> Option<Result<T, Problem>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Packs {
    /// Draws the section.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        self.listed.want(here.desk, here.view.fresh, |shelf| list(shelf.home()));
        for problem in here.desk.pack_problems() {
            parts::problem_banner(ui, &problem);
            rows::gap(ui);
        }
        if let Some(problem) = self.listed.problem() {
            parts::problem_banner(ui, problem);
            rows::gap(ui);
        }
        let about = "Categories, rules, reports and dashboards. A pack of your own stands over the \
                     program\u{2019}s, item by item, and no update touches it";
        let mut wanted = None;
        let is_slow = self.listed.is_slow(ui.ctx());
        let listed = self.listed.shown();
        rows::card(ui, "Packs in use", about, |ui| match listed {
            None if is_slow => {
                parts::sign_line(ui, widgets::Sign::Running, "Reading the packs\u{2026}");
            }
            None => {}
            Some(listed) => {
                for (i, pack) in listed.packs.iter().enumerate() {
                    if i > 0 {
                        widgets::divider(ui);
                    }
                    wanted = pack_ui(ui, pack).or(wanted.take());
                }
            }
        });
        match wanted {
            Some(Wanted::Export(id)) => {
                self.exporting =
                    Some(Doing::start(here, "export a pack", move |home| export(home, &id)));
            }
            Some(Wanted::Remove(id)) => here.act(remove_act(id)),
            None => {}
        }
        self.exported_ui(ui, here);
        rows::gap(ui);
        self.import_ui(ui, here);
        let switched = self.listed.shown().map(|listed| listed.switched.clone());
        if let Some(switched) = switched {
            rows::gap(ui);
            switched_ui(ui, here, &switched);
        }
    }

    fn exported_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let Some(answer) = self.exporting.as_ref().and_then(Doing::answer) else { return };
        ui.add_space(theme::tokens().space.small);
        let mut dismissed = false;
        match answer {
            Ok(written) => {
                let title = format!("{} written", say::counted(written.items as u64, "item"));
                let text = written.file.display().to_string();
                widgets::banner(ui, widgets::Kind::Good, &title, &text, |ui| {
                    if widgets::quiet_button(ui, "Open folder").clicked() {
                        here.act(open_act(written.file.parent().unwrap_or(&written.file)));
                    }
                    dismissed = widgets::quiet_button(ui, "Close").clicked();
                });
            }
            Err(problem) => {
                parts::problem_banner(ui, &problem);
                dismissed = widgets::quiet_button(ui, "Close").clicked();
            }
        }
        if dismissed {
            self.exporting = None;
        }
    }

    fn import_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let dropped =
            ui.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_path_buf()));
        if let Some(path) = dropped {
            self.file = path.display().to_string();
        }
        let about = "A zip archive with manifest.toml. It is checked with its own samples first, and a \
                     running collector goes by it within seconds";
        rows::card(ui, "Import a pack", about, |ui| {
            let spec = FieldSpec {
                label: "Pack file",
                placeholder: "/path/to/pack.zip",
                help: "Write its path, or drop the file here",
                width: Some(480.0),
                ..FieldSpec::default()
            };
            let field = widgets::field(ui, &mut self.file, &spec);
            let answer = self.importing.as_ref().map(Doing::answer);
            let is_busy = matches!(answer, Some(None));
            let ready = !self.file.trim().is_empty() && !is_busy;
            let press = widgets::Press::quiet("Import").icon(icons::UPLOAD);
            if ui.add_enabled(ready, press).clicked() || (field.entered && ready) {
                let file = PathBuf::from(self.file.trim());
                let import = move |home: &Home| knowledge::import_pack(home, &file, check_pack);
                self.importing = Some(Doing::start(here, "import a pack", import));
            }
            match answer {
                Some(None) => {
                    let words = "Checking the pack with its samples\u{2026}";
                    let line = parts::sign_line(ui, widgets::Sign::Running, words);
                    parts::announce(ui, &line);
                }
                Some(Some(Ok(imported))) => {
                    widgets::banner(
                        ui,
                        widgets::Kind::Good,
                        &imported_words(&imported),
                        "",
                        |_| {},
                    );
                }
                Some(Some(Err(problem))) => {
                    parts::problem_banner(ui, &problem);
                }
                None => {}
            }
        });
    }
}

/// What a person wants with a pack.
enum Wanted {
    Export(String),
    Remove(String),
}

fn pack_ui(ui: &mut egui::Ui, pack: &Told) -> Option<Wanted> {
    let mut wanted = None;
    ui.horizontal_top(|ui| {
        let room = (ui.available_width() - BUTTONS).max(120.0);
        let column = egui::Layout::top_down(egui::Align::Min);
        ui.allocate_ui_with_layout(egui::vec2(room, 0.0), column, |ui| {
            ui.set_width(room);
            ui.spacing_mut().item_spacing.y = 2.0;
            let title = egui::RichText::new(&pack.title).text_style(theme::strong());
            ui.add(egui::Label::new(title).truncate());
            widgets::small(ui, &pack_words(pack));
        });
        let layout = egui::Layout::right_to_left(egui::Align::Min);
        ui.with_layout(layout, |ui| {
            if pack.id != OWN
                && widgets::icon_button(ui, icons::TRASH, &format!("Remove {}", pack.title))
                    .clicked()
            {
                wanted = Some(Wanted::Remove(pack.id.clone()));
            }
            let export = ui.add(widgets::Press::quiet("Export").icon(icons::DOWNLOAD));
            name_for_readers(&export, &format!("Export {}", pack.title));
            let hint = match pack.id == OWN {
                true => "A copy to start from, in your folder for downloads",
                false => "A copy, in your folder for downloads",
            };
            if export.on_hover_text(hint).clicked() {
                wanted = Some(Wanted::Export(pack.id.clone()));
            }
        });
    });
    wanted
}

fn pack_words(pack: &Told) -> String {
    let origin = match pack.id == OWN {
        true => "Comes with the program".to_owned(),
        false => format!("Your own, {}", pack.id),
    };
    let mut words = vec![origin];
    if !pack.version.is_empty() {
        words.push(format!("version {}", pack.version));
    }
    if !pack.date.is_empty() {
        words.push(pack.date.clone());
    }
    let nouns = [
        ("category", "categories"),
        ("rule", "rules"),
        ("report", "reports"),
        ("dashboard", "dashboards"),
    ];
    for (count, (one, many)) in pack.counts.iter().zip(nouns) {
        if *count > 0 {
            let noun = if *count == 1 { one } else { many };
            words.push(format!("{} {noun}", say::number(*count as i64)));
        }
    }
    words.join(" \u{00b7} ")
}

fn imported_words(imported: &Imported) -> String {
    let verb = if imported.again { "Replaced" } else { "Imported" };
    let items = say::counted(imported.items as u64, "item");
    let mut words = format!("{verb} {}: {items}", imported.manifest.title);
    if imported.over > 0 {
        let over = say::counted(imported.over as u64, "item");
        words.push_str(&format!(", {over} in the place of the program\u{2019}s own"));
    }
    if imported.same > 0 {
        let same = say::counted(imported.same as u64, "file");
        words.push_str(&format!("; {same} left out, being the program\u{2019}s own unchanged"));
    }
    words
}

/// What was switched, with a way back.
fn switched_ui(ui: &mut egui::Ui, here: &mut Here<'_>, switched: &[Switched]) {
    let about = "What you switched stays as you want it when the program is updated";
    rows::card(ui, "Switched by you", about, |ui| {
        if switched.is_empty() {
            widgets::secondary(ui, "Nothing: everything is as it comes");
        }
        for item in switched {
            let mut on = item.enabled;
            let help = parts::capitalized(item.kind.noun());
            if widgets::switch_row(ui, &mut on, &item.title, &help).changed() {
                here.act(switch_act(item.clone(), on));
            }
        }
    });
}

fn switch_act(item: Switched, on: bool) -> Act {
    let Switched { kind, id, title, .. } = item.clone();
    Act::new("switch an item", move |home| {
        knowledge::switch(home, kind, &id, on)?;
        let words = if on { "switched on" } else { "switched off" };
        let (kind, id) = (kind, id.clone());
        let undo = Act::new("switch an item back", move |home| {
            knowledge::switch(home, kind, &id, !on)?;
            Ok(Did::said("The switch is as it was"))
        });
        Ok(Did::said(format!("{title} is {words}")).with_undo(undo))
    })
}

/// Removes a pack; undone by putting its file back.
fn remove_act(id: String) -> Act {
    Act::new("remove a pack", move |home| {
        let path = home.packs_dir().join(format!("{id}.zip"));
        let bytes = files::read_if_there(&path).ok().flatten();
        knowledge::remove_pack(home, &id)?;
        let did =
            Did::said(format!("{id} was removed; the program\u{2019}s own items are in use again"));
        let Some(bytes) = bytes else { return Ok(did) };
        let again = id.clone();
        Ok(did.with_undo(Act::new("put a pack back", move |_| {
            files::replace(&path, &bytes).map_err(|error| {
                Problem::new("The pack cannot be put back")
                    .because(error)
                    .next("import its file again")
            })?;
            Ok(Did::said(format!("{again} is in use again")))
        })))
    })
}

fn open_act(folder: &Path) -> Act {
    let folder = folder.to_owned();
    Act::new("open a folder", move |_| show::open(&folder).map(|()| Did::quietly()))
}

/// Writes a pack into the folder for downloads, under a name that is free.
fn export(home: &Home, id: &str) -> Result<Written, Problem> {
    let folder = UserDirs::new().and_then(|dirs| dirs.download_dir().map(Path::to_owned));
    let folder = folder.filter(|folder| folder.is_dir()).unwrap_or_else(|| home.data.clone());
    let file = free_name(&folder, &format!("{id}-knowledge"));
    let exported = knowledge::export_pack(home, Some(id), &file)?;
    Ok(Written { items: exported.items, file })
}

fn free_name(folder: &Path, name: &str) -> PathBuf {
    let first = folder.join(format!("{name}.zip"));
    let numbered = (2..1000).map(|n| folder.join(format!("{name}-{n}.zip")));
    std::iter::once(first.clone()).chain(numbered).find(|path| !path.exists()).unwrap_or(first)
}

fn list(home: &Home) -> Result<Listed, Problem> {
    let own = knowledge::own_pack()?;
    let packs: Vec<Pack> =
        std::iter::once(own).chain(knowledge::packs(home).into_iter().flatten()).collect();
    let packs = packs.iter().map(|pack| Told {
        id: pack.manifest.id.clone(),
        title: pack.manifest.title.clone(),
        version: pack.manifest.version.clone(),
        date: pack.manifest.date.clone(),
        counts: [Kind::Categories, Kind::Rules, Kind::Reports, Kind::Dashboards]
            .map(|kind| pack.count(kind)),
    });
    // What is wrong with either is told beside them.
    let known = Knowledge::load(home).map(|(known, _)| known).unwrap_or_default();
    let switches = Switches::load(home).unwrap_or_default();
    let mut switched = Vec::new();
    for kind in Kind::ALL {
        for (id, enabled) in switches.of(kind) {
            let Some(title) = title_of(&known, kind, id) else { continue };
            switched.push(Switched { kind, id: id.to_owned(), title, enabled });
        }
    }
    Ok(Listed { packs: packs.collect(), switched })
}

fn title_of(known: &Knowledge, kind: Kind, id: &str) -> Option<String> {
    fn of<T>(items: &[knowledge::Item<T>], id: &str) -> Option<String> {
        items.iter().find(|item| item.id == id).map(|item| item.title.clone())
    }
    match kind {
        Kind::Categories => of(known.categories(), id),
        Kind::Rules => of(known.rules(), id).or_else(|| of(known.alarms(), id)),
        Kind::Reports => of(known.reports(), id),
        Kind::Dashboards => of(known.dashboards(), id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_pack_can_be_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        files::create_private_dir(&home.packs_dir()).unwrap();
        let path = home.packs_dir().join("mine.zip");
        std::fs::write(&path, "bytes").unwrap();
        let did = remove_act("mine".to_owned()).run(&home).unwrap();
        assert!(!path.exists());
        did.undo.unwrap().run(&home).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
    }

    #[test]
    fn what_was_switched_off_is_told_by_its_title_and_goes_back_on() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        assert!(list(&home).unwrap().switched.is_empty());
        knowledge::switch(&home, Kind::Categories, "other", false).unwrap();
        let listed = list(&home).unwrap();
        let [item] = listed.switched.as_slice() else { panic!("one is switched") };
        assert!(!item.enabled && item.title != "other");
        assert!(listed.packs[0].counts.iter().all(|count| *count > 0));
        switch_act(item.clone(), true).run(&home).unwrap();
        assert!(list(&home).unwrap().switched[0].enabled);
    }

    #[test]
    fn an_export_takes_the_place_of_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let first = free_name(folder.path(), "duo");
        std::fs::write(&first, "").unwrap();
        assert!(free_name(folder.path(), "duo").ends_with("duo-2.zip"));
    }
}
