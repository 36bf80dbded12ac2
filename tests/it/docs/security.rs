//! docs/security.md: every setting that it names exists, and the table of limits has the numbers in
//! the code.

use crate::support::page::Page;
use crate::support::process::Home;
use doorsign::auth::refusals::{PER_MINUTE, PER_NETWORK_AND_MINUTE};
use doorsign::domain::{Action, RecordClass};
use std::collections::BTreeMap;

const DOCS: &str = include_str!("../../../docs/security.md");

/// Limits without a setting: a unique part of the name, and the number in the code.
const CONSTANTS: &[(&str, u64)] = &[
    (
        "from one IPv4 address or IPv6 network of 64 bits",
        PER_NETWORK_AND_MINUTE as u64,
    ),
    ("refused logins from all addresses", PER_MINUTE as u64),
    ("audit records of each of the two classes", RecordClass::CAP),
];

/// The defaults: each setting's name and value, as `doorsign config` prints them.
async fn defaults() -> BTreeMap<String, String> {
    let printed = Home::new().run(&["config"]).await.succeeded();
    let settings = printed.lines().filter_map(|line| line.split_once(" = "));
    settings
        .map(|(name, value)| (name.trim_start_matches("# ").to_owned(), value.to_owned()))
        .collect()
}

/// The rows of the table below a heading, cell by cell, without its head.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let lines = DOCS.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("## "));
    let rows = lines.filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// The first number in a text, with any thousands separator.
fn number(text: &str) -> Option<u64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let number = text[start..]
        .split(|c: char| !c.is_ascii_digit() && c != ',' && c != ' ')
        .next()?;
    number.replace([',', ' '], "").parse().ok()
}

/// Whether a number with a unit equals the value of a setting in bytes, KiB, MiB or seconds.
fn is_same(documented: &str, setting: u64) -> bool {
    const UNITS: [u64; 5] = [1, 60, 3600, 1024, 1024 * 1024];
    number(documented).is_some_and(|number| UNITS.iter().any(|unit| number * unit == setting))
}

/// The words in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[tokio::test]
async fn the_settings_of_all_limits_exist_and_their_defaults_are_right() {
    let defaults = defaults().await;
    let limits = table("## Limits");
    assert!(limits.len() >= 5, "the table was not found: {limits:?}");
    for row in &limits {
        assert_eq!(row.len(), 4, "{row:?}");
        for (n, setting) in quoted(row[2]).enumerate() {
            let default = defaults.get(setting);
            let default = default.unwrap_or_else(|| panic!("unknown setting {setting}: {row:?}"));
            // The number belongs to the first of several settings; the others are its duration. A
            // cell in words is not compared.
            let is_plain =
                row[1].starts_with(|c: char| c.is_ascii_digit()) && row[2].ends_with('`');
            if n == 0
                && is_plain
                && let Some(default) = number(default)
            {
                assert!(is_same(row[1], default), "{default}: {row:?}");
            }
        }
    }
    for (limit, expected) in CONSTANTS {
        let row = limits.iter().find(|row| row[0].contains(limit));
        let row = row.unwrap_or_else(|| panic!("no row for {limit}"));
        assert_eq!(number(row[1]), Some(*expected), "{row:?}");
    }
}

#[test]
fn the_table_of_audited_actions_has_every_action_and_no_other() {
    let rows = Page::of("security").table("action");
    let named = rows.iter().map(|row| row[0].trim_matches('`').to_owned());
    let actions = Action::ALL.iter().map(|action| action.as_str().to_owned());
    assert_eq!(named.collect::<Vec<_>>(), actions.collect::<Vec<_>>());
}

#[tokio::test]
async fn every_setting_that_the_page_names_exists() {
    let defaults = defaults().await;
    let prose: Vec<_> = DOCS.split("```").step_by(2).collect();
    let named: Vec<_> = prose
        .iter()
        .flat_map(|text| quoted(text))
        .filter(|word| is_setting(word))
        .collect();
    assert!(named.contains(&"trusted_proxies"), "{named:?}");
    for word in named {
        assert!(defaults.contains_key(word), "unknown setting {word}");
    }
}

/// Whether a word has the form of a setting: lower case with underscores. `OTHERS` are words of
/// that form that are not settings.
fn is_setting(word: &str) -> bool {
    const OTHERS: &[&str] = &[
        "data_version",
        "integrity_check",
        "hook.delivery_dropped",
        "webhook.secret_rotated",
    ];
    let has_form = word.contains('_')
        && word
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    has_form && !OTHERS.contains(&word)
}
