//! Each direct dependency has said what it is for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn each_dependency_earns_its_place_in_one_sentence() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let document = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let used = direct_dependencies(&manifest.parse().unwrap());
    let explained: BTreeSet<String> = document
        .lines()
        .skip_while(|line| !line.starts_with("| Crate |"))
        .skip(2)
        .map_while(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = used.difference(&explained).collect();
    let left_over: Vec<_> = explained.difference(&used).collect();
    assert!(
        missing.is_empty() && left_over.is_empty(),
        "in docs/architecture.md, under \u{201c}What each dependency is for\u{201d}: \
         missing {missing:?}, no longer used {left_over:?}"
    );
}

/// The names in every table called `dependencies` or `…-dependencies`, for any system.
fn direct_dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else { continue };
        if key.ends_with("dependencies") {
            names.extend(table.keys().cloned());
        } else if key == "target" {
            names.extend(table.values().filter_map(|v| v.as_table()).flat_map(direct_dependencies));
        }
    }
    names
}

/// A tag of an action can be moved to other code; the full name of a commit cannot.
#[test]
fn workflows_name_actions_by_their_commits_and_the_compiler_by_our_oldest() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest: toml::Table =
        fs::read_to_string(root.join("Cargo.toml")).unwrap().parse().unwrap();
    let oldest = manifest["package"]["rust-version"].as_str().unwrap();
    let mut actions = 0;
    for file in fs::read_dir(root.join(".github/workflows")).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for line in
            text.lines().filter(|line| line.trim_start_matches([' ', '-']).starts_with("uses:"))
        {
            let (_, pinned) = line.split_once('@').unwrap();
            let (commit, version) = pinned.split_once(" # v").unwrap_or((pinned, ""));
            assert!(
                commit.len() == 40
                    && commit.bytes().all(|b| b.is_ascii_hexdigit())
                    && !version.is_empty(),
                "{}: {line}",
                path.display()
            );
            actions += 1;
        }
        let toolchain = format!("RUSTUP_TOOLCHAIN: \"{oldest}.0\"");
        assert!(text.contains(&toolchain), "{} lacks {toolchain}", path.display());
    }
    assert!(actions > 5, "there are no workflows");
}
