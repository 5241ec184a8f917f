use super::*;
use crate::record::LogType;
use crate::settings::Scheme;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn home() -> (tempfile::TempDir, Home) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::under(folder.path());
    home.prepare().unwrap();
    (folder, home)
}

fn raw(name: &str, key: &str) -> RawAccount {
    RawAccount {
        name: name.to_owned(),
        integration_key: key.to_owned(),
        api_hostname: "api-1.duosecurity.com".to_owned(),
        ..RawAccount::default()
    }
}

fn account(name: &str, key: &str) -> Account {
    raw(name, key).check().unwrap()
}

/// The mistakes of a file, each as "key: what".
fn mistakes(text: &str) -> Vec<String> {
    let table = toml::from_str(text).unwrap();
    let mistakes = Settings::check(&table, Path::new("/config")).unwrap_err();
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn no_file_means_the_defaults_and_no_accounts() {
    let (_folder, home) = home();
    let settings = Settings::load(&home).unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.collection.poll_interval(false), Duration::from_secs(60));
    assert_eq!(settings.collection.pace, "adaptive");
    assert_eq!(settings.collection.late_window, DAY);
    assert_eq!(settings.collection.keep, 365 * DAY);
    assert_eq!(settings.no_data_alarm, NoDataAlarm { enabled: true, after: DAY });
}

#[test]
fn a_file_of_version_1_opens() {
    let (_folder, home) = home();
    std::fs::write(home.settings_file(), include_str!("../../tests/data/settings-v1.toml"))
        .unwrap();
    let settings = Settings::load(&home).unwrap();
    assert_eq!(settings.accounts.len(), 2);
    let contoso = settings.account("Contoso").unwrap();
    assert_eq!(contoso.log_types.len(), 6);
    assert_eq!(contoso.history(), 179 * DAY);
    assert_eq!(contoso.signature, Scheme::V5);
    let managed = settings.account("Managed").unwrap();
    assert_eq!(managed.kind, AccountKind::Accounts);
    assert_eq!(managed.signature, Scheme::V2Sha1);
    assert_eq!(managed.log_types, LogType::ALL);
    assert_eq!(managed.include, ["Fabrikam"]);
    assert_eq!(settings.network.ca_file, Some(home.config.join("corporate-root.pem")));
    assert_eq!(settings.network.proxy.as_deref(), Some("http://proxy.example:3128"));
    assert_eq!(settings.notes(), [""; 0]);
}

#[test]
fn every_mistake_is_told_with_its_key() {
    let told = mistakes(
        r#"
        version = 1
        colection = 1
        [[account]]
        name = "Contoso"
        integration_key = "DI XXX"
        api_hostname = "api-1 .duosecurity.com"
        log_types = ["authentication", "telefony"]
        histroy = "30d"
        history = "soon"
        signature = "v4"
        include = ["x"]
        [[account]]
        integration_key = 7
        [network]
        proxy = "http://me:hunter2@proxy:3128"
        [collection]
        poll_interval = 60
        pace = "fast"
        keep = "0d"
        [no_data_alarm]
        enabled = "yes"
        "#,
    );
    let expected = [
        ("colection", "did you mean collection?"),
        ("account “Contoso”, histroy", "did you mean history?"),
        ("account “Contoso”, integration_key", "letters and digits"),
        ("account “Contoso”, api_hostname", "cannot hold “ ”"),
        ("account “Contoso”, log_types", "did you mean telephony?"),
        ("account “Contoso”, history", "“soon” is not a span of time"),
        ("account “Contoso”, include", "kind = \"accounts\""),
        ("account “Contoso”, signature", "v5, v2-sha512, v2-sha1"),
        ("account 2, integration_key", "text in quotes"),
        ("account 2, name", "give the account a name"),
        ("account 2, api_hostname", "the host name is empty"),
        ("network.proxy", "keychain"),
        ("collection.poll_interval", "\"60s\""),
        ("collection.pace", "30/min"),
        ("collection.keep", "too short"),
        ("no_data_alarm.enabled", "true or false"),
    ];
    for (i, (key, part)) in expected.iter().enumerate() {
        let found = told.get(i).map(String::as_str).unwrap_or("nothing");
        assert!(found.starts_with(&format!("{key}: ")) && found.contains(part), "{i}: {found}");
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    assert!(!told.concat().contains("hunter2"));
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    let key = "a".repeat(40);
    let told = mistakes(&format!(
        "[[account]]\nname = \"C\"\nintegration_key = \"{key}\"\napi_hostname = \"h\"\n\
         secret_key = \"{key}\""
    ));
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told.iter().all(|line| line.contains("never kept in this file")));
    assert!(!told.concat().contains(&key));
}

#[test]
fn names_and_keys_are_unique() {
    let (_folder, home) = home();
    add_account(&home, &account("Contoso", "DIAAAAAAAAAAAAAAAAAA")).unwrap();
    let same_name = add_account(&home, &account("CONTOSO", "DIBBBBBBBBBBBBBBBBBB")).unwrap_err();
    assert!(same_name.to_string().contains("another account has this name"), "{same_name}");
    let same_key = add_account(&home, &account("Fabrikam", "DIAAAAAAAAAAAAAAAAAA")).unwrap_err();
    assert!(same_key.to_string().contains("has the same key"), "{same_key}");
    assert_eq!(Settings::load(&home).unwrap().accounts.len(), 1);
}

#[test]
fn what_duo_cannot_give_is_cut_with_a_note() {
    let mut raw = raw("Old", "DIAAAAAAAAAAAAAAAAAA");
    raw.history = Some("400d".to_owned());
    raw.api_hostname = "localhost:8443".to_owned();
    let account = raw.check().unwrap();
    assert_eq!(account.history(), HISTORY_LIMIT);
    let notes = account.notes().join("\n");
    assert!(notes.contains("400d is taken as 179d") && notes.contains("localhost:8443"), "{notes}");

    let table = toml::from_str("[collection]\npoll_interval = \"5s\"").unwrap();
    let settings = Settings::check(&table, Path::new("/config")).unwrap();
    assert_eq!(settings.collection.poll_interval(false), Duration::from_secs(60));
    assert_eq!(settings.collection.poll_interval(true), Duration::from_secs(5));
    assert_eq!(settings.notes().len(), 1);
}

#[test]
fn the_first_file_is_commented_and_means_the_defaults() {
    let (_folder, home) = home();
    let added = account("Contoso", "DIAAAAAAAAAAAAAAAAAA");
    add_account(&home, &added).unwrap();
    let text = std::fs::read_to_string(home.settings_file()).unwrap();
    assert!(text.starts_with("# Settings of Duo Security Integrator"), "{text}");
    let settings = Settings::load(&home).unwrap();
    assert_eq!(settings.accounts, [added]);
    assert_eq!(Settings { accounts: Vec::new(), ..settings }, Settings::default());
}

#[test]
fn comments_and_order_of_a_hand_edited_file_stay() {
    let (_folder, home) = home();
    let by_hand = "# mine\nversion = 1\n\n[collection] # often\n  keep = \"30d\"   # law\n\n\
                   # the first\n[[account]]\nname = \"A\"\napi_hostname = \"api-1.duosecurity.com\"\n\
                   integration_key = \"DIAAAAAAAAAAAAAAAAAA\"\n# history = \"7d\"\n";
    std::fs::write(home.settings_file(), by_hand).unwrap();
    add_account(&home, &account("B \u{201c}two\u{201d}", "DIBBBBBBBBBBBBBBBBBB")).unwrap();
    let text = std::fs::read_to_string(home.settings_file()).unwrap();
    assert!(text.starts_with(by_hand), "{text}");
    let removed = remove_account(&home, "B \u{201c}two\u{201d}").unwrap();
    assert_eq!(removed.integration_key, "DIBBBBBBBBBBBBBBBBBB");
    add_account(&home, &account("C", "DICCCCCCCCCCCCCCCCCC")).unwrap();
    remove_account(&home, "A").unwrap();
    let text = std::fs::read_to_string(home.settings_file()).unwrap();
    assert!(text.starts_with("# mine\nversion = 1\n\n[collection] # often\n"), "{text}");
    assert_eq!(Settings::load(&home).unwrap().accounts.len(), 1);
    let problem = remove_account(&home, "A").unwrap_err();
    assert_eq!(problem.next.as_deref(), Some("the accounts are: C"));
}

#[test]
fn a_list_of_inline_accounts_can_grow() {
    let (_folder, home) = home();
    let inline = "account = [{ name = \"A\", integration_key = \"DIAAAAAAAAAAAAAAAAAA\", \
                  api_hostname = \"h\" }]\n[collection]\nkeep = \"9d\"\n";
    std::fs::write(home.settings_file(), inline).unwrap();
    add_account(&home, &account("B", "DIBBBBBBBBBBBBBBBBBB")).unwrap();
    let settings = Settings::load(&home).unwrap();
    assert_eq!(settings.accounts.len(), 2);
    assert_eq!(settings.collection.keep, 9 * DAY);
}

#[test]
fn a_file_with_a_mistake_stops_and_is_not_touched() {
    let (_folder, home) = home();
    for bad in [
        &b"version = 1\n[collection]\npace = \"slow\"\n"[..],
        b"\xff\xfe",
        b"version = [",
        b"version = 9",
    ] {
        std::fs::write(home.settings_file(), bad).unwrap();
        let problem = Settings::load(&home).unwrap_err();
        assert!(problem.next.unwrap().contains("settings.toml"));
        assert!(add_account(&home, &account("B", "DIBBBBBBBBBBBBBBBBBB")).is_err());
        assert_eq!(std::fs::read(home.settings_file()).unwrap(), bad);
    }
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let (_folder, home) = home();
    std::fs::write(home.settings_file(), "\u{feff}version = 1\n").unwrap();
    assert_eq!(Settings::load(&home).unwrap(), Settings::default());
}

#[test]
fn all_kinds_of_account_survive_saving() {
    let (_folder, home) = home();
    let mut raw = raw("Managed", "DIAAAAAAAAAAAAAAAAAA");
    raw.kind = Some("accounts".to_owned());
    raw.signature = Some("v2-sha512".to_owned());
    raw.include = vec!["One \"two\"".to_owned()];
    raw.exclude = vec!["DAXXXXXXXXXXXXXXXXXX".to_owned()];
    raw.log_types = Some(vec!["activity".to_owned()]);
    raw.history = Some("36h".to_owned());
    let account = raw.check().unwrap();
    add_account(&home, &account).unwrap();
    assert_eq!(Settings::load(&home).unwrap().accounts, [account]);
}

#[test]
fn a_changed_account_keeps_its_place_and_its_comments() {
    let (_folder, home) = home();
    let by_hand = "version = 1\n\n[[account]]\nname = \"A\" # the big one\n\
                   integration_key = \"DIAAAAAAAAAAAAAAAAAA\"\napi_hostname = \"h\"\n\
                   # for the federal host\nsignature = \"v2-sha512\"\n\n[collection] # often\n";
    std::fs::write(home.settings_file(), by_hand).unwrap();
    add_account(&home, &account("B", "DIBBBBBBBBBBBBBBBBBB")).unwrap();
    change_account(&home, "A", &account("A2", "DICCCCCCCCCCCCCCCCCC")).unwrap();
    let text = std::fs::read_to_string(home.settings_file()).unwrap();
    assert!(text.contains("name = \"A2\" # the big one\n"), "{text}");
    assert!(text.contains("[collection] # often"), "{text}");
    let settings = Settings::load(&home).unwrap();
    let names: Vec<&str> = settings.accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names, ["A2", "B"]);
    assert_eq!(settings.accounts[0].signature, Scheme::default());
    let before = text;
    change_account(&home, "A2", &account("B", "DICCCCCCCCCCCCCCCCCC")).unwrap_err();
    change_account(&home, "nobody", &account("C", "DIDDDDDDDDDDDDDDDDDD")).unwrap_err();
    assert_eq!(std::fs::read_to_string(home.settings_file()).unwrap(), before);
}

#[test]
fn an_inline_account_can_be_changed() {
    let (_folder, home) = home();
    let inline = "account = [{ name = \"A\", integration_key = \"DIAAAAAAAAAAAAAAAAAA\", \
                  api_hostname = \"h\" }]\n";
    std::fs::write(home.settings_file(), inline).unwrap();
    change_account(&home, "A", &account("Z", "DIAAAAAAAAAAAAAAAAAA")).unwrap();
    assert_eq!(Settings::load(&home).unwrap().accounts[0].name, "Z");
}

#[test]
fn a_section_takes_values_and_gives_them_up() {
    let (_folder, home) = home();
    let set = |proxy: Option<&str>| {
        set_in_section(&home, "network", &[("proxy", proxy.map(toml_edit::Value::from))])
    };
    assert_eq!(set(None).unwrap().network, Network::default());
    let settings = set(Some("http://proxy.example:3128")).unwrap();
    assert_eq!(settings.network.proxy.as_deref(), Some("http://proxy.example:3128"));
    set(Some("nonsense")).unwrap_err();
    assert_eq!(set(None).unwrap().network.proxy, None);
}

#[test]
fn notifications_can_be_switched_off() {
    let read = |text: &str| {
        let table = toml::from_str(text).unwrap();
        Settings::check(&table, std::path::Path::new("/config"))
    };
    assert!(read("").unwrap().notifications.desktop);
    assert!(!read("[notifications]\ndesktop = false").unwrap().notifications.desktop);
    assert!(read("[notifications]\ndesktop = \"no\"").is_err());
    let mistakes = read("[notifications]\ndesktp = false").unwrap_err();
    assert!(format!("{mistakes:?}").contains("desktop"), "{mistakes:?}");
}

#[test]
fn comments_above_a_line_outlive_it_wherever_it_stood() {
    let (_folder, home) = home();
    let by_hand = "version = 1\n[network] # ours\n# from the firewall team\nproxy = \"http://p:1\" # old\n\
                   # issued in March\nca_file = \"root.pem\"\n\n[collection]\n# law\nkeep = \"30d\"\n";
    std::fs::write(home.settings_file(), by_hand).unwrap();
    set_in_section(&home, "network", &[("proxy", None)]).unwrap();
    set_in_section(&home, "network", &[("ca_file", None)]).unwrap();
    set_in_section(&home, "collection", &[("keep", None)]).unwrap();
    let text = std::fs::read_to_string(home.settings_file()).unwrap();
    for comment in ["# ours", "# from the firewall team", "# issued in March", "# law"] {
        assert!(text.contains(comment), "{comment}: {text}");
    }
    assert_eq!(Settings::load(&home).unwrap(), Settings::default());
}

#[test]
fn a_value_that_is_there_already_stays_as_it_is_written() {
    let (_folder, home) = home();
    let by_hand = "version = 1\n[[output]]\nname = 'S' # us\ntype = \"email\"\nserver = \"s.example\"\n\
                   from = \"d@example.com\"\nto = [\n  \"a@example.com\", # Ada\n]\ngroup_for = '5m'\n";
    std::fs::write(home.settings_file(), by_hand).unwrap();
    let to: toml_edit::Value = ["a@example.com"].into_iter().collect();
    let values = [("to", Some(to)), ("group_for", None), ("least", Some("low".into()))];
    let settings = change_output(&home, "S", &values).unwrap();
    assert_eq!(settings.outputs[0].taste.levels.len(), 4);
    let text = std::fs::read_to_string(home.settings_file()).unwrap();
    assert!(text.contains("  \"a@example.com\", # Ada\n"), "{text}");
    assert!(text.contains("name = 'S' # us\n"), "{text}");
    assert!(!text.contains("group_for") && text.contains("least = \"low\""), "{text}");
    assert!(change_output(&home, "T", &[]).unwrap_err().to_string().contains("S"));
}

#[test]
fn a_change_is_undone_unless_the_file_was_changed_again() {
    let (_folder, home) = home();
    let by_hand = "version = 1 # mine\n";
    std::fs::write(home.settings_file(), by_hand).unwrap();
    let keep = |span: &str| set_in_section(&home, "collection", &[("keep", Some(span.into()))]);
    let before = text(&home).unwrap();
    keep("30d").unwrap();
    let after = text(&home).unwrap();
    put_back(&home, before.as_deref(), after.as_deref()).unwrap();
    assert_eq!(std::fs::read_to_string(home.settings_file()).unwrap(), by_hand);
    keep("30d").unwrap();
    keep("40d").unwrap();
    put_back(&home, before.as_deref(), after.as_deref()).unwrap_err();
    assert_eq!(Settings::load(&home).unwrap().collection.keep, 40 * DAY);
}

#[test]
fn what_is_typed_is_checked_as_the_file_is() {
    let check = |key: &str, value: &str| {
        let section = Table::from_iter([(key.to_owned(), toml::Value::from(value))]);
        Settings::check_section("collection", section)
    };
    assert!(check("keep", "90 days").is_ok());
    let mistakes = check("keep", "soon").unwrap_err();
    assert_eq!(mistakes[0].key, "collection.keep");
    assert!(check("poll_interval", "5s").unwrap().notes()[0].contains("60s"));
}
