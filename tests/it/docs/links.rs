//! Every relative link and picture in the documents leads somewhere, its heading included, and every
//! document is found from the first page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Page, pages, root};

#[test]
fn links_and_pictures_lead_somewhere() {
    let pages = pages();
    let anchors: BTreeMap<&str, BTreeSet<String>> =
        pages.iter().map(|page| (page.name.as_str(), anchors(page))).collect();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for page in &pages {
        for target in targets(page) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let name = match file {
                "" => page.name.clone(),
                file => beside(&page.name, file),
            };
            checked += 1;
            if !root().join(&name).exists() {
                wrong.push(format!("{}: there is no {target}", page.name));
            } else if !anchor.is_empty()
                && !anchors.get(name.as_str()).is_some_and(|known| known.contains(anchor))
            {
                wrong.push(format!("{}: there is no heading for {target}", page.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 100, "only {checked} links were found");
}

#[test]
fn each_document_is_found_from_the_first_page() {
    let pages = pages();
    let mut found = BTreeSet::from(["README.md".to_owned()]);
    let mut open = vec!["README.md".to_owned()];
    while let Some(name) = open.pop() {
        let Some(page) = pages.iter().find(|page| page.name == name) else { continue };
        for target in targets(page) {
            let file = target.split('#').next().unwrap_or_default();
            let name = beside(&page.name, file);
            if !file.is_empty() && found.insert(name.clone()) {
                open.push(name);
            }
        }
    }
    let lost: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    let lost: Vec<&str> = lost.into_iter().filter(|name| !found.contains(*name)).collect();
    assert!(lost.is_empty(), "no link leads to {lost:?}");
}

#[test]
fn no_picture_lies_unused() {
    let used: BTreeSet<String> = pages()
        .iter()
        .flat_map(|page| targets(page).into_iter().map(|target| beside(&page.name, &target)))
        .collect();
    for entry in std::fs::read_dir(root().join("docs/images")).unwrap() {
        let name = format!("docs/images/{}", entry.unwrap().file_name().to_string_lossy());
        assert!(used.contains(&name), "no page shows {name}");
    }
}

#[test]
fn files_that_are_named_are_there() {
    let folders = ["assets/", "benches/", "docs/", "installer/", "scripts/", "src/", "tests/"];
    let mut checked = 0;
    for page in pages() {
        for code in page.code() {
            let is_path = folders.iter().any(|folder| code.starts_with(folder));
            if is_path && !code.contains(['<', '*', ' ', '…']) {
                checked += 1;
                assert!(root().join(&code).exists(), "{}: there is no {code}", page.name);
            }
        }
    }
    assert!(checked > 100, "only {checked} files were named");
}

/// Where relative links lead, as they are written.
fn targets(page: &Page) -> Vec<String> {
    let mut targets = Vec::new();
    for line in page.prose().lines() {
        // What stands between backticks is no link, but a link may have such a text.
        let plain: String = line.split('`').step_by(2).collect();
        for rest in plain.split("](").skip(1) {
            let target = rest.split(')').next().unwrap_or_default();
            let foreign = ["http://", "https://", "mailto:"];
            if !foreign.iter().any(|scheme| target.starts_with(scheme)) {
                targets.push(target.to_owned());
            }
        }
    }
    targets
}

/// `../SECURITY.md` on the page `docs/install.md` is `SECURITY.md`.
fn beside(page: &str, file: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in Path::new(file).components() {
        match part.as_os_str().to_str().unwrap() {
            ".." => {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// What may stand behind a `#`: headings as GitHub names them, and marks of our own.
fn anchors(page: &Page) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in page.prose().lines() {
        if let Some(heading) = line.strip_prefix('#') {
            anchors.insert(slug(heading.trim_start_matches('#').trim()));
        }
        if let Some(rest) = line.split("<a id=\"").nth(1) {
            anchors.extend(rest.split('"').next().map(str::to_owned));
        }
    }
    anchors
}

fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn headings_are_named_as_github_does() {
    for (heading, expected) in [
        ("`[[account]]`", "account"),
        ("Our own JSON", "our-own-json"),
        ("`slack`, `teams`", "slack-teams"),
        ("`no_data_alarm`", "no_data_alarm"),
    ] {
        assert_eq!(slug(heading), expected);
    }
    assert_eq!(beside("docs/install.md", "../SECURITY.md"), "SECURITY.md");
    assert_eq!(beside("README.md", "docs/images/a.png"), "docs/images/a.png");
}
