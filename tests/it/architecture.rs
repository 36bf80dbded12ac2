//! Who may import whom: the table that the crate's rooms are held to. It reads the sources, so it cannot go stale.

use std::fs;
use std::path::{Path, PathBuf};

/// A room, by the beginning of its files' paths, and the words its code may not hold, with the reason. A room inside another one has
/// all of its own words here.
#[rustfmt::skip] // A table: a room, what it must not know, and why.
const RULES: &[(&str, &str, &str)] = &[
    ("domain/", "serde warp tokio rusqlite r2d2 hyper tracing crate::",
        "domain knows std and itself alone"),
    ("store/", "rusqlite r2d2 warp serde crate::service crate::api crate::app",
        "the seam knows the domain, and no database"),
    ("store/sqlite/", "warp crate::service crate::api crate::app crate::outbox crate::plugins",
        "the store knows no rule and no request"),
    ("service/", "warp serde_json rusqlite r2d2 hyper StatusCode crate::api crate::store::sqlite crate::config",
        "the rules know no JSON, no status code and no SQL"),
    ("app.rs", "warp rusqlite hyper crate::api crate::service crate::store::sqlite",
        "the handles do not say what is behind them"),
    ("dev/", "warp hyper serde serde_json rusqlite StatusCode crate::api crate::server crate::config crate::store::sqlite",
        "the controls of dev mode know neither requests nor SQL"),
    ("outbox/", "doorsign_hook warp rusqlite crate::api crate::service crate::plugins crate::supervisor crate::store::sqlite",
        "the loop knows neither hooks nor sockets"),
    ("retention.rs", "warp rusqlite crate::api crate::service crate::outbox crate::store::sqlite",
        "what is deleted when is the store's to say"),
    ("supervisor/", "warp rusqlite serde_json doorsign_webhook doorsign_exec doorsign_wasm crate::api crate::service crate::config crate::store::sqlite",
        "which hooks run is known apart from what each of them does"),
    ("expiry.rs", "warp rusqlite crate::api crate::service crate::store::sqlite",
        "the sweep knows no rule and no request"),
    ("jobs/", "warp rusqlite crate::api crate::service crate::store::sqlite",
        "what is done from time to time knows no rule and no request"),
    ("plugins/", "warp rusqlite crate::api crate::service crate::store crate::supervisor",
        "hooks see events, not the database"),
    ("api/", "rusqlite r2d2 doorsign_hook crate::store crate::plugins crate::outbox crate::supervisor crate::server",
        "the API asks the rules, never the database"),
    ("api/ddp/", "rusqlite r2d2 doorsign_hook crate::store crate::plugins crate::outbox crate::supervisor crate::server StatusCode HeaderMap crate::api::reply crate::api::request crate::api::rest",
        "a method does not know which way its call came"),
    ("api/dev/", "rusqlite r2d2 doorsign_hook crate::store crate::plugins crate::outbox crate::supervisor crate::server crate::api::rest crate::service",
        "the controls of dev mode stand beside the rules and the routes"),
    ("api/socket/", "rusqlite r2d2 doorsign_hook crate::store crate::plugins crate::outbox crate::supervisor crate::server StatusCode crate::api::rest",
        "a live connection speaks frames, and is no route's but its own"),
    ("api/socket/drive/", "rusqlite r2d2 doorsign_hook serde serde_json warp hyper StatusCode crate::api crate::service crate::app crate::domain crate::connections crate::store crate::plugins crate::outbox crate::supervisor crate::server",
        "the loop knows no frame by name, and nobody who is connected"),
    ("announcer/", "warp hyper serde serde_json bytes rusqlite crate::api crate::outbox crate::plugins crate::store::sqlite",
        "what is told has its form from those who tell it to their clients"),
    ("live/", "warp hyper serde serde_json rusqlite tokio_tungstenite crate::api crate::service crate::store crate::app crate::announcer crate::connections crate::outbox",
        "who listens and what waits for them is known apart from sockets, JSON and what is stored"),
    ("connections/", "warp hyper serde rusqlite bytes tracing tokio_util tokio_tungstenite crate::api crate::service crate::store crate::app crate::config crate::live crate::announcer crate::limits",
        "who is connected is kept in memory alone, and what it shows is the rules' to say"),
    ("audit/", "warp hyper serde serde_json rusqlite StatusCode crate::api crate::service crate::config crate::server crate::store::sqlite",
        "log lines, limits and retention need neither requests nor SQL"),
    ("auth/", "warp hyper rusqlite serde serde_json crate::api crate::service crate::store crate::app crate::config",
        "identity knows neither requests nor where users are kept"),
    ("attempts/", "warp rusqlite crate::api crate::service crate::store crate::app",
        "failed logins are counted for whoever asks"),
    ("auth/", "warp rusqlite crate::api crate::service crate::store crate::app crate::config",
        "who one is, is proved apart from where it is kept"),
    ("passwords.rs", "warp rusqlite crate::api crate::service crate::store crate::app crate::config",
        "hashing knows no user and no request"),
    ("rate_limit.rs", "warp rusqlite crate::api crate::service crate::store crate::app crate::config",
        "calls are counted by a key, whoever calls"),
    ("sessions.rs", "warp rusqlite crate::api crate::service crate::store crate::app crate::config",
        "who was seen lately is kept for whoever asks"),
    ("setting_cache.rs", "warp rusqlite crate::api crate::service crate::store crate::app crate::config",
        "a copy of the settings knows neither where they are kept nor who reads them"),
    ("tokens/", "warp rusqlite crate::api crate::service crate::store crate::app crate::config",
        "tokens are signed and checked, and their callers judge them"),
    ("network.rs", "warp tokio crate::",
        "a caller's network is read from its address alone"),
    ("transport/", "hyper serde serde_json rusqlite crate::api crate::service crate::store crate::app crate::config crate::live",
        "connections are counted without knowing what is asked by them"),
    ("config/", "warp rusqlite tokio crate::",
        "the configuration is read before there is anything else"),
];

/// What runs the rooms, and what they are run with: may see all that it needs.
#[rustfmt::skip] // A list.
const WIRING: &[&str] = &[
    "cli/", "conversation.rs", "folder/", "lib.rs", "limits.rs", "listen.rs", "logging/", "main.rs", "notice.rs", "server.rs", "stall.rs", "threads.rs",
];

/// Words that only some files may hold at all.
const OWNERS: &[(&str, &[&str])] = &[
    ("rusqlite", &["store/sqlite/"]),
    ("r2d2", &["store/sqlite/"]),
    ("jsonwebtoken", &["tokens/"]),
    ("argon2", &["passwords.rs"]),
    ("jiff", &["api/", "cli/mod.rs", "logging/"]),
    ("StatusCode", &["api/", "listen.rs"]),
    ("tokio_tungstenite", &["api/socket/"]),
    (
        "serde_json",
        &[
            "api/",
            "store/sqlite/payload/mod.rs",
            "store/sqlite/presence.rs",
        ],
    ),
    (
        "doorsign_hook",
        &["plugins/", "supervisor/", "server.rs", "cli/"],
    ),
    ("doorsign_audit_log", &["plugins/mod.rs"]),
    ("doorsign_malloc_trim", &["jobs/memory.rs"]),
    ("doorsign_exec", &["plugins/mod.rs"]),
    ("doorsign_file_trust", &["config/sources.rs", "folder/"]),
    ("doorsign_wasm", &["plugins/mod.rs"]),
    ("doorsign_webhook", &["plugins/outgoing.rs"]),
    ("SystemTime::now", &["app.rs"]),
];

#[test]
fn every_room_imports_only_what_it_may() {
    let sources = sources();
    let mut broken = Vec::new();
    for (room, words, reason) in RULES {
        let files: Vec<_> = sources
            .iter()
            .filter(|(path, _)| room_of(path) == Some(*room))
            .collect();
        assert!(!files.is_empty(), "there is no room {room}");
        for (path, code) in files {
            let found = words.split(' ').filter(|word| mentions(code, word));
            broken.extend(found.map(|word| format!("src/{path} holds `{word}`, but {reason}")));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_file_has_a_room_or_is_wiring() {
    let is_wiring = |path: &str| WIRING.iter().any(|known| path.starts_with(known));
    for (path, code) in sources() {
        let hides = room_of(&path).is_some() && code.contains("crate::{");
        assert!(
            !hides,
            "src/{path}: a group of imports hides from the table"
        );
        let kinds = usize::from(room_of(&path).is_some()) + usize::from(is_wiring(&path));
        assert_eq!(kinds, 1, "src/{path}: give it a row in the table, or none");
    }
}

/// The room that a file belongs to: of those that its path begins with, the innermost.
fn room_of(path: &str) -> Option<&'static str> {
    let rooms = RULES.iter().map(|(room, _, _)| *room);
    rooms
        .filter(|room| path.starts_with(room))
        .max_by_key(|room| room.len())
}

#[test]
fn some_things_are_known_in_one_place_only() {
    let sources = sources();
    let mut broken = Vec::new();
    for (word, owners) in OWNERS {
        let holders: Vec<_> = sources
            .iter()
            .filter(|(_, code)| mentions(code, word))
            .map(|(path, _)| path)
            .collect();
        assert!(
            !holders.is_empty(),
            "nobody holds `{word}`: take the row out"
        );
        let strangers = holders
            .iter()
            .filter(|path| !owners.iter().any(|owner| path.starts_with(owner)));
        broken.extend(
            strangers.map(|path| format!("src/{path} holds `{word}`, which belongs to {owners:?}")),
        );
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_search_for_words_finds_them_and_nothing_else() {
    assert!(mentions("use rusqlite::Connection;", "rusqlite"));
    assert!(!mentions("use rusqlite_extra::Connection;", "rusqlite"));
    assert!(mentions("let x: StatusCode = y;", "StatusCode"));
}

/// Every file below `src`, by its path there, without comments and without its tests.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code = text
            .split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap_or_default();
        let code: Vec<_> = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        (
            path.strip_prefix(&root).unwrap().display().to_string(),
            code.join("\n"),
        )
    };
    files.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.ends_with("tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && path.file_name().is_some_and(|name| name != "tests.rs")
        {
            files.push(path);
        }
    }
}

/// Whether `word` stands in `code` as a whole: not as a part of a longer name.
fn mentions(code: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(part_of_name)
            && (word.ends_with("::") || !after.is_some_and(part_of_name))
    })
}
