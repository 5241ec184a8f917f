//! Packs that a person imported: `data/packs/<id>.zip`. They stand over the program's own, item by
//! item, and no update touches them.
//!
//! Promises: a pack is kept only when all of it is right; what is the same as the program's own is
//! not kept, so that it goes on being updated; nothing of a pack that turned bad later is used.
//!
//! - Absent: the program's own pack alone.
//! - Unreadable or wrong: told, and that pack is left out; collecting goes on.
//! - Left over from a crash: a pack is replaced as a whole, so there is no half pack.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::archive::{self, MOST_BYTES};
use super::manifest::{self, Manifest};
use super::own::CHANGED_HERE;
use super::{Files, Kind, Knowledge, Mistakes, OWN, Samples};
use crate::base::words::nearest;
use crate::base::{Home, Problem, files};

/// What the program's own pack is called when it is exported to start from.
const COPY: &str = "\
# A copy of the program's own pack, to start from. Keep what you change and delete the rest: what is
# not here comes from the program and is updated with it.
id = \"my-pack\"
title = \"My own knowledge\"
version = \"1\"
format = 1
";

/// A pack that was imported.
#[derive(Clone, Debug)]
pub struct Pack {
    /// What it says about itself.
    pub manifest: Manifest,
    /// Its files.
    pub files: Files,
}

/// What an import did.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What the pack says about itself.
    pub manifest: Manifest,
    /// Whether it took the place of an older one with its id.
    pub again: bool,
    /// How many items it brings.
    pub items: usize,
    /// How many of them take the place of the program's own.
    pub over: usize,
    /// Files left out because they are the program's own.
    pub same: usize,
}

/// What an export wrote.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The id inside the file.
    pub id: String,
    /// How many items it holds.
    pub items: usize,
}

impl Pack {
    /// How many items of a kind it holds.
    pub fn count(&self, kind: Kind) -> usize {
        items(&self.files).filter(|(of, _)| *of == kind).count()
    }
}

/// The packs of a home, by id; what is wrong with the others.
pub fn packs(home: &Home) -> Vec<Result<Pack, Problem>> {
    let found = stored(home).into_iter();
    found.map(|(id, path)| read(&path, &id).map_err(|problem| left_out(&id, problem))).collect()
}

/// Checks a pack in a file and keeps it. `also` checks what this floor cannot: it is given
/// everything that will be known, and the pack.
pub fn import_pack(
    home: &Home,
    path: &Path,
    also: impl FnOnce(&Knowledge, &Pack) -> Result<(), Problem>,
) -> Result<Imported, Problem> {
    let mut pack = open(path)?;
    let id = pack.manifest.id.clone();
    if id == OWN {
        return Err(Problem::new("This pack has the id of the program's own")
            .because(format!("its manifest.toml says id = \"{OWN}\""))
            .next("give it an id of its own"));
    }
    let mut known = Knowledge::embedded()?;
    for other in packs(home).into_iter().flatten().filter(|other| other.manifest.id != id) {
        // What is wrong with another pack is told where knowledge is loaded.
        known = known.with(&other.files, &other.manifest).unwrap_or(known);
    }
    let known = known.with(&pack.files, &pack.manifest)?;
    also(&known, &pack)?;
    let own = Files::embedded();
    let before = pack.files.len();
    pack.files = pack.files.without_what_is_in(&own);
    if pack.files.iter().all(|(name, _)| misplaced(name).is_some() || !name.contains('/')) {
        return Err(Problem::new("This pack is not imported")
            .because("nothing in it differs from the program's own")
            .next("change an item, or add one"));
    }
    let bytes = archive::pack(&pack.files)?;
    let target = path_of(home, &id);
    let again = target.exists();
    let save = || {
        files::create_private_dir(&home.packs_dir())?;
        files::replace(&target, &bytes)
    };
    save().map_err(|error| cannot("kept", &target, &error))?;
    Ok(Imported {
        again,
        items: items(&pack.files).count(),
        over: items(&pack.files).filter(|(_, file)| own.get(file).is_some()).count(),
        same: before - pack.files.len(),
        manifest: pack.manifest,
    })
}

/// Writes a pack to a file: the one of this id; without one the only imported one, or the
/// program's own when there is none.
pub fn export_pack(home: &Home, id: Option<&str>, path: &Path) -> Result<Exported, Problem> {
    let stored = stored(home);
    let id = match (id, stored.as_slice()) {
        (Some(id), _) => id.to_owned(),
        (None, []) => OWN.to_owned(),
        (None, [(only, _)]) => only.clone(),
        (None, many) => {
            return Err(Problem::new("There are several packs")
                .next(format!("say which with --pack: {OWN}, {}", names(many))));
        }
    };
    let pack = if id == OWN {
        let mut files = Files::embedded();
        files.insert(manifest::FILE.to_owned(), COPY.to_owned());
        checked(files, OWN)?
    } else {
        let found = stored.iter().find(|(known, _)| *known == id);
        let (_, path) = found.ok_or_else(|| no_such_pack(&id, &stored))?;
        read(path, &id)?
    };
    let bytes = archive::pack(&pack.files)?;
    files::replace(path, &bytes).map_err(|error| cannot("written", path, &error))?;
    Ok(Exported { id: pack.manifest.id.clone(), items: items(&pack.files).count() })
}

/// The program's own pack.
pub fn own_pack() -> Result<Pack, Problem> {
    checked(Files::embedded(), OWN)
}

/// Removes an imported pack.
pub fn remove_pack(home: &Home, id: &str) -> Result<(), Problem> {
    let stored = stored(home);
    if id == OWN {
        return Err(Problem::new("The program's own pack cannot be removed")
            .next("switch off what you do not want: duo-integrator rule disable ID"));
    }
    let found = stored.iter().find(|(known, _)| known == id);
    let (_, path) = found.ok_or_else(|| no_such_pack(id, &stored))?;
    fs::remove_file(path).map_err(|error| cannot("removed", path, &error))
}

/// When the files of a home's knowledge last changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(Vec<(PathBuf, Option<SystemTime>, u64)>);

impl Stamp {
    /// Looks at the files.
    pub fn of(home: &Home) -> Self {
        let packs = stored(home).into_iter().map(|(_, path)| path);
        let lists = fs::read_dir(home.config.join("lists")).into_iter().flatten().flatten();
        let lists = lists.map(|entry| entry.path());
        let paths = packs.chain([home.knowledge_file()]).chain(lists);
        let look = |path: PathBuf| {
            let metadata = fs::metadata(&path).ok()?;
            Some((path, metadata.modified().ok(), metadata.len()))
        };
        Self(paths.filter_map(look).collect())
    }
}

/// Opens and checks a pack by itself.
fn open(path: &Path) -> Result<Pack, Problem> {
    let bytes = read_bytes(path)?;
    let files = archive::unpack(&bytes)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    checked(files, &name.unwrap_or_default())
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    let unreadable = |because: &dyn std::fmt::Display| {
        Problem::new("The pack cannot be read")
            .because(because)
            .next(format!("check this file: {}", path.display()))
    };
    let size = fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if size > MOST_BYTES {
        return Err(unreadable(&format!("it is larger than {} MB", MOST_BYTES / (1024 * 1024))));
    }
    fs::read(path).map_err(|error| unreadable(&error))
}

/// The pack, if its manifest and the names of its files are right.
pub(super) fn checked(files: Files, name: &str) -> Result<Pack, Problem> {
    let mut mistakes = Mistakes::default();
    let manifest = Manifest::read(&files, &mut mistakes);
    for (file, _) in files.iter() {
        if let Some(what) = misplaced(file) {
            mistakes.add(file, 1, what);
        }
    }
    for (_, file) in items(&files) {
        if let Err(what) = Samples::of(&files, file) {
            let (at, what) = what.split_once(": ").unwrap_or((file, &what));
            let (at, line) = at.split_once(", line ").unwrap_or((at, "1"));
            mistakes.add(at, line.parse().unwrap_or(1), what);
        }
    }
    mistakes.or_problem(manifest.as_ref().map_or(name, |manifest| &manifest.id))?;
    let manifest = manifest.ok_or_else(|| Problem::new("The pack has no manifest.toml"))?;
    Ok(Pack { manifest, files })
}

/// A pack of this home.
pub(super) fn read(path: &Path, id: &str) -> Result<Pack, Problem> {
    let pack = open(path)?;
    if pack.manifest.id == id {
        return Ok(pack);
    }
    Err(Problem::new("The pack has another id than its file")
        .because(format!("its manifest.toml says {}, and the file is {id}.zip", pack.manifest.id)))
}

/// Id and path of each pack of a home, by id, those above others last.
fn stored(home: &Home) -> Vec<(String, PathBuf)> {
    let Ok(entries) = fs::read_dir(home.packs_dir()) else { return Vec::new() };
    let mut found: Vec<(String, PathBuf)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            let id = name.strip_suffix(".zip").filter(|id| !id.starts_with('.'))?;
            Some((id.to_owned(), path.clone()))
        })
        .collect();
    // What was changed here stands over all others.
    found.sort_by_cached_key(|(id, _)| (id == CHANGED_HERE, id.clone()));
    found
}

pub(super) fn path_of(home: &Home, id: &str) -> PathBuf {
    home.packs_dir().join(format!("{id}.zip"))
}

/// Kind and name of the files that are items.
fn items(files: &Files) -> impl Iterator<Item = (Kind, &str)> {
    files.iter().filter_map(|(name, _)| Some((kind(name)?, name)))
}

fn kind(name: &str) -> Option<Kind> {
    let (folder, rest) = name.split_once('/')?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.section() == folder)?;
    let ending = if kind == Kind::Rules { ".yml" } else { ".toml" };
    rest.ends_with(ending).then_some(kind)
}

/// What is wrong with a file's place or name, if anything is.
fn misplaced(name: &str) -> Option<String> {
    const FOLDERS: [&str; 7] =
        ["alarms", "categories", "rules", "reports", "dashboards", "mappings", "values"];
    let Some((folder, rest)) = name.split_once('/') else {
        let known = name == manifest::FILE || name.ends_with(".md") || name.starts_with("LICENSE");
        return (!known).then(|| format!("items stand in folders: {}", FOLDERS.join(", ")));
    };
    if !FOLDERS.contains(&folder) {
        return Some(match nearest(folder, FOLDERS) {
            Some(near) => format!("there is no folder {folder} (did you mean {near}?)"),
            None => format!("there is no folder {folder}; they are {}", FOLDERS.join(", ")),
        });
    }
    let endings: &[&str] = match folder {
        "mappings" => return None,
        "rules" => &[".yml", ".match.json", ".quiet.json"],
        _ => &[".toml", ".match.json", ".quiet.json"],
    };
    if rest.contains('/') {
        return Some(format!("files stand in {folder} itself, not in folders below"));
    }
    let fits = endings.iter().any(|ending| rest.ends_with(ending));
    (!fits).then(|| format!("files in {folder} end in {}", endings.join(", ")))
}

fn left_out(id: &str, problem: Problem) -> Problem {
    let because = problem
        .because
        .map_or(problem.what.clone(), |because| format!("{}: {because}", problem.what));
    Problem::new(format!("The knowledge pack \u{201c}{id}\u{201d} is left out"))
        .because(because)
        .next(format!("import it again, or remove it: duo-integrator pack remove {id}"))
}

fn no_such_pack(id: &str, stored: &[(String, PathBuf)]) -> Problem {
    let problem = Problem::new(format!("There is no knowledge pack \u{201c}{id}\u{201d}"));
    match stored {
        [] => problem.next("none was imported yet: duo-integrator pack import FILE"),
        some => problem.next(format!("the packs are: {}", names(some))),
    }
}

fn names(stored: &[(String, PathBuf)]) -> String {
    stored.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ")
}

pub(super) fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(format!("The pack cannot be {what}"))
        .because(error)
        .next(format!("check this file and its folder: {}", path.display()))
}
