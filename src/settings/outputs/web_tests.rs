//! The settings of outputs over HTTP.

use crate::settings::{Destination, HttpSecret, Login, Output, Target};

fn check(settings: &str) -> Result<Destination, String> {
    let table = format!("name = \"x\"\n{settings}").parse().unwrap();
    match Output::check(&table) {
        Ok(Output { target: Target::Records(records), .. }) => Ok(records.to),
        Ok(other) => panic!("{other:?}"),
        Err(mistakes) => {
            Err(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }
    }
}

#[track_caller]
fn wrong(settings: &str, words: &str) {
    let said = check(settings).unwrap_err();
    assert!(said.contains(words), "{said}");
}

const KINDS: [(&str, &str); 6] = [
    ("splunk_hec", ""),
    ("elasticsearch", ""),
    ("clickhouse", ""),
    (
        "azure_monitor",
        "rule = \"dcr-1\"\nstream = \"Custom-Duo_CL\"\ntenant = \"t\"\nclient_id = \"c\"",
    ),
    ("http", ""),
    ("otlp", ""),
];

#[test]
fn a_few_lines_are_enough_and_records_go_nowhere_in_clear() {
    for (kind, more) in KINDS {
        let settings = |url: &str| format!("type = \"{kind}\"\nurl = \"{url}\"\n{more}");
        let to = check(&settings("https://siem.example:8443/x")).unwrap();
        assert_eq!(to.type_name(), kind);
        assert!(to.destination().contains("siem.example"), "{}", to.destination());
        check(&settings("http://127.0.0.1:8088")).unwrap();
        wrong(&settings("http://siem.example"), "unsafe_allow_no_tls");
        check(&format!("{}\nunsafe_allow_no_tls = true", settings("http://siem.example"))).unwrap();
        wrong(&settings("https://me:hunter2@siem.example"), "do not belong in the address");
        wrong(&format!("type = \"{kind}\"\n{more}"), "say where it is");
        wrong(
            &format!("{}\nserver_name = \"x.example\"", settings("https://siem.example")),
            "name in the address",
        );
        for secret in ["token", "password", "api_key", "client_secret", "secret"] {
            let said =
                check(&format!("{}\n{secret} = \"hunter2\"", settings("https://siem.example")))
                    .unwrap_err();
            assert!(
                said.contains("never kept in this file") && !said.contains("hunter2"),
                "{said}"
            );
        }
    }
}

#[test]
fn elasticsearch_wants_an_api_key_a_password_or_nothing() {
    let login = |more: &str| {
        let settings = format!("type = \"elasticsearch\"\nurl = \"https://e.example\"\n{more}");
        let Destination::Elasticsearch(to) = check(&settings).unwrap() else { panic!() };
        (to.login.clone(), to.secret_words().is_some())
    };
    assert_eq!(login(""), (Login::ApiKey, true));
    assert_eq!(login("user = \"duo\""), (Login::User("duo".to_owned()), true));
    assert_eq!(login("anonymous = true"), (Login::Anonymous, false));
    let of = |name: &str| {
        format!("type = \"elasticsearch\"\nurl = \"https://e.example\"\ndata_stream = {name:?}")
    };
    check(&of("logs-duo.{log_type}-prod")).unwrap();
    wrong(&of("Logs-Duo"), "small letters");
    wrong(&of("-logs"), "begins with");
    wrong(&of("logs/../_cluster"), "small letters");
}

#[test]
fn names_in_statements_need_no_quotes() {
    let of = |name: &str| {
        format!("type = \"clickhouse\"\nurl = \"https://c.example\"\ntable = {name:?}")
    };
    check(&of("duo_2")).unwrap();
    wrong(&of("duo; DROP TABLE x"), "letters, digits and _");
    wrong(&of("2duo"), "letters, digits and _");
}

#[test]
fn the_cloud_that_a_token_is_for_goes_with_the_address() {
    let scope = |host: &str| {
        let (kind, more) = KINDS[3];
        let settings = format!("type = \"{kind}\"\nurl = \"https://{host}/\"\n{more}");
        let Destination::AzureMonitor(to) = check(&settings).unwrap() else { panic!() };
        to.scope
    };
    assert!(scope("a.eastus-1.ingest.monitor.azure.com").contains("monitor.azure.com"));
    assert!(scope("a.usgovvirginia-1.ingest.monitor.azure.us").contains("monitor.azure.us"));
    assert!(scope("a.chinaeast2-1.ingest.monitor.azure.cn").contains("monitor.azure.cn"));
    let (kind, more) = KINDS[3];
    let more = more.replace("dcr-1", "../x");
    wrong(&format!("type = \"{kind}\"\nurl = \"https://a.example\"\n{more}"), "rule");
}

#[test]
fn a_receiver_over_http_has_one_secret() {
    let secret = |more: &str| {
        let settings = format!("type = \"http\"\nurl = \"https://h.example\"\n{more}");
        let Destination::Http(to) = check(&settings).unwrap() else { panic!() };
        to.secret
    };
    assert_eq!(secret(""), HttpSecret::None);
    assert_eq!(secret("header_name = \"X-Key\""), HttpSecret::Header("X-Key".to_owned()));
    assert_eq!(secret("template = \"datadog\""), HttpSecret::Header("DD-API-KEY".to_owned()));
    assert!(matches!(secret("signature_header = \"X-Sum\""), HttpSecret::Signature { .. }));
    let http = "type = \"http\"\nurl = \"https://h.example\"\n";
    wrong(
        &format!("{http}header_name = \"X-Key\"\nsignature_header = \"X-Sum\""),
        "has one secret",
    );
    let said = check(&format!("{http}headers = {{ Authorization = \"hunter2\" }}")).unwrap_err();
    assert!(said.contains("header_name") && !said.contains("hunter2"), "{said}");
    wrong(&format!("{http}headers = {{ Content-Length = \"1\" }}"), "HTTP itself");
    wrong(&format!("{http}template = \"datadog\"\nbody = \"lines\""), "takes no such bodies");
    wrong(&format!("{http}template = \"splunk\""), "template");
}

#[test]
fn an_address_that_is_a_secret_is_not_in_the_file() {
    let sumo = "type = \"http\"\ntemplate = \"sumo_logic\"\n";
    let Destination::Http(to) = check(sumo).unwrap() else { panic!() };
    assert_eq!((to.url, to.secret), (None, HttpSecret::Address));
    let said = check(&format!("{sumo}url = \"https://s.example/hunter2\"")).unwrap_err();
    assert!(said.contains("is a secret") && !said.contains("hunter2"), "{said}");
}
