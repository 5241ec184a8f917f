//! Serves one output: reads ahead, hands over, notes what came of it, waits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::consignment::Consignment;
use super::ledger::Ledger;
use super::load::{Load, Loader};
use crate::base::retry::backoff;
use crate::base::{Home, Problem, UnixMillis};
use crate::knowledge::Knowledge;
use crate::outputs::{Channel, Failure, Limits, Rest, Tools};
use crate::pipeline::sources::{net_settings, unblock};
use crate::secrets;
use crate::settings::{Network, Records};
use crate::store::{Handed, Reached, Reader, RefusedItem};

/// What needs a person is tried again after so long.
const LASTING: Duration = Duration::from_secs(300);

/// How often it is looked whether a person has mended it.
const GLANCE: Duration = Duration::from_secs(3);

/// Nobody is left alone for longer, whatever they ask for.
const LONGEST: Duration = Duration::from_secs(3600);

/// Handing over one batch ends after so long, whatever the channel does.
const DELIVERY: Duration = Duration::from_secs(300);

/// So long after something was stored, more is likely to be stored at this moment.
const BUSY: Duration = Duration::from_secs(2);

/// While that is so, an output rests after each batch for so many times as long as it took.
const RESTS: u32 = 3;

/// But never longer than this.
const LONGEST_REST: Duration = Duration::from_millis(500);

/// After so long without work nothing is kept at hand.
const REST_AFTER: Duration = Duration::from_secs(15);

/// How long a batch on its way may still take when this is to end.
const LAST_BATCH: Duration = Duration::from_secs(10);

/// Failures in a row before a single round gives an output up.
const ATTEMPTS: u32 = 5;

/// Longer than that a single round does not wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// Serves one output.
pub(super) struct Courier {
    /// Its name.
    pub name: String,
    /// What it is handed, and where that goes.
    pub records: Records,
    /// How the outside is reached.
    pub network: Network,
    /// Where this program lives.
    pub home: Home,
    /// What is known about records.
    pub knowledge: Arc<Knowledge>,
    /// Where it is written down.
    pub ledger: Ledger,
    /// Turns when there may be something new.
    pub bell: watch::Receiver<u64>,
    /// Turns true when it is to end.
    pub stop: watch::Receiver<bool>,
    /// Waits are short.
    pub fast: bool,
    /// It ends when nothing waits any more, or the output does not work.
    pub once: bool,
}

/// What is at hand while there is work.
#[derive(Default)]
struct Desk {
    channel: Option<Channel>,
    /// What the channel before it has left.
    rest: Rest,
    reached: Option<Reached>,
    /// What is on its way; the same after a failure.
    current: Option<Consignment>,
    /// What comes after it, being read.
    ahead: Option<JoinHandle<(Loader, Result<Load, Failure>)>>,
    /// `None` while it reads ahead.
    loader: Option<Loader>,
    /// What went wrong was written down.
    troubled: bool,
    /// When something was stored last, as far as it was seen.
    arrived: Option<Instant>,
}

impl Desk {
    fn give_up(&mut self) {
        if let Some(channel) = self.channel.take() {
            self.rest = channel.give_up();
        }
    }
}

impl Courier {
    /// Serves until told to stop. In a single round: until nothing waits; an error tells why what
    /// still waits was not taken.
    pub async fn run(mut self) -> Result<(), Problem> {
        let mut desk = Desk::default();
        let mut failures = 0;
        loop {
            let mut stop = self.stop.clone();
            let work = self.work(&mut desk, &mut failures);
            let cut_off = async {
                stopped(&mut stop).await;
                sleep(LAST_BATCH).await;
            };
            let failure = tokio::select! {
                ended = work => match ended {
                    Ok(()) => break,
                    Err(failure) => failure,
                },
                () = cut_off => break,
            };
            let wait = self.wait_after(&failure, failures);
            failures += 1;
            self.note(&failure, failures, &mut desk).await;
            if !failure.again {
                // Secrets and certificates may be others by then.
                desk.give_up();
            }
            let hopeless = !failure.again || wait > PATIENCE || failures >= ATTEMPTS;
            if self.once && hopeless {
                close(desk.channel.take()).await;
                return Err(failure.problem);
            }
            tokio::select! {
                () = self.wait(wait, failure.again) => {}
                () = stopped(&mut stop) => break,
            }
        }
        close(desk.channel.take()).await;
        Ok(())
    }

    /// Hands over what there is, and waits for more.
    async fn work(&mut self, desk: &mut Desk, failures: &mut u32) -> Result<(), Failure> {
        if desk.reached.is_none() && !self.begin(desk).await? {
            return Ok(());
        }
        let limits = match &desk.channel {
            Some(channel) => channel.limits(),
            None => self.open(desk).await?,
        };
        let mut gathered = self.once;
        loop {
            if *self.stop.borrow() {
                return Ok(());
            }
            if self.bell.has_changed().unwrap_or(false) {
                self.bell.borrow_and_update();
                desk.arrived = Some(Instant::now());
            }
            let began = Instant::now();
            if desk.current.is_none() {
                let load = self.load(desk, limits).await?;
                if load.batch.items.is_empty() {
                    let moved = load.to != load.from || !load.resent.is_empty();
                    let more = load.more;
                    if moved {
                        self.commit(desk, Consignment::new(load)).await?;
                    }
                    if more {
                        continue;
                    }
                    if self.once {
                        return Ok(());
                    }
                    self.settle(desk).await;
                    self.idle(desk).await;
                    desk.arrived = Some(Instant::now());
                    gathered = false;
                    continue;
                }
                if !load.more && !gathered {
                    tokio::select! {
                        () = sleep(limits.gather) => {}
                        () = stopped(&mut self.stop) => {}
                    }
                    gathered = true;
                    continue;
                }
                gathered = self.once;
                desk.current = Some(Consignment::new(load));
            }
            self.read_ahead(desk, limits);
            self.deliver(desk).await?;
            if let Some(done) = desk.current.take() {
                let more = done.load.more;
                self.commit(desk, done).await?;
                // Collecting goes first: what waits here is stored already.
                if more && desk.arrived.is_some_and(|at| at.elapsed() < BUSY) {
                    let rest = (began.elapsed() * RESTS).min(LONGEST_REST);
                    tokio::select! {
                        () = sleep(rest) => {}
                        () = stopped(&mut self.stop) => {}
                    }
                }
            }
            *failures = 0;
        }
    }

    /// Finds out where the output stands; false when it is to end.
    async fn begin(&mut self, desk: &mut Desk) -> Result<bool, Failure> {
        loop {
            let reached = self.ledger.begin(&self.name, self.records.start).await;
            if let Some(reached) = reached.map_err(Failure::passing)? {
                desk.reached = Some(reached);
                return Ok(true);
            }
            if self.once {
                return Ok(false);
            }
            tokio::select! {
                rung = self.bell.changed() => if rung.is_err() { return Ok(false) },
                () = stopped(&mut self.stop) => return Ok(false),
            }
        }
    }

    async fn open(&self, desk: &mut Desk) -> Result<Limits, Failure> {
        let (home, name, records) = (self.home.clone(), self.name.clone(), self.records.clone());
        let knowledge = Arc::clone(&self.knowledge);
        let needs_secret = self.records.to.secret_words().is_some();
        let found = unblock(move || {
            let secret = match needs_secret {
                true => Some(secrets::find_output_secret(&name)?.secret),
                false => None,
            };
            Ok((Loader::new(home.store_file(), &name, &records, &knowledge)?, secret))
        });
        let (loader, secret) = found.await.and_then(|found| found).map_err(Failure::lasting)?;
        let tools = Tools {
            net: net_settings(&self.network, None).await.map_err(Failure::lasting)?,
            secret,
            home: self.home.clone(),
            header: loader.header(),
            committed: desk.reached.as_ref().and_then(|reached| reached.batch.clone()),
            only_test: false,
        };
        let opening = Channel::open(&self.name, &self.records, tools);
        let mut channel = timeout(DELIVERY, opening).await.map_err(|_| silent())??;
        channel.take_over(std::mem::take(&mut desk.rest));
        let limits = channel.limits();
        desk.channel = Some(channel);
        if desk.loader.is_none() && desk.ahead.is_none() {
            desk.loader = Some(loader);
        }
        Ok(limits)
    }

    /// The next batch: the one that was read ahead, or a fresh one.
    async fn load(&self, desk: &mut Desk, limits: Limits) -> Result<Load, Failure> {
        self.start_reading(desk, limits, None);
        let read = match desk.ahead.take() {
            Some(reading) => reading.await.map_err(|error| error.to_string()),
            None => Err("nobody reads".to_owned()),
        };
        let (loader, load) = match read {
            Ok(read) => read,
            Err(reason) => {
                // With the channel everything else is made anew, too.
                desk.give_up();
                let problem = Problem::new("Reading records broke off").because(reason);
                return Err(Failure::passing(problem));
            }
        };
        desk.loader = Some(loader);
        load
    }

    /// Has another thread read what comes after what is on its way.
    fn read_ahead(&self, desk: &mut Desk, limits: Limits) {
        let Some(load) = desk.current.as_ref().map(|current| &current.load) else { return };
        // Refused items that go out once more are read again unless they are noted first.
        if load.more && load.resent.is_empty() {
            let from = load.to.clone();
            self.start_reading(desk, limits, Some(from));
        }
    }

    fn start_reading(&self, desk: &mut Desk, limits: Limits, from: Option<Reached>) {
        if desk.ahead.is_some() {
            return;
        }
        let Some(from) = from.or_else(|| desk.reached.clone()) else { return };
        let Some(mut loader) = desk.loader.take() else { return };
        desk.ahead = Some(spawn_blocking(move || {
            let load = loader.next(&from, limits);
            (loader, load)
        }));
    }

    /// Hands over what is on its way, part by part.
    async fn deliver(&self, desk: &mut Desk) -> Result<(), Failure> {
        let (Some(current), Some(channel)) = (&mut desk.current, &mut desk.channel) else {
            return Ok(());
        };
        let patience = if self.fast { DELIVERY / 150 } else { DELIVERY };
        while let Some(range) = current.next() {
            let outcome = if current.is_whole(&range) {
                timeout(patience, channel.deliver(&current.load.batch)).await
            } else {
                timeout(patience, channel.deliver(&current.part(&range))).await
            };
            let Ok(outcome) = outcome else {
                // Nobody knows what it is in the middle of.
                desk.give_up();
                return Err(silent());
            };
            current.note(outcome)?;
        }
        Ok(())
    }

    /// Notes what came of a batch; tried until it is written down.
    async fn commit(&self, desk: &mut Desk, done: Consignment) -> Result<(), Failure> {
        let (mut load, taken, refused) = done.outcome();
        load.to.batch = match load.batch.items.is_empty() {
            true => desk.reached.as_ref().and_then(|reached| reached.batch.clone()),
            false => Some(load.batch.token.clone()),
        };
        let refused: Vec<RefusedItem> = refused
            .into_iter()
            .filter_map(|(i, reason)| {
                let id = load.batch.items.get(i)?.id.to_string();
                Some(RefusedItem { key: *load.keys.get(i)?, id, reason })
            })
            .collect();
        if let Some(first) = refused.first() {
            tracing::warn!(
                output = self.name,
                records = refused.len(),
                reason = first.reason,
                "refused for good; see: duo-integrator output refused"
            );
        }
        desk.reached = Some(load.to.clone());
        let Load { from, to, resent, .. } = load;
        let from_to = Arc::new((from, to, resent, refused));
        let mut attempt = 0;
        loop {
            let (name, noted) = (self.name.clone(), Arc::clone(&from_to));
            let written = self.ledger.write(move |writer| {
                let (from, to, resent, refused) = &*noted;
                let delivered = taken as u64;
                let handed = Handed { from, to, delivered, refused: refused.clone(), resent };
                writer.handed(&name, &handed, UnixMillis::now())
            });
            match written.await {
                Ok(_) => {
                    if std::mem::take(&mut desk.troubled) {
                        tracing::info!(output = self.name, "works again");
                    }
                    return Ok(());
                }
                Err(problem) => {
                    if attempt == 0 {
                        tracing::warn!(output = self.name, %problem, "what was handed over is not written down yet");
                    }
                    sleep(backoff(attempt, self.fast, fastrand::f64())).await;
                    attempt += 1;
                }
            }
        }
    }

    /// An output that has nothing to do and can be reached is well.
    async fn settle(&self, desk: &mut Desk) {
        if !std::mem::take(&mut desk.troubled) {
            return;
        }
        let name = self.name.clone();
        let noted = self.ledger.write(move |writer| writer.note_trouble(&name, None)).await;
        if let Err(problem) = noted {
            tracing::debug!(output = self.name, %problem, "not written down");
        }
    }

    /// Waits for the bell; after a while without it nothing is kept at hand.
    async fn idle(&mut self, desk: &mut Desk) {
        let waited = tokio::select! {
            waited = timeout(REST_AFTER, self.bell.changed()) => waited.is_ok(),
            () = stopped(&mut self.stop) => true,
        };
        if !waited {
            if let Some(loader) = &mut desk.loader {
                loader.rest();
            }
            self.ledger.rest();
            tokio::select! {
                _ = self.bell.changed() => {}
                () = stopped(&mut self.stop) => {}
            }
        }
    }

    /// Waits. What needs a person is over earlier when a test has shown that all is well again.
    async fn wait(&self, wait: Duration, again: bool) {
        if again {
            return sleep(wait).await;
        }
        let until = Instant::now() + wait;
        while Instant::now() < until {
            sleep(GLANCE.min(until.saturating_duration_since(Instant::now()))).await;
            let (store, name) = (self.home.store_file(), self.name.clone());
            let troubled = unblock(move || {
                let reader = Reader::open_small(&store)?;
                reader.map_or(Ok(true), |reader| reader.is_troubled(&name))
            });
            if matches!(troubled.await, Ok(Ok(false))) {
                return;
            }
        }
    }

    fn wait_after(&self, failure: &Failure, failures: u32) -> Duration {
        let wait = match failure.again {
            true => backoff(failures, self.fast, fastrand::f64()),
            false if self.fast => Duration::from_secs(1),
            false => LASTING,
        };
        wait.max(failure.after.unwrap_or_default()).min(LONGEST)
    }

    /// Writes a failure down where people look, when it is new.
    async fn note(&self, failure: &Failure, failures: u32, desk: &mut Desk) {
        let Failure { problem, again, .. } = failure;
        if failures == 1 || !desk.troubled {
            tracing::warn!(output = self.name, %problem, again, "records wait");
        }
        desk.troubled = true;
        let (name, words) = (self.name.clone(), problem.to_string());
        let at = UnixMillis::now();
        let noted =
            self.ledger.write(move |writer| writer.note_trouble(&name, Some((&words, at)))).await;
        if let Err(problem) = noted {
            tracing::warn!(output = self.name, %problem, "what went wrong is not written down");
        }
    }
}

fn silent() -> Failure {
    Failure::passing(
        Problem::new("The far side keeps silent")
            .because(format!("it has said nothing for {} minutes", DELIVERY.as_secs() / 60)),
    )
}

async fn close(channel: Option<Channel>) {
    if let Some(channel) = channel {
        let _ = timeout(Duration::from_secs(5), channel.close()).await;
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whoever could say so being gone means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}
