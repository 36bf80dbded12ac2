//! Which module may use which: an allow list that the sources are held to. A module that is not listed, a use that is not
//! allowed and a cycle all fail, with the row to change. Files, too, form no cycle. Test files may use `support` and nothing of each
//! other.

use crate::support::sources::{Source, collect, is_name, mentions, sources, used_files};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A module by its path below `src`, the modules that it may use, and the external crates. The innermost row counts.
#[rustfmt::skip] // A table.
const ALLOWED: &[(&str, &str, &str)] = &[
    // The vocabulary: the standard library and nothing else.
    ("domain", "", ""),
    // The contract of a database, its SQL, and SQLite behind it. Only `store/open` names a database: the
    // modules below `store` are private, so the wiring cannot either.
    ("store", "domain", "async_trait tokio"),
    ("store/open", "store store/sqlite", ""),
    ("store/record", "domain", "serde serde_json"),
    ("store/sql", "domain store store/record", "async_trait getrandom tokio"),
    ("store/sqlite", "domain store store/sql",
        "async_trait getrandom percent_encoding r2d2 rusqlite thiserror tokio tracing"),
    // Decoders of pictures, behind one door.
    ("picture", "domain", "image sha2 tokio"),
    // Identity: depends neither on the storage of users nor on requests.
    ("auth", "config domain", "argon2 base64 getrandom hmac jsonwebtoken serde sha2 subtle thiserror tokio"),
    // Registries in memory, without a socket and without JSON.
    ("realtime/hub", "domain", "bytes tokio"),
    ("realtime/presence", "domain", "getrandom tokio"),
    // The handles of a use case. It reaches hooks through a port that it declares.
    ("app", "auth config domain picture realtime/hub realtime/presence store", "async_trait getrandom subtle tokio tracing"),
    // The rules: no JSON, no status code, no SQL.
    ("service", "app auth domain store", ""),
    ("realtime/publisher", "app domain realtime/hub realtime/presence service store", "tokio tokio_util tracing"),
    ("jobs", "app domain store transport", "doorsign_malloc_trim tokio tokio_util tracing"),
    // Only the registry knows the plugin crates.
    ("hooks/threads", "", "rustix tokio"),
    ("hooks/delivery", "app domain store", "async_trait doorsign_hook futures_util getrandom tokio tokio_util tracing"),
    ("hooks/registry", "app config domain hooks/delivery hooks/threads",
        "async_trait doorsign_audit_log doorsign_exec doorsign_hook doorsign_wasm doorsign_webhook tokio tokio_util"),
    ("hooks/supervisor", "app domain hooks/delivery hooks/registry hooks/threads", "doorsign_hook tokio tokio_util tracing"),
    // Templates, words and assets of the pages: no request and no user.
    ("web", "", "serde_json sha2"),
    // JSON and status codes. It never uses the store.
    ("api", "app auth config dev domain realtime/hub realtime/presence service transport web",
        "base64 bytes doorsign_hook flate2 form_urlencoded futures_util httparse hyper hyper_util ipnet jiff percent_encoding qrcode serde serde_json sha2 tokio tokio_tungstenite tokio_util tracing warp"),
    // Sockets in, bytes out: no route and no user.
    ("transport", "domain", "bytes httparse hyper hyper_util ipnet rustix tokio tokio_util tower_service tracing warp"),
    ("config", "", "clap doorsign_file_trust ipnet jiff serde thiserror toml tracing_subscriber"),
    ("dev", "app auth domain jobs service store", "form_urlencoded tokio"),
];

/// What puts the modules together may use all of them.
const WIRING: [&str; 4] = ["cli", "lib", "main", "server"];

/// Names that only some files may hold: a crate behind one module, a type that belongs to one layer.
const OWNERS: &[(&str, &[&str])] = &[
    ("rusqlite", &["store/sqlite/"]),
    ("image::", &["picture/"]),
    ("qrcode", &["api/wire/display.rs"]),
    ("r2d2", &["store/sqlite/"]),
    ("jsonwebtoken", &["auth/tokens/"]),
    ("argon2", &["auth/passwords/"]),
    (
        "jiff",
        &[
            "api/",
            "cli/time.rs",
            "config/time_zone.rs",
            "server/logging/",
        ],
    ),
    ("StatusCode", &["api/", "transport/http_refusal.rs"]),
    ("tokio_tungstenite", &["api/ddp/socket/"]),
    ("serde_json", &["api/", "store/record/", "web/"]),
    (
        "doorsign_file_trust",
        &["config/sources.rs", "server/data_folder/"],
    ),
    ("doorsign_webhook", &["hooks/registry/webhooks.rs"]),
    ("SystemTime::now", &["app/clock.rs"]),
];

#[test]
fn every_module_uses_only_what_its_row_allows() {
    let crates = dependencies();
    let mut broken = Vec::new();
    for source in &sources() {
        if is_wiring(&source.module) {
            continue;
        }
        let Some((row, modules, externals)) = row_of(&source.module) else {
            broken.push(format!("src/{}: add a row to ALLOWED", source.path));
            continue;
        };
        for used in used_modules(source) {
            if used != *row && !modules.split(' ').any(|allowed| allowed == used) {
                broken.push(format!(
                    "src/{} uses `{used}`, and the row ({row:?}, {modules:?}) does not allow it",
                    source.path
                ));
            }
        }
        let used = crates
            .iter()
            .filter(|name| mentions(&source.code, &format!("{name}::")));
        for name in used.filter(|name| !externals.split(' ').any(|allowed| allowed == *name)) {
            broken.push(format!(
                "src/{} uses the crate `{name}`, and the row ({row:?}, {externals:?}) does not allow it",
                source.path
            ));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_row_allows_nothing_that_is_not_used() {
    let (crates, mut used) = (dependencies(), BTreeMap::<&str, BTreeSet<String>>::new());
    for source in &sources() {
        if let Some((row, ..)) = row_of(&source.module) {
            let names = crates
                .iter()
                .filter(|name| mentions(&source.code, &format!("{name}::")));
            let all = used_modules(source).into_iter().chain(names.cloned());
            used.entry(row).or_default().extend(all);
        }
    }
    for (row, modules, externals) in ALLOWED {
        let allowed = modules.split(' ').chain(externals.split(' '));
        for name in allowed.filter(|name| !name.is_empty()) {
            let is_used = used.get(row).is_some_and(|used| used.contains(name));
            assert!(
                is_used,
                "nothing in `{row}` uses `{name}`: take it out of the row"
            );
        }
    }
}

#[test]
fn modules_form_no_cycle() {
    let mut left: BTreeMap<&str, BTreeSet<&str>> = ALLOWED
        .iter()
        .map(|(row, modules, _)| (*row, modules.split(' ').filter(|m| !m.is_empty()).collect()))
        .collect();
    while !left.is_empty() {
        let free: Vec<_> = left
            .iter()
            .filter(|(_, uses)| !uses.iter().any(|used| left.contains_key(used)))
            .map(|(row, _)| *row)
            .collect();
        assert!(!free.is_empty(), "a cycle is among {left:?}");
        left.retain(|row, _| !free.contains(row));
    }
}

#[test]
fn files_form_no_cycle() {
    let sources = sources();
    let used = used_files(&sources);
    let circular = circular(&used);
    assert!(
        circular.is_empty(),
        "move what these files share down into a file of its own: {circular:#?}"
    );
}

#[test]
fn the_search_follows_re_exports_and_finds_uses_without_imports() {
    let source = |module: &str, code: &str| Source {
        module: module.to_owned(),
        path: String::new(),
        code: code.to_owned(),
    };
    let sources = [
        source(
            "api",
            "mod b;\npub(super) use b::{B, other as renamed};\nfn a() {}",
        ),
        source("api/b", "use std::fmt;\nstruct B;"),
        source("api/c", "use super::{B,\n  renamed};"),
        source("api/d", "fn d() { super::a(); crate::api::B::new(); }"),
        source(
            "api/e",
            "use super::b;\nfn e() { b::other(std::mem::take(x)); }",
        ),
    ];
    let used = used_files(&sources);
    let used = |file: &str| used[file].iter().map(String::as_str).collect::<Vec<_>>();
    assert!(used("api").is_empty());
    assert!(used("api/b").is_empty());
    assert_eq!(used("api/c"), ["api/b"]);
    assert_eq!(used("api/d"), ["api", "api/b"]);
    assert_eq!(used("api/e"), ["api/b"]);
}

#[test]
fn some_names_belong_to_one_module() {
    let sources = sources();
    for (name, owners) in OWNERS {
        let holders: Vec<_> = sources
            .iter()
            .filter(|source| mentions(&source.code, name))
            .map(|source| source.path.as_str())
            .collect();
        assert!(
            !holders.is_empty(),
            "no file holds `{name}`: take the row out"
        );
        for path in holders {
            let is_owner = owners.iter().any(|owner| path.starts_with(owner));
            assert!(
                is_owner,
                "src/{path} holds `{name}`, which belongs to {owners:?}"
            );
        }
    }
}

#[test]
fn test_files_share_helpers_through_support_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let mut broken = Vec::new();
    for path in &files {
        let name = path.strip_prefix(&root).unwrap();
        // This file holds paths of `src` as data.
        if name.starts_with("support") || name == Path::new("architecture.rs") {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        for line in text.lines().filter(|line| names_a_test_file(line)) {
            broken.push(format!("tests/it/{}: {}", name.display(), line.trim()));
        }
    }
    assert!(files.len() > 100, "found only {} files", files.len());
    assert!(
        broken.is_empty(),
        "move what these files share to tests/it/support:\n{}",
        broken.join("\n")
    );
}

#[test]
fn the_search_finds_imports_of_test_files() {
    for line in [
        "use crate::live::frames::changed;",
        "use super::served;",
        "    let all = crate::users::with(body);",
        "use crate::{live, support};",
    ] {
        assert!(names_a_test_file(line), "{line}");
    }
    for line in [
        "use crate::support::{Client, Live};",
        "use document::Document;",
        "/// As in `super::served`.",
        "use another_crate::live;",
    ] {
        assert!(!names_a_test_file(line), "{line}");
    }
}

#[test]
fn the_search_finds_whole_names_and_relative_paths() {
    assert!(mentions("use rusqlite::Connection;", "rusqlite"));
    assert!(!mentions("use rusqlite_extra::Connection;", "rusqlite"));
    let source = Source {
        module: "hooks/delivery/feed".to_owned(),
        path: String::new(),
        code:
            "use super::super::registry::HookConsumer; use crate::store::Outbox; use super::Shared;"
                .to_owned(),
    };
    let used: Vec<_> = used_modules(&source).into_iter().collect();
    assert_eq!(used, ["hooks/delivery", "hooks/registry", "store"]);
}

/// The files that use each other in a circle, or lie between two circles, among those that `counts`
/// selects.
fn circular<'a>(
    used: &'a BTreeMap<&str, BTreeSet<String>>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut left: BTreeMap<&str, BTreeSet<&str>> = used
        .iter()
        .map(|(file, used)| (*file, used.iter().map(String::as_str).collect()))
        .collect();
    loop {
        let names: BTreeSet<&str> = left.keys().copied().collect();
        left.values_mut()
            .for_each(|used| used.retain(|file| names.contains(file)));
        let used: BTreeSet<&str> = left.values().flatten().copied().collect();
        left.retain(|file, uses| !uses.is_empty() && used.contains(file));
        if left.len() == names.len() {
            return left;
        }
    }
}

fn is_wiring(module: &str) -> bool {
    let top = module.split('/').next().unwrap_or_default();
    // `hooks` and `realtime` hold modules and no code of their own.
    WIRING.contains(&top) || ["hooks", "realtime"].contains(&module)
}

fn row_of(module: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let holds = |row: &str| module == row || module.starts_with(&format!("{row}/"));
    let rows = ALLOWED.iter().filter(|(row, ..)| holds(row));
    rows.max_by_key(|(row, ..)| row.len())
}

/// The rows, or top-level modules without a row, that a file names by `crate::…` or `super::…`.
fn used_modules(source: &Source) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in source.code.match_indices("::") {
        let (head, tail) = (&source.code[..at], &source.code[at..]);
        let word = head
            .rsplit(|c: char| !is_name(c))
            .next()
            .unwrap_or_default();
        let path = tail
            .split(|c: char| !is_name(c) && c != ':')
            .next()
            .unwrap_or_default();
        let supers = match word {
            "crate" => usize::MAX,
            "super" if !head.ends_with("::super") => 1 + path.matches("::super").count(),
            _ => continue,
        };
        let names = path
            .split("::")
            .filter(|name| !name.is_empty() && *name != "super");
        let own: Vec<_> = source.module.split('/').collect();
        let base = own.len().saturating_sub(supers);
        let module: Vec<_> = own[..base].iter().copied().chain(names).collect();
        let module = module.join("/");
        let top = module.split('/').next().unwrap_or_default().to_owned();
        used.insert(row_of(&module).map_or(top, |(row, ..)| (*row).to_owned()));
    }
    used
}

/// The crates that `[dependencies]` of Cargo.toml names, as code writes them.
fn dependencies() -> Vec<String> {
    let manifest = include_str!("../../Cargo.toml");
    let (_, rest) = manifest.split_once("\n[dependencies]\n").unwrap();
    let (own, _) = rest.split_once("\n[").unwrap();
    let names = own
        .lines()
        .filter_map(|line| line.split([' ', '.', '=']).next());
    let names = names.filter(|name| !name.is_empty() && !name.starts_with('#'));
    names.map(|name| name.replace('-', "_")).collect()
}

/// Whether a line of code names a module of the tests other than `support`.
fn names_a_test_file(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let names_another = |(at, word): (usize, &str)| {
        let is_whole = !code[..at].ends_with(is_name);
        let first = code[at + word.len()..].split(|c| !is_name(c)).next();
        is_whole && first != Some("support")
    };
    mentions(code, "super::") || code.match_indices("crate::").any(names_another)
}
