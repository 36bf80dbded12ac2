//! Words that the project avoids, because a plainer technical word exists. To check more texts, add
//! to [`FILES`]. Identifiers are split into words: `WasTold` and `was_told` are found.

use std::fs;
use std::path::Path;

use regex::{Match, Regex};

use crate::support::page::root;
use crate::support::process::Home;

/// Banned expressions, as regular expressions over whole words in any case, with their
/// replacements.
#[rustfmt::skip] // A table.
const BANNED: &[(&str, &str)] = &[
    ("told|tells?|telling", "notify, report, show, send; a hook receives an event"),
    ("anew", "again"),
    ("whoever|whom", "name the actor: the user, the client, the caller"),
    ("somebody|nobody|everybody", "a user, no user, everyone"),
    // "is no longer" is fine, and so is "there is no": see `is_allowed`.
    (r"(is|was|are|were) no ([^l\s]\w*|l[^o\s]\w*)", "is not a, does not exist"),
    ("(comes?|came) back", "returns, becomes visible again"),
    ("means? ill", "malicious"),
    ("one's|oneself", "your own, the user's own"),
    ("be it", "whether"),
    ("switch(ed|es)? off", "disabled, deactivated"),
    ("(goes|went) on", "continues, resumes"),
    ("looks? after", "manage"),
    ("made[- ]up|make up", "random, forged"),
    ("beneath", "below"),
    ("in the place of|in place of", "instead of; replaces"),
    ("stands? (in|at|below|above|beside|under|for|there)", "is in, means"),
    ("became of", "the result of"),
    ("honou?rs?", "applies"),
    ("at its heart", "say what it is"),
    ("by chance", "random"),
    ("not know(n)? (anything|nothing)", "does not depend on"),
    ("no more than what|nothing but", "only"),
    ("will have its way|have their way|have its way", "applies"),
];

/// Files that are checked: a folder or file below the root, and the extension.
const FILES: &[(&str, &str)] = &[
    ("README.md", "md"),
    ("CONTRIBUTING.md", "md"),
    ("SECURITY.md", "md"),
    ("CHANGELOG.md", "md"),
    ("docs", "md"),
    ("plugins", "md"),
    ("src", "rs"),
    ("plugins", "rs"),
    ("plugins", "py"),
    ("plugins", "mjs"),
    ("benches", "rs"),
    ("examples", "rs"),
    ("tests", "rs"),
];

/// Texts with their sources.
type Texts = Vec<(String, String)>;

fn add_files(texts: &mut Texts, path: &Path, extension: &str) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            add_files(texts, &entry.unwrap().path(), extension);
        }
    } else if path.extension().is_some_and(|found| found == extension) && !is_this_file(path) {
        let place = path.strip_prefix(root()).unwrap().display().to_string();
        texts.push((place, fs::read_to_string(path).unwrap()));
    }
}

/// The list itself contains every banned word.
fn is_this_file(path: &Path) -> bool {
    path == root().join(file!())
}

/// The help of `command` and of every command below it.
async fn add_help(texts: &mut Texts, home: &Home, command: &str) {
    let args: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
    let help = home.run(&args).await.succeeded();
    let below = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let below = below.take_while(|line| !line.is_empty());
    let below = below.filter_map(|line| line.split_whitespace().next());
    for name in below.filter(|name| *name != "help") {
        Box::pin(add_help(texts, home, &format!("{command} {name}"))).await;
    }
    texts.push((format!("doorsign{command} --help"), help));
}

/// A line with its identifiers split into words.
fn words(line: &str) -> String {
    let mut words = String::new();
    let mut previous = ' ';
    for c in line.chars() {
        if c.is_uppercase() && previous.is_lowercase() {
            words.push(' ');
        }
        words.push(if c == '_' { ' ' } else { c });
        previous = c;
    }
    words
}

/// Whether a match is fine: "there is no", a value such as the username "nobody", or a part of a
/// byte string.
fn is_allowed(line: &str, found: &Match<'_>) -> bool {
    let (before, after) = (&line[..found.start()], &line[found.end()..]);
    let is_value = before.ends_with(['"', '=', '/', ','])
        && after.starts_with(['"', '&', '@', '%', '\\', '\'', ',']);
    is_value || before.contains(" b\"") || before.to_lowercase().ends_with("there ")
}

/// Every banned expression in the texts, one line each.
fn found(texts: &Texts) -> Vec<String> {
    let mut found = Vec::new();
    let split =
        |(place, text): &(String, String)| (place.clone(), text.lines().map(words).collect());
    let texts: Vec<(String, Vec<String>)> = texts.iter().map(split).collect();
    for (banned, instead) in BANNED {
        let banned = Regex::new(&format!(r"(?i)\b({banned})\b")).unwrap();
        for (place, lines) in &texts {
            for (n, line) in lines.iter().enumerate() {
                if let Some(word) = banned.find_iter(line).find(|it| !is_allowed(line, it)) {
                    let (n, word) = (n + 1, word.as_str());
                    found.push(format!("{place}:{n}: {word:?} (better: {instead})"));
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn documents_and_help_texts_are_in_plain_english() {
    let mut texts = Texts::new();
    for (path, extension) in FILES {
        add_files(&mut texts, &root().join(path), extension);
    }
    add_help(&mut texts, &Home::new(), "").await;
    assert!(
        texts.len() > 40,
        "the texts were not found: {}",
        texts.len()
    );
    let found = found(&texts);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_banned_word_is_found_in_any_case_and_only_as_a_whole() {
    let texts = |text: &str| vec![("page".to_owned(), text.to_owned())];
    let lines = found(&texts("Fine.\nA hook is Told of it."));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("page:2: \"Told\""), "{lines:?}");
    assert!(found(&texts("untold retells, is no longer")).is_empty());
    assert_eq!(found(&texts("It is no cap.")).len(), 1);
    assert_eq!(found(&texts("There is no cap.")), [""; 0]);
    assert_eq!(found(&texts("login(\"nobody\")")), [""; 0]);
    for identifier in ["fn is_told()", "struct WhomToCall;", "TOLD_BEFORE"] {
        assert_eq!(found(&texts(identifier)).len(), 1, "{identifier}");
    }
    assert_eq!(found(&texts("let result = stoldHeart;")), [""; 0]);
}
