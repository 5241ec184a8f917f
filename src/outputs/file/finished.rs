//! When a file is finished, and what becomes of it then: another name, compressed, removed in time.
//!
//! Promises: only files whose names say that they are finished files of this output are touched; a
//! file is gone only after its compressed one is on the disk.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::Date;

use super::naming::{self, Finished};
use crate::base::UnixMillis;
use crate::base::files::NewFile;
use crate::settings::{Compress, FileOutput};

/// zstd's own usual level.
const ZSTD_LEVEL: i32 = 3;

/// When files are finished, and what becomes of them.
#[derive(Clone, Debug)]
pub struct Finishing {
    daily: bool,
    bytes: Option<u64>,
    compress: Compress,
    keep: Option<Duration>,
    keep_files: Option<u32>,
    /// There may be something to tidy up.
    pub due: bool,
}

impl Finishing {
    pub fn of(to: &FileOutput) -> Self {
        Self {
            daily: to.daily,
            bytes: to.rotate_bytes,
            compress: to.compress,
            keep: to.keep,
            keep_files: to.keep_files,
            due: false,
        }
    }

    /// Gives a file its finished name when something new belongs into another one; tells whether
    /// there is anything to tidy up.
    pub fn finish(
        &self,
        path: &Path,
        pattern: &str,
        more_bytes: usize,
        today: Date,
    ) -> io::Result<bool> {
        let meta = match fs::metadata(path) {
            Ok(meta) => meta,
            // With a new day begins a new file, and the one before is finished.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error),
        };
        if meta.len() == 0 {
            return Ok(false);
        }
        let own_day = naming::tells_day(pattern).then_some(today);
        let day = meta.modified().map_or(today, day_of);
        let is_old = self.daily && own_day.is_none() && day < today;
        let is_full =
            self.bytes.is_some_and(|most| meta.len().saturating_add(more_bytes as u64) > most);
        if !is_old && !is_full {
            return Ok(false);
        }
        let shown = if own_day.is_some() { None } else { Some(day) };
        let day = own_day.unwrap_or(day);
        let last = finished_beside(path, own_day)?
            .into_iter()
            .filter(|file| file.day == day && file.path != path)
            .map(|file| file.number)
            .max();
        // Without a day in it the name needs a number to be another one.
        let number = match (last, shown) {
            (Some(last), _) => last + 1,
            (None, Some(_)) => 0,
            (None, None) => 1,
        };
        if let Err(error) = fs::rename(path, naming::finished(path, shown, number)) {
            // Windows does not rename a file that another program holds open. Lines matter more.
            tracing::warn!(%error, path = %path.display(), "the file could not be given its finished name; writing goes on in it");
            return Ok(false);
        }
        super::sync_folder(path)?;
        Ok(true)
    }

    /// Compresses and removes finished files of a path.
    pub fn tidy(&self, pattern: &str, today: Date) -> io::Result<()> {
        let mut files = all_finished(pattern, today)?;
        files.sort_by_key(|file| (file.day, file.number, file.compressed));
        if let Some(ending) = self.compress.ending() {
            for file in files.iter_mut().filter(|file| !file.compressed) {
                let name = file.path.file_name().unwrap_or_default().to_string_lossy();
                let target = file.path.with_file_name(format!("{name}.{ending}"));
                compress(&file.path, &target, self.compress)?;
                fs::remove_file(&file.path)?;
                (file.path, file.compressed) = (target, true);
            }
        }
        let too_many = self.keep_files.map_or(0, |most| files.len().saturating_sub(most as usize));
        let oldest = self.keep.map(|keep| naming::day(UnixMillis::now().minus(keep)));
        for (i, file) in files.iter().enumerate() {
            if i < too_many || oldest.is_some_and(|oldest| file.day < oldest) {
                fs::remove_file(&file.path)?;
            }
        }
        Ok(())
    }
}

fn compress(from: &Path, to: &Path, how: Compress) -> io::Result<()> {
    let mut plain = File::open(from)?;
    let mut file = NewFile::for_others(to)?;
    match how {
        Compress::None => return Ok(()),
        Compress::Gzip => {
            let mut packer = GzEncoder::new(&mut file, Compression::default());
            io::copy(&mut plain, &mut packer)?;
            packer.finish()?;
        }
        Compress::Zstd => {
            let mut packer = zstd::Encoder::new(&mut file, ZSTD_LEVEL)?;
            io::copy(&mut plain, &mut packer)?;
            packer.finish()?;
        }
    }
    file.flush()?;
    file.put_in_place()
}

/// The finished files of a path, `{date}` in it or not. Those of today that have no number are
/// being written to.
fn all_finished(pattern: &str, today: Date) -> io::Result<Vec<Finished>> {
    if !naming::tells_day(pattern) {
        return finished_beside(Path::new(pattern), None);
    }
    let mut found = Vec::new();
    for day in days_of(pattern)? {
        let path = naming::on_day(pattern, day);
        let files = finished_beside(&path, Some(day))?;
        found.extend(files.into_iter().filter(|file| file.path != path || day < today));
    }
    Ok(found)
}

fn finished_beside(path: &Path, own_day: Option<Date>) -> io::Result<Vec<Finished>> {
    let Some(folder) = path.parent() else { return Ok(Vec::new()) };
    let names = names_in(folder)?;
    Ok(names.iter().filter_map(|name| naming::read(path, own_day, name)).collect())
}

/// The days for which there are files or folders of a pattern.
fn days_of(pattern: &str) -> io::Result<Vec<Date>> {
    // The first part with a day in it tells; behind it the day is known.
    let mut folder = PathBuf::new();
    for part in Path::new(pattern).components() {
        let text = part.as_os_str().to_string_lossy();
        if !naming::tells_day(&text) {
            folder.push(part);
            continue;
        }
        let is_last = Path::new(pattern).file_name() == Some(part.as_os_str());
        let mut days: Vec<Date> = Vec::new();
        for name in names_in(&folder)? {
            let day = match is_last {
                false => naming::day_of_part(&text, &name),
                true => day_in_name(&text, &name),
            };
            days.extend(day.filter(|day| !days.contains(day)));
        }
        return Ok(days);
    }
    Ok(Vec::new())
}

/// The day in a file's name, which may be finished and compressed.
fn day_in_name(pattern: &str, name: &str) -> Option<Date> {
    let (before, _) = pattern.split_once("{date}")?;
    let day: Date = name.strip_prefix(before)?.get(..10)?.parse().ok()?;
    let path = naming::on_day(pattern, day);
    naming::read(&path, Some(day), name).map(|_| day)
}

fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let names = entries.flatten().map(|entry| entry.file_name().into_string());
    Ok(names.filter_map(Result::ok).collect())
}

fn day_of(time: SystemTime) -> Date {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    naming::day(UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}
