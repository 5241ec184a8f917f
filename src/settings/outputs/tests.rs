//! What is allowed in an `[[output]]`, and what is told about the rest.

use super::*;
use crate::base::UnixMillis;

const EMAIL: &str = "name = \"Security\"\ntype = \"email\"\nserver = \"smtp.example.com\"\n\
                     from = \"duo@example.com\"\nto = [\"it@example.com\"]\n";

fn check(text: &str) -> Result<Output, Vec<Mistake>> {
    Output::check(&text.parse().unwrap())
}

#[track_caller]
fn wrong(text: &str) -> String {
    let mistakes: Vec<String> = check(text).unwrap_err().iter().map(ToString::to_string).collect();
    mistakes.join("; ")
}

#[track_caller]
fn email(text: &str) -> Email {
    let Target::Email(email) = check(text).unwrap().target else { panic!("no e-mail") };
    email
}

#[test]
fn an_email_output_needs_four_lines() {
    let output = check(EMAIL).unwrap();
    assert_eq!(output.type_name(), "email");
    assert_eq!(output.destination(), "it@example.com by smtp.example.com:587");
    assert_eq!(output.secret_words(), None);
    assert_eq!(output.taste.levels, [Level::Medium, Level::High, Level::Critical]);
    assert_eq!(output.taste.quiet_level, Level::Critical);
    assert_eq!(output.taste.group_for, Duration::from_secs(300));
    assert_eq!(email(EMAIL).security, Security::StartTls);
    let with_user = check(&format!("{EMAIL}user = \"duo\"\n")).unwrap();
    assert!(with_user.secret_words().is_some());
}

#[test]
fn the_usual_port_goes_with_the_security() {
    let with = |security: &str, server: &str| {
        let text =
            format!("{EMAIL}security = \"{security}\"\n").replace("smtp.example.com", server);
        email(&text).server()
    };
    assert_eq!(with("tls", "smtp.example.com"), "smtp.example.com:465");
    assert_eq!(with("tls", "[::1]"), "[::1]:465");
    assert_eq!(with("none", "127.0.0.1:2525"), "127.0.0.1:2525");
}

#[test]
fn mail_without_tls_stays_on_this_computer() {
    let open = format!("{EMAIL}security = \"none\"\n");
    assert!(wrong(&open).contains("without TLS"), "{}", wrong(&open));
    email(&format!("{open}unsafe_allow_no_tls = true\n"));
    for near in ["localhost", "127.0.0.1", "[::1]:25"] {
        email(&open.replace("smtp.example.com", near));
    }
}

#[test]
fn levels_are_named_or_begin_somewhere() {
    let with = |line: &str| check(&format!("{EMAIL}{line}\n")).unwrap().taste.levels;
    assert_eq!(with("levels = [\"critical\", \"low\", \"low\"]"), [Level::Low, Level::Critical]);
    assert_eq!(with("least = \"high\""), [Level::High, Level::Critical]);
    let told = wrong(&format!("{EMAIL}least = \"hihg\"\n"));
    assert!(told.contains("did you mean high?"), "{told}");
    wrong(&format!("{EMAIL}levels = []\n"));
    wrong(&format!("{EMAIL}levels = [\"high\"]\nleast = \"high\"\n"));
}

#[test]
fn an_address_that_could_smuggle_in_a_line_is_none() {
    for address in ["it@example.com\\nBcc: all@example.com", "nobody", "", "a@b\\u0000c.example"] {
        let told = wrong(&EMAIL.replace("it@example.com", address));
        assert!(told.contains("to: "), "{address}: {told}");
    }
}

#[test]
fn slacks_and_teams_addresses_are_secrets() {
    for kind in ["slack", "teams"] {
        let text = format!("name = \"Chat\"\ntype = \"{kind}\"\nhost = \"hooks.example.com\"\n");
        let output = check(&text).unwrap();
        assert_eq!(
            (output.type_name(), output.destination().as_str()),
            (kind, "hooks.example.com")
        );
        assert!(output.secret_words().is_some());
        let told = wrong(&format!("{text}url = \"https://hooks.example.com/T0/secret\"\n"));
        assert!(told.contains("output add") && !told.contains("T0"), "{told}");
    }
}

#[test]
fn a_webhook_is_reached_by_https() {
    let with =
        |url: &str| check(&format!("name = \"SOAR\"\ntype = \"webhook\"\nurl = \"{url}\"\n"));
    for fine in ["https://soar.example.com/hook?x=1", "http://127.0.0.1:8080/", "HTTPS://[::1]/"] {
        with(fine).unwrap();
    }
    for bad in [
        "http://soar.example.com/hook",
        "https://me:hunter2@soar.example.com/",
        "soar.example.com",
        "ftp://soar.example.com",
        "https://soar.example.com/a b",
        "https:///hook",
    ] {
        let told = format!("{:?}", with(bad).unwrap_err());
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn headers_that_are_not_for_people_are_refused() {
    let with = |name: &str| {
        check(&format!(
            "name = \"SOAR\"\ntype = \"webhook\"\nurl = \"https://soar.example.com/\"\n\
             header_name = \"{name}\"\n"
        ))
    };
    assert!(with("Authorization").unwrap().secret_words().is_some());
    for bad in ["", "X Y", "Host", "content-length", "a:b"] {
        with(bad).unwrap_err();
    }
}

#[test]
fn secrets_and_unknown_keys_are_mistakes() {
    let told = wrong(&format!("{EMAIL}password = \"hunter2\"\nquiet_hour = \"22:00-07:00\"\n"));
    assert!(told.contains("did you mean quiet_hours?"), "{told}");
    assert!(told.contains("never kept in this file") && !told.contains("hunter2"), "{told}");
    let told = wrong("name = \"Desktop\"\ntype = \"slak\"\n");
    assert!(told.contains("did you mean slack?") && told.contains("taken"), "{told}");
}

#[test]
fn quiet_hours_know_their_zone() {
    let with = |lines: &str| check(&format!("{EMAIL}{lines}\n"));
    let hours = with("quiet_hours = \"22:00-07:00\"\nzone = \"Europe/Paris\"").unwrap();
    let hours = hours.taste.quiet_hours.unwrap();
    assert_eq!(hours.zone().iana_name(), Some("Europe/Paris"));
    with("quiet_hours = \"22:00-22:00\"").unwrap_err();
    with("quiet_hours = \"22:00-07:00\"\nzone = \"Europe/Nowhere\"").unwrap_err();
}

#[test]
fn outputs_for_records_are_read_with_their_usual_values() {
    let file =
        check("name = \"Agent\"\ntype = \"file\"\npath = \"duo/{log_type}.jsonl\"\n").unwrap();
    let records = file.records().unwrap();
    assert_eq!((records.format, records.start), (RecordFormat::Raw, Start::Now));
    assert_eq!(records.filter, Filter::default());
    assert_eq!(records.words(), "all records as raw");
    assert!(file.taste.levels.is_empty(), "it gets no messages");
    let Destination::File(to) = &records.to else { panic!() };
    assert!(to.daily && to.rotate_bytes.is_none() && to.compress == Compress::None);

    let syslog = check(
        "name = \"SIEM\"\ntype = \"syslog\"\naddress = \"logs.example.com\"\ntransport = \"tls\"\n\
         format = \"cef\"\nstart = \"2026-03-01\"\nlog_types = [\"activity\"]\nalerts = true\n",
    );
    let syslog = syslog.unwrap();
    assert_eq!(syslog.destination(), "logs.example.com:6514 over TLS");
    let records = syslog.records().unwrap();
    assert_eq!(records.start, Start::At(UnixMillis(1_772_323_200_000)));
    assert_eq!(records.words(), "activity as cef, and alerts");
}

#[test]
fn mistakes_in_outputs_for_records_are_told_with_what_was_meant() {
    let told = |lines: &str| wrong(&format!("name = \"X\"\n{lines}\n"));
    for (lines, words) in [
        ("type = \"file\"", "path: name a file"),
        ("type = \"file\"\npath = \"{logtype}.jsonl\"", "did you mean log_type?"),
        ("type = \"file\"\npath = \"logs/\"", "this is a folder"),
        ("type = \"file\"\npath = \"a\"\nformat = \"esc\"", "did you mean ecs?"),
        ("type = \"file\"\npath = \"a\"\nrotate_size = \"10\"", "too small"),
        ("type = \"file\"\npath = \"a\"\nstart = \"-7d\"", "write a date"),
        ("type = \"file\"\npath = \"a\"\nlog_types = [\"auth\"]", "log_types"),
        ("type = \"file\"\npath = \"a\"\nleast = \"high\"", "there is no such key"),
        ("type = \"syslog\"", "say where it is"),
        ("type = \"syslog\"\naddress = \"a\"\nformat = \"csv\"", "is not one of"),
        ("type = \"syslog\"\naddress = \"a\"\nca_file = \"x.pem\"", "certificates are for TLS"),
        (
            "type = \"syslog\"\naddress = \"a\"\ntransport = \"tls\"\nclient_key = \"k\"",
            "client_certificate",
        ),
        ("type = \"syslog\"\naddress = \"a:1\"\nport = 2", "names a port already"),
        ("type = \"syslog\"\naddress = \"a\"\ntransport = \"udp\"\nmax_size = \"1MB\"", "65507"),
        ("type = \"syslgo\"", "did you mean syslog?"),
    ] {
        let told = told(lines);
        assert!(told.contains(words), "{lines}: {told}");
    }
}
