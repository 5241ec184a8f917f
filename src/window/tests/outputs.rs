//! “Outputs” in the settings: what is added and changed, what a test finds, what was refused.

use std::net::TcpListener;
use std::sync::Arc;

use super::settings::{OUTPUTS, Place, has, reach, retype, said, wait_for};
use super::*;
use crate::settings::{Destination, RecordFormat, Start, Transport};
use crate::store::{Handed, ItemKey, Reader, RefusedItem};

const SIEM: &str = "[[output]] # ours\nname = \"SIEM\"\ntype = \"syslog\"\n\
                    address = \"logs.example.com\"\nformat = \"leef\"\n";

/// Chooses from a list.
fn choose(harness: &mut Screen, list: &str, what: &str) {
    harness.get_by_role_and_label(Role::ComboBox, list).scroll_to_me();
    harness.run_steps(8);
    harness.get_by_role_and_label(Role::ComboBox, list).click();
    harness.run();
    press(harness, what);
}

/// Opens the form of a new output.
fn add(harness: &mut Screen, kind: &str) {
    press(harness, "Add output");
    reach(harness, kind);
}

#[test]
fn an_output_is_added_through_its_form() {
    let place = Place::new("version = 1 # mine\n");
    let mut harness = place.open("Outputs");
    add(&mut harness, "E-mail");
    reach(&mut harness, "Save");
    assert!(has(&harness, "4 fields need a look"), "{:?}", said(&harness));
    fill(&mut harness, "Name", "Security team");
    fill(&mut harness, "Mail server", "smtp.example.com");
    fill(&mut harness, "From", "nobody");
    assert!(has(&harness, "Write an e-mail address"));
    retype(&mut harness, "From", "duo@example.com");
    fill(&mut harness, "To", "security@example.com, it@example.com");
    press(&mut harness, "Save");
    place.fulfil(&mut harness);
    let settings = Settings::load(&place.home).unwrap();
    assert_eq!(settings.outputs[0].name, "Security team");
    assert!(settings.outputs[0].destination().contains("it@example.com"));
    assert!(place.text().starts_with("version = 1 # mine\n"));
    assert!(has(&harness, "Edit Security team") && has(&harness, "Nothing sent yet"));
}

#[test]
fn an_output_tells_how_it_does_and_what_went_wrong() {
    let place = Place::new(&format!("version = 1\n{OUTPUTS}"));
    let mut writer = place.store(&[]);
    writer.note_delivered("Security team", &[]).unwrap();
    let now = UnixMillis::now();
    writer.note_failed("#duo-alerts", &[], "the workspace is gone", None, now).unwrap();
    let mut harness = place.open("Outputs");
    wait_for(&mut harness, "the workspace is gone");
    assert!(has(&harness, "Failing"));
    assert!(has(&harness, "22:00-07:00 only Critical and graver"));
    // A test that fails tells why, at the output: there is no keychain here.
    press(&mut harness, "Test #duo-alerts");
    assert!(has(&harness, "Sending the test message"));
    place.fulfil(&mut harness);
    wait_for(&mut harness, "No secret was found");
    press(&mut harness, "Remove #duo-alerts");
    assert_eq!(focused(&harness).as_deref(), Some("Cancel"));
    press(&mut harness, "Cancel");
    assert!(harness.state().wishes.is_empty());
}

#[test]
fn an_edited_output_keeps_its_comments() {
    let place = Place::new(&format!("version = 1\n{OUTPUTS}"));
    let mut harness = place.open("Outputs");
    press(&mut harness, "Edit Security team");
    wait_for(&mut harness, "Mail server");
    retype(&mut harness, "From", "alerts@example.com");
    press(&mut harness, "Save");
    place.fulfil(&mut harness);
    let text = place.text();
    assert!(text.contains("# ours") && text.contains("# on call"), "{text}");
    assert!(text.contains("from = \"alerts@example.com\""), "{text}");
    let untouched = ["server = \"smtp.example.com\"\n", "least = \"high\"\n[[output]]"];
    assert!(untouched.iter().all(|lines| text.contains(lines)), "{text}");
}

#[test]
fn what_can_be_added_is_told_in_a_sentence_each_and_there_is_a_way_back() {
    let place = Place::new("version = 1\n");
    let mut harness = place.open("Outputs");
    press(&mut harness, "Add output");
    let buttons = harness.query_all_by_role(Role::Button);
    let told: Vec<String> = buttons
        .filter_map(|button| button.accesskit_node().description().map(|_| button))
        .filter_map(|button| button.accesskit_node().label())
        .collect();
    for kind in ["File", "Syslog", "Splunk", "Kafka", "E-mail", "Slack", "Webhook"] {
        assert!(told.iter().any(|label| label == kind), "{kind}: {told:?}");
    }
    assert_eq!(told.len(), Destination::TYPES.len() + 4, "{told:?}");
    keyboard::assert_all_is_reached(&mut harness);
    reach(&mut harness, "Syslog");
    assert_eq!(focused(&harness).as_deref(), Some("Name"));
    keyboard::assert_all_is_reached(&mut harness);
    reach(&mut harness, "Back to the outputs");
    assert!(has(&harness, "No output yet"));
    assert!(harness.state().wishes.is_empty());
}

#[test]
fn a_syslog_output_is_added_with_mistakes_first_and_then_without() {
    let place = Place::new("version = 1 # mine\n");
    drop(place.store(&[3, 2, 1]));
    let mut harness = place.open("Outputs");
    add(&mut harness, "Syslog");
    reach(&mut harness, "Save");
    assert!(has(&harness, "2 fields need a look"), "{:?}", said(&harness));
    assert!(harness.state().wishes.is_empty());
    fill(&mut harness, "Name", "SIEM");
    fill(&mut harness, "Address", "logs example com");
    assert!(has(&harness, "write it as syslog.example.com:6514"), "{:?}", said(&harness));
    retype(&mut harness, "Address", "logs.example.com");
    assert!(!has(&harness, "Certificate authority"));
    choose(&mut harness, "Way", "TLS: nobody reads it on the way");
    assert!(has(&harness, "Certificate authority"));
    reach(&mut harness, "More settings\u{2026}");
    fill(&mut harness, "Own certificate", "client.pem");
    reach(&mut harness, "Save");
    assert!(
        has(&harness, "Name the file of the certificate\u{2019}s private key")
            || has(&harness, "Name the file of the certificate's private key")
    );
    fill(&mut harness, "Key of the own certificate", "client-key.pem");
    choose(&mut harness, "Format", "Common Event Format (cef)");
    wait_for(&mut harness, "CEF:0|");
    assert!(has(&harness, "The newest record that fits: Authentication of Contoso"));
    choose(&mut harness, "Begin", "From the oldest stored record on");
    reach(&mut harness, "Save");
    let did = place.fulfil(&mut harness);
    assert_eq!(did.words.as_deref(), Some("SIEM was added. Press Test to try it"));
    assert!(has(&harness, "Edit SIEM") && has(&harness, "Nothing sent yet"));
    let settings = Settings::load(&place.home).unwrap();
    let records = settings.outputs[0].records().unwrap();
    assert_eq!((records.format, records.start), (RecordFormat::Cef, Start::Beginning));
    let Destination::Syslog(syslog) = &records.to else { panic!("{records:?}") };
    assert_eq!((syslog.port, syslog.transport), (6514, Transport::Tls));
    assert!(place.text().starts_with("version = 1 # mine\n"));
}

#[test]
fn a_preview_follows_the_format_and_the_filter() {
    let place = Place::new(&format!("version = 1\n{SIEM}"));
    drop(place.store(&[1]));
    let mut harness = place.open("Outputs");
    press(&mut harness, "Edit SIEM");
    wait_for(&mut harness, "LEEF:2.0|");
    choose(&mut harness, "Format", "JSON as Duo sent it (raw)");
    wait_for(&mut harness, "\"txid\":\"0\"");
    // None of that log is stored: an invented one says so.
    choose(&mut harness, "Logs", "Telephony");
    key(&mut harness, Key::Escape);
    wait_for(&mut harness, "this Telephony record is invented");
    reach(&mut harness, "Alerts, too");
    reach(&mut harness, "Save");
    place.fulfil(&mut harness);
    let text = place.text();
    assert!(text.contains("[[output]] # ours") && !text.contains("format"), "{text}");
    assert!(text.contains("log_types = [\"telephony\"]\nalerts = true"), "{text}");
    assert!(has(&harness, "Telephony as raw, and alerts"), "{:?}", said(&harness));
}

#[test]
fn what_was_typed_stays_when_it_cannot_be_saved() {
    let place = Place::new("version = 1\n");
    let mut harness = place.open("Outputs");
    add(&mut harness, "Slack");
    fill(&mut harness, "Name", "#alerts");
    fill(&mut harness, "Webhook address", "https://hooks.slack.com/services/T0/B0/x");
    reach(&mut harness, "Save");
    // There is no keychain that writes in these tests.
    let [Wish::Act(act)] = harness.state().wishes.as_slice() else { panic!("nothing to do") };
    act.clone().run(&place.home).unwrap_err();
    place.refresh(&mut harness);
    assert_eq!(field(&harness, "Name").value().as_deref(), Some("#alerts"));
    reach(&mut harness, "Save");
    assert_eq!(harness.state().wishes.len(), 1, "it can be tried again");
}

/// Two records that SIEM will never take.
fn refusing() -> Place {
    let place = Place::new(&format!("version = 1\n{SIEM}"));
    let mut writer = place.store(&[3, 2, 1]);
    let now = UnixMillis::now();
    let from = writer.begin_output("SIEM", Start::Beginning, now).unwrap();
    let item = |id: &str, reason: &str| RefusedItem {
        key: ItemKey { feed: None, time: now, number: 1 },
        id: id.to_owned(),
        reason: reason.to_owned(),
    };
    let refused = vec![item("a1", "the field user.name is too long"), item("b2", "no such index")];
    let handed = Handed { from: &from, to: &from, delivered: 1200, refused, resent: &[] };
    writer.handed("SIEM", &handed, now).unwrap();
    place
}

fn refused(place: &Place) -> Vec<(String, bool)> {
    let reader = Reader::open(&place.home.store_file()).unwrap().unwrap();
    let all = reader.refused_of("SIEM").unwrap();
    all.into_iter().map(|refused| (refused.id, refused.again)).collect()
}

#[test]
fn what_was_refused_is_listed_and_sent_again_or_discarded_after_a_question() {
    let place = refusing();
    let mut harness = place.open("Outputs");
    wait_for(&mut harness, "2 records it will not take");
    assert!(has(&harness, "3 waiting") && has(&harness, "delivered"), "{:?}", said(&harness));
    press(&mut harness, "Show refused of SIEM");
    wait_for(&mut harness, "The field user.name is too long");
    press(&mut harness, "Send a1 again");
    let did = place.fulfil(&mut harness);
    assert_eq!(did.words.as_deref(), Some("1 record is sent to SIEM again"));
    assert_eq!(refused(&place), [("a1".to_owned(), true), ("b2".to_owned(), false)]);
    wait_for(&mut harness, "Is sent again");

    press(&mut harness, "Discard b2\u{2026}");
    assert!(has(&harness, "Discard 1 record?") && has(&harness, "This cannot be undone"));
    assert_eq!(focused(&harness).as_deref(), Some("Cancel"), "{:?}", said(&harness));
    press(&mut harness, "Cancel");
    assert!(harness.state().wishes.is_empty());
    press(&mut harness, "Discard b2\u{2026}");
    press(&mut harness, "Discard");
    let did = place.fulfil(&mut harness);
    assert!(did.undo.is_none());
    assert_eq!(refused(&place), [("a1".to_owned(), true)]);
}

/// A receiver whose certificate nobody knows; the authority's as PEM, and its port.
fn receiver() -> (String, u16) {
    let mut authority = rcgen::CertificateParams::default();
    authority.distinguished_name.push(rcgen::DnType::CommonName, "Our own authority");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let authority = rcgen::CertifiedIssuer::self_signed(authority, key).unwrap();
    let mut leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    leaf.distinguished_name.push(rcgen::DnType::CommonName, "logs.example.com");
    leaf.use_authority_key_identifier_extension = true;
    leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, config) = (stream.unwrap(), Arc::clone(&config));
            std::thread::spawn(move || {
                let mut tls = rustls::ServerConnection::new(config).unwrap();
                let mut tls = rustls::Stream::new(&mut tls, &mut stream);
                let _ = std::io::copy(&mut tls, &mut std::io::sink());
            });
        }
    });
    (authority.pem(), port)
}

/// Syslog over TLS to this computer.
fn to_receiver(port: u16, more: &str) -> String {
    format!(
        "version = 1\n[[output]]\nname = \"SIEM\"\ntype = \"syslog\"\ntransport = \"tls\"\n\
         address = \"localhost:{port}\"\n{more}"
    )
}

#[test]
fn a_test_shows_the_certificate_and_what_to_do_when_nobody_trusts_it() {
    let (authority, port) = receiver();
    let place = Place::new(&to_receiver(port, ""));
    let mut harness = place.open("Outputs");
    press(&mut harness, "Test SIEM");
    assert!(has(&harness, "Sending the test record"));
    place.fulfil(&mut harness);
    wait_for(&mut harness, "localhost is not trusted");
    assert!(has(&harness, "The certificate it presented is not trusted"), "{:?}", said(&harness));
    for words in
        ["CN=logs.example.com", "CN=Our own authority", "Valid until", "Certificate authority"]
    {
        assert!(has(&harness, words), "{words}: {:?}", said(&harness));
    }
    press(&mut harness, "Edit SIEM");
    wait_for(&mut harness, "Send a test record");
    std::fs::write(place.home.config.join("authority.pem"), authority).unwrap();
    fill(&mut harness, "Certificate authority", "authority.pem");
    // What is typed can be tried before it counts.
    reach(&mut harness, "Send a test record");
    assert!(!place.text().contains("authority.pem"));
    place.fulfil(&mut harness);
    wait_for(&mut harness, "SIEM took the test record");
    reach(&mut harness, "Close");
    assert!(!has(&harness, "SIEM took the test record"));
    reach(&mut harness, "Save");
    place.fulfil(&mut harness);
    press(&mut harness, "Test SIEM");
    place.fulfil(&mut harness);
    wait_for(&mut harness, "SIEM took the test record");
    assert!(has(&harness, "The certificate it presented is trusted"), "{:?}", said(&harness));
}

fn picture(harness: &mut Screen, name: &str, all: &mut egui_kittest::SnapshotResults) {
    harness.remove_cursor();
    harness.run();
    harness.snapshot(name);
    all.extend_harness(harness);
}

#[test]
fn adding_in_pictures() {
    let mut all = egui_kittest::SnapshotResults::new();
    let place = Place::new("version = 1\n");
    let mut harness = place.open("Outputs");
    press(&mut harness, "Add output");
    picture(&mut harness, "outputs_types", &mut all);

    let mut harness = place.open_as("Outputs", egui::Theme::Dark, [1024.0, 700.0], 1.0);
    add(&mut harness, "Syslog");
    fill(
        &mut harness,
        "Name",
        "\u{5de}\u{5d5}\u{5e7}\u{5d3} \u{5d4}\u{5d0}\u{5d1}\u{5d8}\u{5d7}\u{5d4}",
    );
    fill(&mut harness, "Address", "logs example com");
    choose(&mut harness, "Format", "Common Event Format (cef)");
    wait_for(&mut harness, "CEF:0|");
    picture(&mut harness, "outputs_form_dark", &mut all);
}
