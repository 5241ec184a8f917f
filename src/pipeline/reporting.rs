//! Makes the reports that were asked for every day, week or month.
//!
//! Promises: one file for each period, also when the computer slept, was off or crashed meanwhile;
//! a report waits until the period's records have been fetched, though not for ever; one that
//! fails holds up no other, is tried again and told; collection never waits for any of it.
//!
//! What was done is in `state/reports.json`.
//! - Absent: every schedule begins now; its first period is the one under way.
//! - Unreadable: no report is made, and that is told; starting afresh could leave periods out.
//! - Left over from a crash: the file is replaced as a whole. A report made and not yet written
//!   down there is made again under the same name; its mail may go out twice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::base::{Home, Problem, UnixMillis, files};
use crate::knowledge::{Item, Knowledge, Report};
use crate::notify::email::{self, Attachment, Mail};
use crate::reports::schedule::{self, Period};
use crate::reports::{self, Request, Summary, Zone};
use crate::secrets;
use crate::settings::{Output, ScheduledReport, Settings, Target};
use crate::status::{FeedState, FeedStatus};
use crate::store::Reader;

/// How often it is looked whether a report is due.
const LOOK: Duration = Duration::from_secs(30);

/// A report that failed is tried again after this long.
const AGAIN: Duration = Duration::from_secs(600);

/// A report waits so long at most for records that were not fetched yet.
const PATIENCE: Duration = Duration::from_secs(12 * 3600);

/// Mail servers seldom take more.
const MOST_MAILED_BYTES: u64 = 20 * 1024 * 1024;

const VERSION: u32 = 1;

/// What was done of each schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Done {
    version: u32,
    schedules: BTreeMap<String, Progress>,
}

/// What was done of a schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Everything up to this instant has its report.
    pub until: UnixMillis,
    /// When the last was made.
    pub made: Option<UnixMillis>,
    /// What went wrong last; nothing when the last attempt was fine.
    pub error: Option<String>,
    /// When it went wrong.
    pub failed: Option<UnixMillis>,
}

impl Done {
    /// Reads what was done in a home.
    pub fn load(home: &Home) -> Result<Self, Problem> {
        let path = home.reports_file();
        let unreadable = |error: &dyn std::fmt::Display| {
            Problem::new("Which reports were made cannot be read")
                .because(error)
                .next(format!("restore or remove this file: {}", path.display()))
        };
        let Some(bytes) = files::read_if_there(&path).map_err(|error| unreadable(&error))? else {
            return Ok(Self { version: VERSION, ..Self::default() });
        };
        let done: Self = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?;
        if done.version > VERSION {
            return Err(unreadable(&"a newer version of this program wrote it"));
        }
        Ok(done)
    }

    /// What was done of a schedule; `None` when it was not seen yet.
    pub fn of(&self, scheduled: &ScheduledReport) -> Option<&Progress> {
        self.schedules.get(&key(scheduled))
    }

    /// When a schedule is due next; `now` stands for one that was not seen yet.
    pub fn next(&self, scheduled: &ScheduledReport, now: UnixMillis) -> Option<UnixMillis> {
        let until = self.of(scheduled).map_or(now, |progress| progress.until);
        let zone = zone_of(scheduled).ok()?;
        schedule::next_due(scheduled.every, scheduled.at, &zone, until)
    }

    fn save(&self, home: &Home) -> Result<(), Problem> {
        let path = home.reports_file();
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        files::replace(&path, &text).map_err(|error| {
            Problem::new("Which reports were made cannot be written down")
                .because(error)
                .next(format!("make this file and its folder writable: {}", path.display()))
        })
    }
}

/// A changed schedule is another one.
fn key(scheduled: &ScheduledReport) -> String {
    let ScheduledReport { id, every, format, zone, account, .. } = scheduled;
    let (zone, account) = (zone.as_deref().unwrap_or("-"), account.as_deref().unwrap_or("-"));
    let to = scheduled.destination();
    format!("{id} | {every} | {format} | {zone} | {account} | {to}")
}

/// Makes reports as they become due, until `stop` turns true.
pub async fn report_forever(home: Home, mut stop: watch::Receiver<bool>, tell: impl Fn(&Problem)) {
    let stopping = Arc::new(AtomicBool::new(false));
    let mut told = None;
    loop {
        let round = make_due(&home, &stopping);
        tokio::pin!(round);
        let outcome = tokio::select! {
            outcome = &mut round => outcome,
            () = stopped(&mut stop) => {
                stopping.store(true, Ordering::Relaxed);
                // What is half written is given up within a moment.
                let _ = round.await;
                return;
            }
        };
        let problem = outcome.err();
        if let Some(problem) = problem.as_ref().filter(|problem| told.as_ref() != Some(*problem)) {
            tracing::error!(%problem, "no reports are made");
            tell(problem);
        }
        told = problem;
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stopped(&mut stop) => return,
        }
    }
}

/// Returns when the program is to end.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error: whoever could ask is gone.
    let _ = stop.wait_for(|stop| *stop).await.is_ok();
}

/// Makes all reports that are due now.
pub async fn make_due(home: &Home, stop: &Arc<AtomicBool>) -> Result<(), Problem> {
    let settings = Settings::load(home)?;
    if settings.reports.is_empty() {
        return Ok(());
    }
    let mut done = Done::load(home)?;
    let now = UnixMillis::now();
    if note_new(&mut done, &settings.reports, now) {
        done.save(home)?;
    }
    for scheduled in &settings.reports {
        let key = key(scheduled);
        while let Some(period) = next_due(scheduled, done.schedules.get(&key), now) {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let made = make_one(home, &settings, scheduled, &period, now, stop).await;
            let progress = done.schedules.entry(key.clone()).or_default();
            match made {
                Ok(None) => break,
                Ok(Some(summary)) => {
                    tracing::info!(
                        report = scheduled.id,
                        period = period.name,
                        rows = summary.rows,
                        "made a report"
                    );
                    *progress =
                        Progress { until: period.end, made: Some(now), ..Progress::default() };
                }
                Err(_) if stop.load(Ordering::Relaxed) => return Ok(()),
                Err(problem) => {
                    tracing::error!(report = scheduled.id, period = period.name, %problem, "a report was not made");
                    progress.error = Some(problem.to_string());
                    progress.failed = Some(now);
                }
            }
            done.save(home)?;
        }
    }
    Ok(())
}

/// Notes schedules that are new, and forgets those that are gone. Whether anything changed.
fn note_new(done: &mut Done, reports: &[ScheduledReport], now: UnixMillis) -> bool {
    let before = done.schedules.clone();
    let keys: Vec<String> = reports.iter().map(key).collect();
    done.schedules.retain(|known, _| keys.contains(known));
    for key in keys {
        let new = Progress { until: now, ..Progress::default() };
        done.schedules.entry(key).or_insert(new);
    }
    done.schedules != before
}

/// The oldest period that is due and was not tried a moment ago.
fn next_due(
    scheduled: &ScheduledReport,
    progress: Option<&Progress>,
    now: UnixMillis,
) -> Option<Period> {
    let progress = progress?;
    if progress.failed.is_some_and(|failed| now < failed.plus(AGAIN) && now >= failed) {
        return None;
    }
    // The settings let in only zones that there are.
    let zone = zone_of(scheduled).ok()?;
    schedule::due(scheduled.every, scheduled.at, &zone, progress.until, now).into_iter().next()
}

/// The zone of a schedule.
pub fn zone_of(scheduled: &ScheduledReport) -> Result<Zone, Problem> {
    scheduled.zone.as_deref().map_or_else(|| Ok(Zone::system()), Zone::find)
}

/// Makes one report; `None` when its records are not all there yet.
async fn make_one(
    home: &Home,
    settings: &Settings,
    scheduled: &ScheduledReport,
    period: &Period,
    now: UnixMillis,
    stop: &Arc<AtomicBool>,
) -> Result<Option<Summary>, Problem> {
    let (home, to_mail) = (home.clone(), !scheduled.mail.is_empty());
    let (settings, scheduled) = (settings.clone(), scheduled.clone());
    let (period, stop) = (period.clone(), stop.clone());
    let work = {
        let (settings, scheduled, period) = (settings.clone(), scheduled.clone(), period.clone());
        move || make_file(&home, &settings, &scheduled, &period, now, &stop)
    };
    let made = tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(Problem::new("The report broke off").because("it failed in a way nobody foresaw"))
    })?;
    let Some(made) = made else { return Ok(None) };
    if to_mail {
        mail(&settings, &scheduled, &period, &made).await?;
    }
    Ok(Some(made.summary))
}

/// A report as a file.
struct Made {
    summary: Summary,
    title: String,
    path: PathBuf,
    /// Removed when this is dropped, when the report is only mailed.
    _passing: Option<tempfile::TempDir>,
}

fn make_file(
    home: &Home,
    settings: &Settings,
    scheduled: &ScheduledReport,
    period: &Period,
    now: UnixMillis,
    stop: &AtomicBool,
) -> Result<Option<Made>, Problem> {
    let (knowledge, problems) = Knowledge::load(home)?;
    for problem in problems {
        tracing::warn!(%problem, "knowledge");
    }
    let report = reports::find(&knowledge, &scheduled.id)?;
    let Some(reader) = Reader::open(&home.store_file()).map_err(|error| error.problem)? else {
        return Ok(None);
    };
    let waited = now >= period.due.plus(PATIENCE);
    if !waited && !is_fetched(settings, scheduled, period, &knowledge, report, &reader)? {
        return Ok(None);
    }
    let (folder, passing) = match &scheduled.folder {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| no_folder(folder, &error))?;
            (folder.clone(), None)
        }
        None => {
            let passing = tempfile::Builder::new()
                .prefix("report-")
                .tempdir_in(&home.state)
                .map_err(|error| no_folder(&home.state, &error))?;
            (passing.path().to_owned(), Some(passing))
        }
    };
    let name = reports::file_name(
        &scheduled.id,
        scheduled.account.as_deref(),
        &period.name,
        scheduled.format,
    );
    let path = folder.join(name);
    let request = Request {
        report,
        account: scheduled.account.clone(),
        since: Some(period.since),
        until: UnixMillis(period.end.0 - 1),
        zone: zone_of(scheduled)?,
        format: scheduled.format,
        now,
        for_people: true,
        // Collection comes first.
        threads: Some(1),
        stop: Some(stop),
        read: None,
    };
    let summary = reports::run_to_file(&request, &knowledge, &reader, &path)?;
    Ok(Some(Made { summary, title: report.title.clone(), path, _passing: passing }))
}

/// Whether everything of the period that Duo shows is stored, as far as it can be fetched at all.
fn is_fetched(
    settings: &Settings,
    scheduled: &ScheduledReport,
    period: &Period,
    knowledge: &Knowledge,
    report: &Item<Report>,
    reader: &Reader,
) -> Result<bool, Problem> {
    let log_types = reports::log_types(report, knowledge)?;
    let collected = |status: &FeedStatus| {
        let mut accounts = settings.accounts.iter();
        accounts.any(|account| account.integration_key == status.integration_key)
            && scheduled.account.as_ref().is_none_or(|name| *name == status.account)
            && log_types.contains(&status.log_type)
            && !matches!(status.state, FeedState::NotAvailable | FeedState::Denied)
    };
    let statuses = reader.statuses().map_err(|error| error.problem)?;
    let mut wanted = statuses.iter().filter(|status| collected(status));
    Ok(wanted.all(|status| status.reached.is_some_and(|reached| reached >= period.end)))
}

fn no_folder(folder: &Path, error: &std::io::Error) -> Problem {
    Problem::new("The report\u{2019}s folder cannot be used")
        .because(error)
        .next(format!("make this folder writable: {}", folder.display()))
}

async fn mail(
    settings: &Settings,
    scheduled: &ScheduledReport,
    period: &Period,
    made: &Made,
) -> Result<(), Problem> {
    let (output, email) = server(settings, scheduled)?;
    let mut email = email.clone();
    email.to.clone_from(&scheduled.mail);
    let too_large =
        std::fs::metadata(&made.path).map_err(|error| unreadable(&made.path, &error))?.len()
            > MOST_MAILED_BYTES;
    let attachments = if too_large {
        Vec::new()
    } else {
        let bytes = std::fs::read(&made.path).map_err(|error| unreadable(&made.path, &error))?;
        let name = made.path.file_name().map(|name| name.to_string_lossy().into_owned());
        let media_type = scheduled.format.media_type().to_owned();
        vec![Attachment { name: name.unwrap_or_default(), media_type, bytes }]
    };
    let text = words(scheduled, period, made, too_large);
    let html =
        format!("<p>{}</p>", text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>"));
    let subject = format!("{} {}", made.title, period.name);
    let secret = match output.secret_words() {
        Some(_) => Some(secrets::find_output_secret(&output.name)?.secret),
        None => None,
    };
    let mail = Mail { subject, text, html, attachments };
    let ca_file = settings.network.ca_file.as_deref();
    email::send(&email, secret.as_ref(), ca_file, mail).await.map(|_| ()).map_err(|no| no.problem)
}

fn words(scheduled: &ScheduledReport, period: &Period, made: &Made, too_large: bool) -> String {
    let zone = zone_of(scheduled).map_or_else(|_| String::new(), |zone| zone.name().to_owned());
    let rows = crate::base::words::counted(made.summary.rows, "record");
    let mut text = format!("{}\nPeriod: {} ({zone})\n{rows}\n", made.title, period.name);
    if too_large {
        text.push_str("\nThe report is too large to be mailed.");
        match &scheduled.folder {
            Some(_) => text.push_str(&format!(" It lies in: {}\n", made.path.display())),
            None => text.push_str(
                " Add folder = \"\u{2026}\" to its section in settings.toml to have it put there.\n",
            ),
        }
    }
    text
}

/// The output whose mail server is used.
fn server<'s>(
    settings: &'s Settings,
    scheduled: &ScheduledReport,
) -> Result<(&'s Output, &'s crate::settings::Email), Problem> {
    let mut servers = settings.outputs.iter().filter_map(|output| match &output.target {
        Target::Email(email) => Some((output, email)),
        Target::Webhook(_) | Target::Records(_) => None,
    });
    let found = match &scheduled.through {
        Some(name) => servers.find(|(output, _)| output.name == *name),
        None => servers.next(),
    };
    found.ok_or_else(|| {
        let problem = Problem::new("The report cannot be mailed");
        match &scheduled.through {
            Some(name) => problem
                .because(format!("there is no e-mail output named \u{201c}{name}\u{201d}"))
                .next("see duo-integrator output list, and correct through in the report\u{2019}s section"),
            None => problem
                .because("there is no e-mail output whose server could take it")
                .next("add one with: duo-integrator output add"),
        }
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new("The report cannot be read again").because(error).next(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheduled(text: &str) -> ScheduledReport {
        let table: toml::Table = text.parse().unwrap();
        ScheduledReport::check(&table, Path::new("/config")).unwrap()
    }

    fn daily() -> ScheduledReport {
        scheduled("id = \"user-management\"\nevery = \"day\"\nfolder = \"f\"\nzone = \"UTC\"")
    }

    fn at(text: &str) -> UnixMillis {
        UnixMillis::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_new_schedule_begins_with_the_period_under_way() {
        let (mut done, now) = (Done::default(), at("2026-11-22T12:00:00Z"));
        assert!(note_new(&mut done, &[daily()], now));
        assert!(!note_new(&mut done, &[daily()], at("2026-11-23T12:00:00Z")), "known already");
        let due = |now: &str| next_due(&daily(), done.of(&daily()), at(now));
        assert_eq!(due("2026-11-22T23:00:00Z"), None);
        assert_eq!(due("2026-11-23T06:00:00Z").unwrap().name, "2026-11-22");
        assert!(note_new(&mut done, &[], now), "one that is gone is forgotten");
    }

    #[test]
    fn what_failed_a_moment_ago_is_left_alone_for_a_while() {
        let mut progress = Progress { until: at("2026-11-22T00:00:00Z"), ..Progress::default() };
        let now = at("2026-11-23T07:00:00Z");
        progress.failed = Some(now);
        let due = |now| next_due(&daily(), Some(&progress), now);
        assert_eq!(due(now.plus(Duration::from_secs(30))), None);
        assert!(due(now.plus(AGAIN)).is_some());
        // A clock that was set back must not silence it for years.
        assert!(due(now.minus(AGAIN)).is_some());
    }

    #[test]
    fn a_damaged_note_of_what_was_done_is_told_and_not_started_afresh() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        std::fs::write(home.reports_file(), "{").unwrap();
        let problem = Done::load(&home).unwrap_err();
        assert!(problem.to_string().contains("reports.json"), "{problem}");
    }
}
