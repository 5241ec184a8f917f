//! Hands records to the outputs: files, syslog receivers, SIEMs, pipelines.
//!
//! Promises: works beside collecting and never holds it up; each output has its own place and does
//! not wait for the others; what the far side has not taken is handed over again, over restarts,
//! until it is taken or a person decides; within a log the order is kept; a batch that may have
//! arrived comes again with the same ids and the same token; memory does not grow with what waits.
//!
//! The place of an output moves in the store after a batch was taken, so being killed in between
//! repeats one batch. Single records that are refused for what is in them are parked beside that
//! place, and everything else goes on.

mod alerts;
mod consignment;
mod courier;
mod ledger;
mod load;
mod presented;
mod sample;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{sleep, timeout};

use super::notifying::Wishes;
use super::sources::{net_settings, unblock};
use crate::base::{Home, Problem, Secret, UnixMillis};
use crate::knowledge::{Knowledge, Stamp};
use crate::outputs::{Channel, Failure, Item, Probed, Tools};
use crate::settings::{Network, Output, Records, Settings};
use crate::store::{Pending, Reader, StoreError, Writer};
use courier::Courier;
use ledger::Ledger;

pub use presented::presented;
pub use sample::{Sample, sample};

/// How often it is looked whether something new is there.
const LOOK: Duration = Duration::from_secs(1);

/// How long outputs may take to end what they are at.
const LAST_BATCHES: Duration = Duration::from_secs(12);

/// What trying an output may take.
const PROBE: Duration = Duration::from_secs(60);

/// Why records of an output wait after a single round.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The output's name.
    pub output: String,
    /// How many, as far as that can be told.
    pub records: u64,
    /// Why they were not taken.
    pub problem: Problem,
}

/// Has each output that takes records begin where it is to begin, before anything new is stored;
/// outputs that are no more are forgotten.
pub fn begin_all(writer: &mut Writer, settings: &Settings) -> Result<(), StoreError> {
    let names: Vec<&str> = settings
        .outputs
        .iter()
        .filter(|output| output.records().is_some())
        .map(|output| output.name.as_str())
        .collect();
    writer.forget_outputs_but(&names)?;
    for output in &settings.outputs {
        if let Some(records) = output.records() {
            writer.begin_output(&output.name, records.start, UnixMillis::now())?;
        }
    }
    Ok(())
}

/// Hands over what arrives until `stop` turns true. `fast` waits less, for tests.
pub async fn deliver_forever(
    home: Home,
    wishes: impl Wishes,
    fast: bool,
    mut stop: watch::Receiver<bool>,
) {
    let look = if fast { LOOK / 10 } else { LOOK };
    let mut bell = Bell::default();
    let mut depot = Depot::new(&home, fast);
    while !*stop.borrow() {
        let settings = wishes.settings();
        depot.follow(&settings, &bell.rung).await;
        if !depot.running.is_empty() {
            bell.look(&home).await;
        }
        tokio::select! {
            () = sleep(look) => {}
            _ = stop.changed() => {}
        }
    }
    depot.stop_all().await;
}

/// Hands over all there is; tells of outputs that did not take it.
pub async fn deliver_once(home: &Home, settings: &Settings) -> Vec<Waiting> {
    let mut depot = Depot { once: true, ..Depot::new(home, false) };
    let (bell, rung) = watch::channel(0);
    depot.follow(settings, &rung).await;
    let mut waiting = Vec::new();
    for running in std::mem::take(&mut depot.running) {
        let Some(problem) = ended(running.task.await).err() else { continue };
        let output = running.output;
        let reader = Reader::open(&home.store_file()).ok().flatten();
        let waits = reader
            .zip(output.records())
            .and_then(|(reader, records)| pending(&reader, &output.name, records).ok().flatten());
        let records = waits.map_or(0, |pending| pending.records);
        waiting.push(Waiting { output: output.name, records, problem });
    }
    drop(bell);
    waiting
}

/// What waits for an output that takes records; `None` before it has begun.
pub(super) fn pending(
    reader: &Reader,
    name: &str,
    records: &Records,
) -> Result<Option<Pending>, Problem> {
    let log = |account: &str, log_type| records.filter.wants(account, log_type);
    let wants = load::wants(records, &log, 0);
    reader.pending_for(name, &wants).map_err(|error| error.problem)
}

/// Sends a test record to an output, with this secret, or its own from wherever that is kept; tells
/// what the far side showed.
pub async fn probe(
    home: &Home,
    network: &Network,
    name: &str,
    records: &Records,
    secret: Option<Secret>,
) -> Result<Probed, Failure> {
    let send = async |channel: &mut Channel, item: &Item| channel.probe(item).await;
    aside(home, network, name, records, secret, send).await
}

/// Makes at the far side what records are kept in there: a table, a template. `None`: it needs none.
pub async fn prepare(
    home: &Home,
    network: &Network,
    name: &str,
    records: &Records,
) -> Result<Option<String>, Failure> {
    let make = async |channel: &mut Channel, _: &Item| channel.prepare().await.transpose();
    aside(home, network, name, records, None, make).await
}

/// Does something at the far side, beside whoever hands records over.
async fn aside<R>(
    home: &Home,
    network: &Network,
    name: &str,
    records: &Records,
    given: Option<Secret>,
    act: impl AsyncFnOnce(&mut Channel, &Item) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let (there, wanted, asked) = (home.clone(), records.clone(), name.to_owned());
    let made = unblock(move || -> Result<_, Problem> {
        let knowledge = Knowledge::load(&there).map(|(knowledge, _)| knowledge)?;
        let secret = match wanted.to.secret_words() {
            Some(_) if given.is_some() => given,
            Some(_) => Some(crate::secrets::find_output_secret(&asked)?.secret),
            None => None,
        };
        let header = load::lines(&wanted, &knowledge)?.header();
        let committed = Reader::open(&there.store_file())
            .and_then(|reader| reader.map_or(Ok(None), |reader| reader.output_reached(&asked)))
            .map_err(|error| error.problem)?
            .and_then(|reached| reached.batch);
        Ok((load::test_item(&wanted, &knowledge)?, secret, header, committed))
    });
    let (item, secret, header, committed): (Item, _, _, _) =
        made.await.and_then(|made| made).map_err(Failure::lasting)?;
    let net = net_settings(network, None).await.map_err(Failure::lasting)?;
    let tools = Tools { net, secret, home: home.clone(), header, committed, only_test: true };
    let tried = async {
        let mut channel = Channel::open(name, records, tools).await?;
        let done = act(&mut channel, &item).await;
        channel.close().await;
        done
    };
    timeout(PROBE, tried).await.unwrap_or_else(|_| {
        let because = format!("it has said nothing for {} seconds", PROBE.as_secs());
        Err(Failure::passing(Problem::new("The far side keeps silent").because(because)))
    })
}

/// The outputs that are served.
struct Depot {
    home: Home,
    fast: bool,
    once: bool,
    ledger: Ledger,
    knowledge: Arc<Knowledge>,
    /// Of the knowledge as it was read.
    stamp: Option<Stamp>,
    running: Vec<Running>,
}

struct Running {
    output: Output,
    network: Network,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), Problem>>,
}

impl Depot {
    fn new(home: &Home, fast: bool) -> Self {
        Self {
            home: home.clone(),
            fast,
            once: false,
            ledger: Ledger::of(home.store_file()),
            knowledge: Arc::default(),
            stamp: None,
            running: Vec::new(),
        }
    }

    /// Serves the outputs of the settings: those that are new or changed from now on, others no
    /// longer.
    async fn follow(&mut self, settings: &Settings, rung: &watch::Receiver<u64>) {
        let wanted: Vec<&Output> =
            settings.outputs.iter().filter(|output| output.records().is_some()).collect();
        if wanted.is_empty() && self.running.is_empty() {
            return;
        }
        let changed = self.read_knowledge().await;
        let is_same = |running: &Running| {
            !changed
                && !running.task.is_finished()
                && running.network == settings.network
                && wanted.contains(&&running.output)
        };
        let (same, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.running).into_iter().partition(is_same);
        self.running = same;
        stop(others).await;
        for output in wanted {
            if self.running.iter().any(|running| running.output.name == output.name) {
                continue;
            }
            if let Some(records) = output.records() {
                let running = self.serve(output, records, &settings.network, rung);
                self.running.push(running);
            }
        }
    }

    fn serve(
        &self,
        output: &Output,
        records: &Records,
        network: &Network,
        rung: &watch::Receiver<u64>,
    ) -> Running {
        let (stop, stopping) = watch::channel(false);
        let courier = Courier {
            name: output.name.clone(),
            records: records.clone(),
            network: network.clone(),
            home: self.home.clone(),
            knowledge: Arc::clone(&self.knowledge),
            ledger: self.ledger.clone(),
            bell: rung.clone(),
            stop: stopping,
            fast: self.fast,
            once: self.once,
        };
        let task = tokio::spawn(courier.run());
        Running { output: output.clone(), network: network.clone(), stop, task }
    }

    /// Reads what is known about records; tells whether it is something else than before. What of
    /// it cannot be used is told elsewhere.
    async fn read_knowledge(&mut self) -> bool {
        let (home, before) = (self.home.clone(), self.stamp.clone());
        let read = unblock(move || {
            let stamp = Stamp::of(&home);
            (before.as_ref() != Some(&stamp)).then(|| (Knowledge::load(&home), stamp))
        });
        let Ok(Some((knowledge, stamp))) = read.await else { return false };
        self.stamp = Some(stamp);
        match knowledge {
            Ok((knowledge, _)) => self.knowledge = Arc::new(knowledge),
            Err(problem) => {
                tracing::error!(%problem, "records are converted with what was known before");
            }
        }
        true
    }

    async fn stop_all(&mut self) {
        stop(std::mem::take(&mut self.running)).await;
    }
}

/// Ends what is running, but does not wait for ever.
async fn stop(running: Vec<Running>) {
    for running in &running {
        running.stop.send_replace(true);
    }
    for mut running in running {
        match timeout(LAST_BATCHES, &mut running.task).await {
            Ok(result) => _ = ended(result),
            Err(_) => running.task.abort(),
        }
    }
}

fn ended(result: Result<Result<(), Problem>, JoinError>) -> Result<(), Problem> {
    result.unwrap_or_else(|error| {
        let problem = Problem::new("Handing records over broke off").because(error);
        tracing::error!(%problem, "an output was not served");
        Err(problem)
    })
}

/// Rings when there may be something new for an output.
struct Bell {
    ring: watch::Sender<u64>,
    rung: watch::Receiver<u64>,
    seen: Option<(i64, i64, u64)>,
}

impl Default for Bell {
    fn default() -> Self {
        let (ring, rung) = watch::channel(0);
        Self { ring, rung, seen: None }
    }
}

impl Bell {
    async fn look(&mut self, home: &Home) {
        let store = home.store_file();
        let looked = unblock(move || -> Result<_, StoreError> {
            let Some(reader) = Reader::open_small(&store)? else { return Ok(None) };
            reader.newest_for_outputs().map(Some)
        });
        match looked.await {
            Ok(Ok(seen)) => {
                if seen != self.seen {
                    self.seen = seen;
                    self.ring.send_modify(|rung| *rung += 1);
                }
            }
            Ok(Err(error)) => tracing::debug!(%error, "the store was not looked at"),
            Err(problem) => tracing::debug!(%problem, "the store was not looked at"),
        }
    }
}

#[cfg(test)]
mod tests;
