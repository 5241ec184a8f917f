use std::sync::Mutex;

use tokio::io::AsyncWriteExt;

use super::*;
use crate::control::{
    ControlError, LONGEST_LINE, PROTOCOL, address_of_system, ask_blocking, connect,
};

/// A server that writes down what it is asked, in a home of its own.
struct Office {
    _folder: tempfile::TempDir,
    home: Home,
    asked: Arc<Mutex<Vec<Request>>>,
    stop: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<Result<(), Problem>>,
}

impl Office {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let stop = watch::Sender::new(false);
        let (here, book, stopping) = (home.clone(), asked.clone(), stop.subscribe());
        let serving = tokio::spawn(async move {
            let handler = move |request| {
                book.lock().unwrap().push(request);
                async { Answer::Ok }
            };
            serve(&here, Role::Collector, handler, stopping).await
        });
        while connect(&home, Role::Collector).await.is_err() {
            sleep(Duration::from_millis(5)).await;
        }
        Self { _folder: folder, home, asked, stop, serving }
    }

    /// A connection that says what it likes.
    async fn call(&self) -> BufReader<Stream> {
        let stream = address_of_system::connect(&self.home, Role::Collector).await.unwrap();
        let mut stream = BufReader::new(stream);
        let hello = self.hear(&mut stream).await.unwrap();
        assert!(hello.contains("\"role\":\"collector\""), "{hello}");
        stream
    }

    async fn hear(&self, stream: &mut BufReader<Stream>) -> Option<String> {
        let line = read_line(stream, LINE_LIMIT).await.ok()??;
        Some(String::from_utf8(line).unwrap())
    }

    async fn say(&self, stream: &mut BufReader<Stream>, text: &str) {
        // The other side may have hung up; then the test hears it.
        let _ = stream.get_mut().write_all(text.as_bytes()).await;
    }
}

const HELLO: &str =
    "{\"hello\":{\"protocol\":1,\"version\":\"0.0.1\",\"role\":\"window\",\"pid\":1}}\n";

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_answered_one_after_the_other() {
    let office = Office::open().await;
    let mut connection = connect(&office.home, Role::Collector).await.unwrap();
    assert_eq!(connection.theirs().pid, std::process::id());
    for request in [Request::CollectNow, Request::Pause { until: None }] {
        assert_eq!(connection.ask(&request).await, Ok(Answer::Ok));
    }
    let (home, request) = (office.home.clone(), Request::Resume);
    // Also from a thread that belongs to a runtime.
    assert_eq!(ask_blocking(&home, Role::Collector, &request), Ok(Answer::Ok));
    let expected = [Request::CollectNow, Request::Pause { until: None }, Request::Resume];
    assert_eq!(*office.asked.lock().unwrap(), expected);
}

#[tokio::test]
async fn an_unknown_request_is_refused_and_the_connection_stays() {
    let office = Office::open().await;
    let mut stream = office.call().await;
    office.say(&mut stream, HELLO).await;
    for nonsense in ["{\"ask\":\"dance\"}\n", "no JSON\n", "\n", "[1,2]\n"] {
        office.say(&mut stream, nonsense).await;
        let answer = office.hear(&mut stream).await.unwrap();
        assert!(answer.starts_with("{\"answer\":\"refused\",\"what\":"), "{answer}");
    }
    office.say(&mut stream, "{\"ask\":\"resume\"}\n").await;
    assert_eq!(office.hear(&mut stream).await.unwrap(), "{\"answer\":\"ok\"}");
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_instead_of_a_hello_ends_the_conversation_and_nothing_else() {
    let office = Office::open().await;
    let endless = "x".repeat(LONGEST_LINE + 1);
    for garbage in ["GET / HTTP/1.1\r\n", "{\"ask\":\"quit\"}\n", "\u{0}\n", &endless] {
        let mut stream = office.call().await;
        office.say(&mut stream, garbage).await;
        while let Some(answer) = office.hear(&mut stream).await {
            assert!(answer.contains("refused"), "{answer}");
        }
    }
    assert!(office.asked.lock().unwrap().is_empty());
    let answer = ask_blocking(&office.home, Role::Collector, &Request::Resume);
    assert_eq!(answer, Ok(Answer::Ok));
}

#[tokio::test]
async fn a_newer_program_can_end_an_older_one_and_ask_nothing_else() {
    let office = Office::open().await;
    let mut stream = office.call().await;
    office.say(&mut stream, &HELLO.replace(":1,\"version", ":2,\"version")).await;
    office.say(&mut stream, "{\"ask\":\"resume\"}\n").await;
    let refusal = office.hear(&mut stream).await.unwrap();
    assert!(refusal.contains("different versions"), "{refusal}");
    office.say(&mut stream, "{\"ask\":\"quit\"}\n").await;
    assert_eq!(office.hear(&mut stream).await.unwrap(), "{\"answer\":\"ok\"}");
    assert_eq!(*office.asked.lock().unwrap(), [Request::Quit]);
}

#[tokio::test]
async fn another_version_on_the_other_side_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::under(folder.path());
    home.prepare().unwrap();
    let listener = listen(&home, Role::Collector).unwrap();
    let theirs = Hello { protocol: PROTOCOL + 1, ..Hello::from_here(Role::Collector) };
    let greeting = Greeting { hello: theirs.clone() };
    let older = tokio::spawn(async move {
        let stream = listener.accept().await.unwrap();
        let (mut reader, mut writer) = (BufReader::new(&stream), &stream);
        write_line(&mut writer, &greeting).await.unwrap();
        read_line(&mut reader, LINE_LIMIT).await.unwrap();
        let quit = read_line(&mut reader, LINE_LIMIT).await.unwrap();
        write_line(&mut writer, &Answer::Ok).await.unwrap();
        quit
    });
    let mut connection = connect(&home, Role::Collector).await.unwrap();
    let refused = connection.ask(&Request::Status).await;
    assert_eq!(refused, Err(ControlError::OtherVersion { theirs }));
    assert_eq!(connection.ask(&Request::Quit).await, Ok(Answer::Ok));
    assert_eq!(older.await.unwrap().as_deref(), Some(&b"{\"ask\":\"quit\"}"[..]));
}

#[tokio::test]
async fn callers_beyond_the_last_place_are_sent_away_until_one_leaves() {
    let office = Office::open().await;
    // Those who only looked whether somebody is there have to be gone first.
    sleep(Duration::from_millis(100)).await;
    let mut seated = Vec::new();
    for _ in 0..MOST_CONNECTIONS {
        seated.push(connect(&office.home, Role::Collector).await.unwrap());
    }
    assert!(connect(&office.home, Role::Collector).await.is_err());
    assert_eq!(seated[0].ask(&Request::Resume).await, Ok(Answer::Ok));
    seated.pop();
    sleep(Duration::from_millis(100)).await;
    assert!(connect(&office.home, Role::Collector).await.is_ok());
}

#[tokio::test]
async fn the_end_of_the_server_ends_idle_conversations_and_removes_the_socket() {
    let office = Office::open().await;
    let mut idle = connect(&office.home, Role::Collector).await.unwrap();
    office.stop.send_replace(true);
    office.serving.await.unwrap().unwrap();
    assert!(idle.ask(&Request::Status).await.is_err());
    let gone = connect(&office.home, Role::Collector).await.unwrap_err();
    assert_eq!(gone, ControlError::NotThere);
}
