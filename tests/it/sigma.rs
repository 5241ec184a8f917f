//! The rules of the knowledge pack, read by Sigma's own tool.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn sigmas_own_tool_accepts_all_rules() {
    let output = check(&[]);
    assert!(output.status.success(), "{}", all(&output));
    assert!(all(&output).contains("Found 0 errors, 0 condition errors and 0 issues"));
}

#[test]
fn a_rule_that_is_wrong_is_not_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let own = Path::new(ROOT).join("assets/knowledge/duo/rules/push-fraud.yml");
    let rule = fs::read_to_string(own).unwrap();
    fs::write(folder.path().join("a-rule-of-ones-own.yml"), &rule).unwrap();
    let good = check(&[folder.path()]);
    assert!(good.status.success(), "{}", all(&good));

    fs::write(
        folder.path().join("a-rule-of-ones-own.yml"),
        rule.replace("level: high", "level: loud"),
    )
    .unwrap();
    let bad = check(&[folder.path()]);
    assert!(!bad.status.success(), "{}", all(&bad));
}

/// Fetched once, before two tests at the same time do it.
static TOOL: LazyLock<Output> = LazyLock::new(|| script(&[Path::new("--prepare")]));

fn check(folders: &[&Path]) -> Output {
    assert!(TOOL.status.success(), "{}", all(&TOOL));
    script(folders)
}

fn script(folders: &[&Path]) -> Output {
    let script = Path::new(ROOT).join("scripts/check-rules-with-sigma.sh");
    Command::new("bash").arg(script).args(folders).output().unwrap()
}

fn all(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}
