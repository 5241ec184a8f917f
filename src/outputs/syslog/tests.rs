use std::sync::Mutex;

use proptest::prelude::*;
use tokio::net::TcpListener;

use super::*;
use crate::base::{Home, UnixMillis};
use crate::net::NetSettings;
use crate::outputs::What;
use crate::record::LogType;
use crate::settings::{Destination, Output, Target};

fn output(lines: &str) -> SyslogOutput {
    let text = format!("name = \"Logs\"\ntype = \"syslog\"\n{lines}\n");
    let output = Output::check(&text.parse().unwrap()).unwrap();
    let Target::Records(records) = output.target else { panic!() };
    let Destination::Syslog(to) = records.to else { panic!() };
    to
}

fn item(id: &str, line: &str) -> Item {
    Item {
        id: id.into(),
        what: What::Record(LogType::Activity),
        account: "Con\"to]so".into(),
        api_hostname: "api-x.duosecurity.com".into(),
        time: UnixMillis(1_772_000_000_123),
        received: UnixMillis(0),
        raw: Vec::new(),
        line: line.as_bytes().to_vec(),
    }
}

fn batch(ids: std::ops::Range<u32>) -> Batch {
    let items = ids.map(|id| item(&format!("id-{id}"), &format!("{{\"n\":{id}}}"))).collect();
    Batch { items, token: String::new() }
}

async fn channel(lines: &str) -> Channel {
    let tools = Tools {
        net: NetSettings::default(),
        secret: None,
        home: Home::under(std::path::Path::new("/nowhere")),
        header: None,
        committed: None,
        only_test: false,
    };
    Channel::open(&output(lines), tools).await.unwrap()
}

#[test]
fn messages_are_as_the_rfcs_want_them() {
    let to = output("address = \"logs.example.com\"");
    let with_port = Item { api_hostname: "127.0.0.1:8443".into(), ..item("a", "{}") };
    let message = String::from_utf8(encode::message(&with_port, &to)).unwrap();
    assert!(message.contains("Z 127.0.0.1 duo-integrator "), "{message}");
    assert_eq!(
        String::from_utf8(encode::message(&item("a\\b", "{}"), &to)).unwrap(),
        "<134>1 2026-02-25T06:13:20.123Z api-x.duosecurity.com duo-integrator - activity \
         [duo@32473 id=\"a\\\\b\" account=\"Con\\\"to\\]so\" log=\"activity\"] {}"
    );
    let to = output(
        "address = \"logs.example.com\"\nform = \"rfc3164\"\nfacility = \"auth\"\nhostname = \"duo\"",
    );
    let old = String::from_utf8(encode::message(&item("a", "{}"), &to)).unwrap();
    assert!(old.starts_with("<38>Feb 2") && old.ends_with(" duo duointegrator: {}"), "{old}");
}

#[test]
fn frames_tell_where_a_message_ends() {
    let framed = |lines: &str, line: &str| {
        let mut out = Vec::new();
        let to = output(&format!("address = \"x\"\n{lines}"));
        encode::framed(&item("a", line), &to, &mut out);
        String::from_utf8(out).unwrap()
    };
    let counted = framed("", "ä");
    let (count, message) = counted.split_once(' ').unwrap();
    assert_eq!(count.parse::<usize>().unwrap(), message.len());
    assert!(framed("framing = \"line_feed\"", "x\ny").ends_with("] x y\n"));
}

#[test]
fn a_record_that_is_too_long_loses_its_longest_texts_and_says_so() {
    let to = output("address = \"x\"\nmax_size = \"2KB\"");
    let long = serde_json::json!({
        "id": "abc", "short": "kept", "long": "ä".repeat(5000), "deep": {"longer": "x".repeat(9000)}
    });
    let message = encode::message(&item("abc", &long.to_string()), &to);
    assert!(message.len() <= 2000 && message.len() > 1900, "{}", message.len());
    let text = String::from_utf8(message).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap();
    assert_eq!((&json["id"], &json["short"]), (&"abc".into(), &"kept".into()));
    assert_eq!(json["duo_integrator_shortened"], true);
    assert!(json["long"].as_str().unwrap().ends_with("\u{2026}[cut]"));
    assert!(json["deep"]["longer"].as_str().unwrap().ends_with("\u{2026}[cut]"));
}

#[test]
fn the_other_formats_are_shortened_by_field() {
    let raw = "\\\\".repeat(900);
    let cef = format!("CEF:0|a|b|c|d|e|5|act=login rawEvent={raw} msg=x\\=y end=1");
    let short = String::from_utf8(shorten::line(cef.as_bytes(), 500, "id")).unwrap();
    assert!(short.len() <= 500 && short.starts_with("CEF:0|a|b|c|d|e|5|act=login rawEvent="));
    assert!(short.ends_with("\u{2026}[cut] msg=x\\=y end=1"), "{short}");
    let value = &short[short.find("rawEvent=").unwrap() + 9..short.find('\u{2026}').unwrap()];
    assert_eq!(value.len() % 2, 0, "an escape was cut in two");
    let leef = format!("LEEF:2.0|a|b|c|d|x09|usrName=zoë\traw={}\tsrc=1.2.3.4", "y".repeat(900));
    let short = String::from_utf8(shorten::line(leef.as_bytes(), 300, "id")).unwrap();
    assert!(short.len() <= 300 && short.ends_with("\u{2026}[cut]\tsrc=1.2.3.4"), "{short}");
}

proptest! {
    #[test]
    fn what_is_shortened_fits_and_is_json_still(
        texts in proptest::collection::vec(("[a-z]{1,8}", "\\PC{0,400}"), 1..20),
        room in 200_usize..4000,
    ) {
        let object: serde_json::Map<String, serde_json::Value> =
            texts.into_iter().map(|(key, text)| (key, text.into())).collect();
        let line = serde_json::Value::Object(object).to_string();
        let short = shorten::line(line.as_bytes(), room, "some id");
        prop_assert!(short.len() <= room);
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&short).is_ok());
    }
}

/// What a receiver read: a message's id, by connection.
type Read = Arc<Mutex<Vec<(usize, String)>>>;

/// A receiver that reads octet-counted messages; the n-th connection is hung up after
/// `patience[n]` messages, if there is such.
async fn receiver(patience: Vec<usize>) -> (u16, Read) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let read: Read = Arc::default();
    let all = Arc::clone(&read);
    tokio::spawn(async move {
        for connection in 0.. {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let (all, patience) = (Arc::clone(&all), patience.get(connection).copied());
            tokio::spawn(async move {
                for n in 0.. {
                    if patience.is_some_and(|patience| n >= patience) {
                        return;
                    }
                    let mut length = 0;
                    loop {
                        match stream.read_u8().await {
                            Ok(b' ') => break,
                            Ok(digit) => length = length * 10 + usize::from(digit - b'0'),
                            Err(_) => return,
                        }
                    }
                    let mut message = vec![0; length];
                    if stream.read_exact(&mut message).await.is_err() {
                        return;
                    }
                    let message = String::from_utf8(message).unwrap();
                    let id = message.split('"').nth(1).unwrap().to_owned();
                    all.lock().unwrap().push((connection, id));
                }
            });
        }
    });
    (port, read)
}

async fn wait_for(so: impl Fn() -> bool) {
    for _ in 0..200 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not in time");
}

#[tokio::test]
async fn a_receiver_that_hangs_up_gets_again_what_it_may_not_have_read() {
    let (port, read) = receiver(vec![7]).await;
    let mut channel = channel(&format!("address = \"127.0.0.1:{port}\"")).await;
    for n in 0..3 {
        let batch = batch(n * 5..n * 5 + 5);
        // As the engine does: until it is taken.
        while channel.deliver(&batch).await.is_err() {}
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    wait_for(|| read.lock().unwrap().iter().any(|(_, id)| id == "id-14")).await;
    let read = read.lock().unwrap().clone();
    for n in 0..15 {
        assert!(read.iter().any(|(_, id)| *id == format!("id-{n}")), "{n} of {read:?}");
    }
    // On each connection in order.
    for connection in 0..2 {
        let ids: Vec<u32> = read
            .iter()
            .filter(|(of, _)| *of == connection)
            .map(|(_, id)| id[3..].parse().unwrap())
            .collect();
        assert!(ids.is_sorted(), "{ids:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_told_and_gets_everything_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut channel = channel(&format!("address = \"127.0.0.1\"\nport = {port}")).await;
    let failure = channel.deliver(&batch(0..3)).await.unwrap_err();
    assert!(failure.again && failure.problem.what.contains("cannot be reached"));
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    channel.deliver(&batch(0..3)).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    channel.close().await;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert_eq!(text.matches("id-").count(), 3);
}

#[tokio::test]
async fn datagrams_hold_one_message_each() {
    let receiver = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = receiver.local_addr().unwrap().port();
    let lines = format!("address = \"127.0.0.1:{port}\"\ntransport = \"udp\"");
    let mut channel = channel(&lines).await;
    channel.deliver(&batch(0..3)).await.unwrap();
    let mut bytes = [0; 4096];
    for n in 0..3 {
        let length = receiver.recv(&mut bytes).await.unwrap();
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        assert!(text.starts_with("<134>1 ") && text.ends_with(&format!("{{\"n\":{n}}}")), "{text}");
    }
    drop(receiver);
    let item = item("test", "{}");
    assert!(channel.probe(&item).await.is_err(), "nobody listens any more");
}
