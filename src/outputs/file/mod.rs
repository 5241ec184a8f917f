//! Records in files, for whatever reads files: EventTracker's sensor, a Splunk forwarder, Elastic
//! Agent, Wazuh.
//!
//! Promises: a line is whole or not there when a batch is taken, and on the disk; after a crash, or
//! a full disk, each file goes on where the last batch that counts has ended, without a broken and
//! without a repeated line; files are only ever appended to, so a reader that follows them never
//! sees one shrink. (If what follows is not what was begun, because somebody changed the output or
//! the file meanwhile, the file is cut back to where the two part.)
//!
//! How: before a batch touches a file, a journal says how long each was. The token of the last batch
//! that counts comes from the store. When that is not the journal's, the journal's batch may have
//! been written in part, and comes again: what of it is there already is not written again. A
//! length in the store alone could not tell a file that was begun and never counted from a
//! stranger's file of the same name.
//!
//! A file that somebody else moves away or removes is begun anew. Finished files are compressed and
//! removed beside the writing.

mod finished;
mod journal;
mod naming;

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};

use super::{Batch, Failure, Item, Limits, Probed, Taken, Tools};
use crate::base::{Problem, UnixMillis};
use crate::settings::FileOutput;
use finished::Finishing;
use journal::Journal;

/// The files of an output.
#[derive(Debug)]
pub struct Channel {
    pattern: String,
    /// On its way to the thread that writes and back.
    files: Option<Files>,
}

#[derive(Debug)]
struct Files {
    header: Option<Vec<u8>>,
    journal: Journal,
    journal_file: PathBuf,
    /// Files that may hold a part of a batch that does not count yet, and how long they were before.
    begun: HashMap<PathBuf, u64>,
    finishing: Finishing,
    tidying: Option<JoinHandle<()>>,
}

/// What goes to one file: its path with `{date}` in it, and the lines.
#[derive(Debug)]
struct Part {
    pattern: String,
    lines: Vec<u8>,
}

impl Channel {
    /// Makes the files ready.
    pub async fn open(name: &str, to: &FileOutput, tools: Tools) -> Result<Self, Failure> {
        let pattern = tools.path(&to.path).to_string_lossy().into_owned();
        let journal_file = Journal::place(&tools.home, name);
        let read_from = journal_file.clone();
        let journal = spawn_blocking(move || Journal::read(&read_from)).await;
        let journal = journal
            .map_err(|error| Failure::passing(broke_off(&error)))?
            .map_err(Failure::lasting)?;
        let counts = tools.only_test || tools.committed.as_deref() == Some(&*journal.token);
        let begun = if counts { HashMap::new() } else { journal.files.iter().cloned().collect() };
        let mut files = Files {
            finishing: Finishing::of(to),
            header: tools.header,
            journal,
            journal_file,
            begun,
            tidying: None,
        };
        if !tools.only_test {
            files.tidy();
        }
        Ok(Self { pattern, files: Some(files) })
    }

    /// Appends a batch.
    pub async fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        let parts = self.parts(&batch.items);
        let token = batch.token.clone();
        self.work(move |files| files.append(&token, &parts)).await?;
        Ok(Taken::default())
    }

    /// Appends a test record.
    pub async fn probe(&mut self, item: &Item) -> Result<Probed, Failure> {
        let parts = self.parts(std::slice::from_ref(item));
        let written = self.work(move |files| files.append_test(&parts)).await?;
        Ok(Probed { said: format!("appended to {}", written.display()), certificate: None })
    }

    /// Waits for files that are being compressed.
    pub async fn close(mut self) {
        if let Some(tidying) = self.files.as_mut().and_then(|files| files.tidying.take()) {
            let _ = tidying.await;
        }
    }

    /// How much goes out together.
    #[expect(clippy::unused_self, reason = "all channels are asked alike")]
    pub fn limits(&self) -> Limits {
        // Each batch waits for the disk some times, so a batch is large.
        Limits { records: 4_000, bytes: 2_000_000, gather: Duration::from_millis(250) }
    }

    /// Does something with the files on a thread that may block.
    async fn work<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Files) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let Some(mut files) = self.files.take() else {
            return Err(Failure::lasting(Problem::new("Writing to the files broke off")));
        };
        let done = spawn_blocking(move || {
            let done = work(&mut files);
            (files, done)
        });
        let (files, done) = done.await.map_err(|error| Failure::lasting(broke_off(&error)))?;
        self.files = Some(files);
        done.map_err(|error| self.cannot_write(&error))
    }

    /// The items by file, in order.
    fn parts(&self, items: &[Item]) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let mut last: Option<(&Item, usize)> = None;
        for item in items {
            let near = last
                .filter(|(before, _)| before.account == item.account && before.what == item.what);
            let place = near.map(|(_, place)| place).unwrap_or_else(|| {
                let pattern = naming::expand(&self.pattern, &item.account, item.what.name());
                parts.iter().position(|part| part.pattern == pattern).unwrap_or_else(|| {
                    parts.push(Part { pattern, lines: Vec::new() });
                    parts.len() - 1
                })
            });
            last = Some((item, place));
            if let Some(part) = parts.get_mut(place) {
                part.lines.extend_from_slice(&item.line);
                part.lines.push(b'\n');
            }
        }
        parts
    }

    fn cannot_write(&self, error: &io::Error) -> Failure {
        let problem = Problem::new("The output\u{2019}s files cannot be written").because(error);
        let place = &self.pattern;
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Failure::passing(
                problem.next(format!("free some space; it goes on by itself ({place})")),
            ),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Failure::lasting(problem.next(format!("let this user write to {place}")))
            }
            _ => {
                Failure::passing(problem.next(format!("see whether the folder is there: {place}")))
            }
        }
    }
}

impl Files {
    fn append(&mut self, token: &str, parts: &[Part]) -> io::Result<()> {
        let now = UnixMillis::now();
        let today = naming::day(now);
        self.cut_strangers(parts.iter().map(|part| naming::on_day(&part.pattern, today)))?;
        let mut journal = Journal {
            token: token.to_owned(),
            files: Vec::new(),
            paths: self.journal.paths.clone(),
        };
        let mut ready = Vec::with_capacity(parts.len());
        for part in parts {
            let path = naming::on_day(&part.pattern, today);
            if !self.begun.contains_key(&path)
                && self.finishing.finish(&path, &part.pattern, part.lines.len(), today)?
            {
                self.finishing.due = true;
            }
            let there = length(&path)?;
            let before = self.begun.get(&path).copied().unwrap_or(there);
            journal.files.push((path.clone(), before));
            journal.paths.insert(part.pattern.clone());
            ready.push((path, before, there));
        }
        if journal != self.journal {
            journal.write(&self.journal_file)?;
            self.journal = journal;
        }
        // From here on a part of the batch may be there.
        self.begun = self.journal.files.iter().cloned().collect();
        for (part, (path, before, there)) in parts.iter().zip(ready) {
            self.write(&path, part, before, there)?;
        }
        self.begun.clear();
        if std::mem::take(&mut self.finishing.due) {
            self.tidy();
        }
        Ok(())
    }

    /// Writes what of a part is not there yet; what is there and no part of it is cut off.
    fn write(&self, path: &Path, part: &Part, before: u64, there: u64) -> io::Result<()> {
        let mut lines = Vec::new();
        if before == 0
            && let Some(header) = &self.header
        {
            lines.extend_from_slice(header);
            lines.push(b'\n');
        }
        let lines: &[u8] = if lines.is_empty() {
            &part.lines
        } else {
            lines.extend_from_slice(&part.lines);
            &lines
        };
        let is_new = there == 0;
        if is_new && let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().append(true).read(true).create(true).open(path)?;
        let mut done = 0;
        if there > before {
            let mut known = Vec::new();
            file.seek(SeekFrom::Start(before))?;
            // More than this and the next batch was never begun.
            (&mut file).take(64 << 20).read_to_end(&mut known)?;
            done = known.iter().zip(lines).take_while(|(known, line)| known == line).count();
            if done < known.len() {
                // Windows does not cut a file that is open for appending.
                let cut = OpenOptions::new().write(true).open(path)?;
                cut.set_len(before + done as u64)?;
            }
        }
        file.write_all(lines.get(done..).unwrap_or_default())?;
        file.sync_data()?;
        if is_new {
            sync_folder(path)?;
        }
        Ok(())
    }

    /// Cuts back files of a batch that was begun and does not come again.
    fn cut_strangers(&mut self, come: impl Iterator<Item = PathBuf>) -> io::Result<()> {
        if self.begun.is_empty() {
            return Ok(());
        }
        let come: Vec<PathBuf> = come.collect();
        let strangers: Vec<PathBuf> =
            self.begun.keys().filter(|path| !come.contains(path)).cloned().collect();
        for path in strangers {
            let before = self.begun.get(&path).copied().unwrap_or(0);
            if length(&path)? > before {
                let file = OpenOptions::new().write(true).open(&path)?;
                file.set_len(before)?;
                file.sync_data()?;
            }
            self.begun.remove(&path);
        }
        Ok(())
    }

    /// Appends a line beside whoever writes batches.
    fn append_test(&mut self, parts: &[Part]) -> io::Result<PathBuf> {
        let today = naming::day(UnixMillis::now());
        let mut written = PathBuf::new();
        for part in parts {
            let path = naming::on_day(&part.pattern, today);
            let there = length(&path)?;
            self.write(&path, part, there, there)?;
            written = path;
        }
        Ok(written)
    }

    /// Compresses and removes finished files, beside the writing.
    fn tidy(&mut self) {
        if self.tidying.as_ref().is_some_and(|tidying| !tidying.is_finished()) {
            self.finishing.due = true;
            return;
        }
        let paths = self.journal.paths.clone();
        let (finishing, today) = (self.finishing.clone(), naming::day(UnixMillis::now()));
        self.tidying = Some(spawn_blocking(move || {
            for path in paths {
                if let Err(error) = finishing.tidy(&path, today) {
                    tracing::warn!(%error, path, "finished files were not tidied up");
                }
            }
        }));
    }
}

/// The length of a file; 0 when it is not there.
fn length(path: &Path) -> io::Result<u64> {
    match fs::metadata(path) {
        Ok(meta) => Ok(meta.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// Makes a new name survive a power cut; Windows needs no such thing.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn broke_off(error: &dyn std::fmt::Display) -> Problem {
    Problem::new("Writing to the files broke off").because(error)
}

#[cfg(test)]
mod tests;
