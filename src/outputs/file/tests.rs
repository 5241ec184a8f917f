use super::*;
use crate::base::Home;
use crate::net::NetSettings;
use crate::outputs::What;
use crate::record::LogType;
use crate::settings::{Destination, Output, Records, Target};

struct Room {
    folder: tempfile::TempDir,
    committed: Option<String>,
    records: Records,
}

impl Room {
    fn new(lines: &str) -> Self {
        let text = format!("name = \"Files\"\ntype = \"file\"\n{lines}\n");
        let output = Output::check(&text.parse().unwrap()).unwrap();
        let Target::Records(records) = output.target else { panic!() };
        Self { folder: tempfile::tempdir().unwrap(), committed: None, records }
    }

    async fn open(&self) -> Channel {
        let tools = Tools {
            net: NetSettings::default(),
            secret: None,
            home: Home::under(self.folder.path()),
            header: (self.records.format == crate::settings::RecordFormat::Csv)
                .then(|| b"a,b".to_vec()),
            committed: self.committed.clone(),
            only_test: false,
        };
        let Destination::File(to) = &self.records.to else { panic!() };
        Channel::open("Files", to, tools).await.unwrap()
    }

    /// Appends lines as a batch that counts.
    async fn deliver(&mut self, lines: &[&str]) {
        let mut channel = self.open().await;
        channel.deliver(&batch(lines)).await.unwrap();
        channel.close().await;
        self.committed = Some(batch(lines).token);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("config").join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.path("")).unwrap() {
            names.push(entry.unwrap().file_name().into_string().unwrap());
        }
        names.sort();
        names
    }

    /// As if the file had been written to on another day.
    fn age(&self, name: &str, days: u64) {
        let file = OpenOptions::new().write(true).open(self.path(name)).unwrap();
        let back = Duration::from_secs(days * 86_400);
        file.set_modified(std::time::SystemTime::now() - back).unwrap();
    }
}

fn batch(lines: &[&str]) -> Batch {
    let item = |line: &&str| Item {
        id: (*line).into(),
        what: What::Record(LogType::Activity),
        account: "Contoso".into(),
        api_hostname: "api".into(),
        time: UnixMillis(0),
        received: UnixMillis(0),
        raw: Vec::new(),
        line: line.as_bytes().to_vec(),
    };
    Batch { items: lines.iter().map(item).collect(), token: lines.join("+") }
}

fn day_before(days: u64) -> String {
    naming::day(UnixMillis::now().minus(Duration::from_secs(days * 86_400))).to_string()
}

#[tokio::test]
async fn after_a_crash_a_file_goes_on_without_a_broken_or_repeated_line() {
    for (written, next) in [
        // Killed in the middle of a line; after all lines; before any.
        ("one\ntwo\nth", vec!["two", "three"]),
        ("one\ntwo\nthree\n", vec!["two", "three"]),
        ("one\n", vec!["two", "three"]),
        // The batch that comes again has more, fewer or other lines than the one that was begun.
        ("one\ntwo\nthree\n", vec!["two", "three", "four"]),
        ("one\ntwo\nthree\n", vec!["two"]),
        ("one\ntwo\nthree\n", vec!["another"]),
    ] {
        let mut room = Room::new("path = \"duo.jsonl\"");
        room.deliver(&["one"]).await;
        let mut channel = room.open().await;
        channel.deliver(&batch(&["two", "three"])).await.unwrap();
        channel.close().await;
        // Killed before it counted: whatever had reached the disk by then.
        fs::write(room.path("duo.jsonl"), written).unwrap();
        room.deliver(&next).await;
        let lines: String = next.iter().map(|line| format!("{line}\n")).collect();
        assert_eq!(room.read("duo.jsonl"), format!("one\n{lines}"), "after {written:?}");
        room.deliver(&["last"]).await;
        assert_eq!(room.read("duo.jsonl"), format!("one\n{lines}last\n"));
    }
}

#[tokio::test]
async fn a_file_begun_by_a_batch_that_never_counted_is_emptied_and_a_strangers_is_not() {
    let mut room = Room::new("path = \"{log_type}.jsonl\"");
    room.deliver(&["one"]).await;
    let mut channel = room.open().await;
    let mut other = batch(&["two"]);
    other.items[0].what = What::Alert;
    channel.deliver(&other).await.unwrap();
    fs::write(room.path("telephony.jsonl"), "a stranger's\n").unwrap();
    room.deliver(&["three"]).await;
    assert_eq!(room.read("activity.jsonl"), "one\nthree\n");
    assert_eq!(room.read("alert.jsonl"), "");
    assert_eq!(room.read("telephony.jsonl"), "a stranger's\n");
}

#[tokio::test]
async fn a_file_that_somebody_moved_away_is_begun_anew() {
    let mut room = Room::new("path = \"duo.jsonl\"");
    let mut channel = room.open().await;
    channel.deliver(&batch(&["one"])).await.unwrap();
    fs::rename(room.path("duo.jsonl"), room.path("moved")).unwrap();
    channel.deliver(&batch(&["two"])).await.unwrap();
    assert_eq!((room.read("moved"), room.read("duo.jsonl")), ("one\n".into(), "two\n".into()));
    room.committed = None;
}

#[tokio::test]
async fn with_a_new_day_begins_a_new_file() {
    let mut room = Room::new("path = \"duo.jsonl\"");
    room.deliver(&["one"]).await;
    room.age("duo.jsonl", 1);
    room.deliver(&["two"]).await;
    let finished = format!("duo.{}.jsonl", day_before(1));
    assert_eq!(room.names(), [finished.clone(), "duo.jsonl".to_owned()]);
    assert_eq!((room.read(&finished), room.read("duo.jsonl")), ("one\n".into(), "two\n".into()));
}

#[tokio::test]
async fn a_day_in_the_name_begins_a_new_file_by_itself() {
    let mut room = Room::new("path = \"duo-{date}.jsonl\"\ncompress = \"zstd\"");
    let yesterday = format!("duo-{}.jsonl", day_before(1));
    fs::create_dir_all(room.path("")).unwrap();
    fs::write(room.path(&yesterday), "old\n").unwrap();
    room.deliver(&["new"]).await;
    room.deliver(&["newer"]).await;
    let today = format!("duo-{}.jsonl", day_before(0));
    assert_eq!(room.names(), [format!("{yesterday}.zst"), today.clone()]);
    assert_eq!(room.read(&today), "new\nnewer\n");
    let packed = fs::read(room.path(&format!("{yesterday}.zst"))).unwrap();
    assert_eq!(zstd::decode_all(&*packed).unwrap(), b"old\n");
}

#[tokio::test]
async fn files_grow_to_their_size_are_compressed_and_removed_in_time() {
    let mut room = Room::new(
        "path = \"duo.jsonl\"\nrotate_size = \"100KB\"\ncompress = \"gzip\"\nkeep_files = 2",
    );
    let long = "x".repeat(60_000);
    for n in 0..5 {
        room.deliver(&[&format!("{n}{long}")]).await;
    }
    room.deliver(&["end"]).await;
    let today = day_before(0);
    let expected = [
        format!("duo.{today}.2.jsonl.gz"),
        format!("duo.{today}.3.jsonl.gz"),
        "duo.jsonl".to_owned(),
    ];
    assert_eq!(room.names(), expected);
    let mut text = String::new();
    let packed = fs::File::open(room.path(&expected[1])).unwrap();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    assert_eq!(text, format!("3{long}\n"));
    assert_eq!(room.read("duo.jsonl"), format!("4{long}\nend\n"));
}

#[tokio::test]
async fn each_file_of_values_begins_with_its_columns() {
    let mut room = Room::new("path = \"duo.csv\"\nformat = \"csv\"");
    room.deliver(&["1,2"]).await;
    room.deliver(&["3,4"]).await;
    assert_eq!(room.read("duo.csv"), "a,b\n1,2\n3,4\n");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_and_no_line_is_lost() {
    let mut room = Room::new("path = \"duo/x.jsonl\"");
    fs::create_dir_all(room.path("")).unwrap();
    fs::write(room.path("duo"), "in the way").unwrap();
    let mut channel = room.open().await;
    let failure = channel.deliver(&batch(&["one"])).await.unwrap_err();
    assert!(failure.problem.to_string().contains("cannot be written"), "{}", failure.problem);
    fs::remove_file(room.path("duo")).unwrap();
    channel.deliver(&batch(&["one"])).await.unwrap();
    channel.close().await;
    room.committed = Some("one".to_owned());
    room.deliver(&["two"]).await;
    assert_eq!(room.read("duo/x.jsonl"), "one\ntwo\n");
}
