//! The commands that README.md shows: those of doorsign, and those to paste into a shell.

use crate::cli::add_ann;
use crate::process::{Home, PASSWORD, Process, ended, paste};
use crate::readme::{blocks, root, spans, table, text};
use crate::receiver::Receiver;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Commands with the flags they have beside the settings.
type Commands = BTreeMap<String, BTreeSet<String>>;

/// Every `doorsign …` of the table of commands.
fn usages() -> Vec<String> {
    let rows = table("command");
    let usages = rows.iter().flat_map(|row| spans(&row[0]));
    usages.map(str::to_owned).collect()
}

/// The words of a usage before its arguments.
fn command_of(usage: &str) -> Vec<&str> {
    let words = usage.split(' ').skip(1);
    words
        .take_while(|word| word.starts_with(|first: char| first.is_ascii_lowercase()))
        .collect()
}

fn flags(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let flags = words.filter(|word| word.starts_with("--") && *word != "--help");
    flags.map(str::to_owned).collect()
}

/// The lines of a help text under this heading.
fn section<'a>(help: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| !line.is_empty()).collect()
}

/// What the help of `command` and of all below it tells.
async fn helped(home: &Home, command: &str, found: &mut Commands) {
    let mut args: Vec<&str> = command.split_whitespace().collect();
    args.push("--help");
    let help = home.run(&args).await.succeeded();
    let below = section(&help, "Commands:");
    let names = below
        .iter()
        .filter_map(|line| line.split_whitespace().next());
    for name in names.clone().filter(|name| *name != "help") {
        let below = format!("{command} {name}").trim().to_owned();
        Box::pin(helped(home, &below, found)).await;
    }
    if names.count() == 0 {
        let own = flags(&section(&help, "Options:").join("\n"));
        found.insert(command.to_owned(), own);
    }
}

#[tokio::test]
async fn the_readme_has_every_command_with_every_flag_and_no_other() {
    let usages = usages();
    let documented = usages
        .iter()
        .map(|usage| (command_of(usage).join(" "), flags(usage)));
    let (home, mut real) = (Home::new(), Commands::new());
    helped(&home, "", &mut real).await;
    assert_eq!(documented.collect::<Commands>(), real);
}

/// A hook that is known, with deliveries of the events 1 and 2 that were given up.
const HOOK: &str = "audit-log";

/// The arguments of a usage, with `[what may be left out]` or without it, where there is a `receiver` of webhooks.
fn arguments(usage: &str, whole: bool, receiver: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (n, part) in usage.replace('…', "").split(['[', ']']).enumerate() {
        if whole || n % 2 == 0 {
            words.extend(
                part.split_whitespace()
                    .skip(usize::from(n == 0))
                    .map(str::to_owned),
            );
        }
    }
    let of_admin = ["token", "claim"].contains(&words[0].as_str());
    let mut is_until = false;
    for word in &mut words {
        let value = match word.as_str() {
            "--until" => {
                is_until = true;
                continue;
            }
            "USER" if of_admin => "admin",
            "USER" if whole => "ann",
            "USER" => "bob",
            "NAME" if whole => "the whole",
            "NAME" => "the least",
            "ADDRESS" => "ann@example.org",
            "ROLE" => "user",
            "FILE" => "-",
            "DAYS" | "MINUTES" => "30",
            "STATUS" => "busy",
            "POLICY" => "always",
            "TEXT" => "a meeting",
            "SOURCE" => "internal",
            "WEBHOOK" if whole => "whole",
            "WEBHOOK" => "least",
            "URL" => receiver,
            "TYPES" => "presence.changed,custom_user_status.*",
            "HOOK" => HOOK,
            "EVENT" if whole => "1",
            "EVENT" => "2",
            "STATE" => "parked",
            "ACTION" => "login.failed",
            "NUMBER" => "10",
            "TIME" if is_until => "2026-11-26",
            "TIME" => "2026-11-25T10:00:00Z",
            _ => continue,
        };
        *word = value.to_owned();
    }
    words
}

#[tokio::test]
async fn every_command_of_the_readme_works_with_all_its_flags_and_with_none() {
    let home = Home::with_data().await;
    let file = home.data().join("doorsign.db");
    let database = Connection::open_with_flags(file, OpenFlags::default()).unwrap();
    let known = format!(
        "INSERT INTO consumer (name, cursor) VALUES ('{HOOK}', 2);
         INSERT INTO delivery SELECT '{HOOK}', column1, 'parked', 16, 'no', '', 0, NULL FROM (VALUES (1), (2))"
    );
    database.execute_batch(&known).unwrap();
    let receiver = Receiver::start().await;
    for usage in usages() {
        for whole in [true, false] {
            let words = arguments(&usage, whole, &receiver.url(""));
            let args: Vec<&str> = words.iter().map(String::as_str).collect();
            if args == ["serve"] || args == ["dev"] {
                home.serve(&args, &[]).await.end().await;
            } else {
                let allowed = [("DOORSIGN_WEBHOOK_ALLOW", "127.0.0.0/8")];
                let command = home.command(&args, &allowed);
                ended(command, "a password\n").await.succeeded();
            }
        }
    }
}

/// The block in `sh` that holds `part`, for a server at this address.
pub fn block(part: &str, server: &Process) -> String {
    let blocks = blocks("sh");
    let block = blocks.iter().find(|block| block.contains(part)).unwrap();
    assert!(block.contains("127.0.0.1:3000"), "{block}");
    block.replace("127.0.0.1:3000", &server.address().to_string())
}

/// What a shell prints that these lines were pasted into, for whom these headers stand.
pub async fn pasted(lines: &str, headers: &str) -> String {
    let value = |name| headers.lines().find_map(|line| line.strip_prefix(name));
    let environment = [
        ("ID", value("X-User-Id: ").unwrap()),
        ("TOKEN", value("X-Auth-Token: ").unwrap()),
    ];
    let strict = format!("set -eu\n{lines}\n");
    paste(&strict, &environment).await.succeeded()
}

/// An answer to a create with its digits alike, wherever they differ from one to the next.
pub fn masked(answer: &str) -> String {
    let json: Value = serde_json::from_str(answer).unwrap();
    let (mut masked, status) = (answer.to_owned(), &json["customUserStatus"]);
    for field in ["_id", "_updatedAt"] {
        let text = status[field].as_str().unwrap();
        masked = masked.replace(text, &text.replace(|c: char| c.is_ascii_hexdigit(), "0"));
    }
    masked
}

#[tokio::test]
async fn the_curl_lines_of_the_readme_do_what_it_says() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let server = home.serve(&[], &[]).await;
    let (admin, ann) = (home.token("admin", "t").await, home.token("ann", "t").await);

    let creating = block("custom-user-status.create", &server);
    assert!(
        server.greeting.contains(&creating.replace("\\\n     ", "")),
        "the start prints them, too: {}",
        server.greeting
    );
    let answer = pasted(&creating, &admin).await;
    let shown = blocks("json");
    assert_eq!(masked(&answer), masked(&shown[0]));

    let ann = server.with_headers(&ann);
    assert_eq!(ann.create("before").await.status, 400);
    let granting = block("permissions.update", &server);
    pasted(&granting, &admin).await;
    assert_eq!(ann.create("after").await.status, 200);
}

#[tokio::test]
async fn the_first_start_prints_what_the_readme_shows() {
    let home = Home::new();
    let server = home.serve(&[], &[]).await;
    let (real, shown) = (server.shown_password().unwrap(), "xHbMz6RcgpL9jdQZkS2TqW4n");
    let expected = blocks("text")[0]
        .replace("127.0.0.1:3000", &server.address().to_string())
        .replace("./doorsign-data", "data")
        .replace(shown, real);
    assert_eq!(real.len(), shown.len());
    assert!(
        server.greeting.starts_with(&expected),
        "{}",
        server.greeting
    );
}

#[tokio::test]
async fn the_ready_file_of_the_readme_holds_the_address() {
    let home = Home::new();
    let shown = blocks("sh");
    let shown = shown
        .iter()
        .find_map(|block| block.strip_prefix("doorsign "));
    let args: Vec<&str> = shown.unwrap().split(' ').collect();
    let server = home
        .serve(&args, &[("DOORSIGN_ADMIN_PASSWORD", PASSWORD)])
        .await;
    let file = home.path().join(args.last().unwrap());
    // It is written after the greeting, and before the first answer.
    server.anon().get("info").await.expect(200);
    assert_eq!(std::fs::read_to_string(file).unwrap(), server.url());
    assert!(text().contains("writes `http://127.0.0.1:PORT` to the ready file"));
}

#[test]
fn the_run_and_test_commands_are_the_promised_ones_and_the_gate_runs_the_latter() {
    const TEST: &str = "cargo test --workspace --locked";
    for (comment, command) in [("run", "cargo run --release"), ("test", TEST)] {
        let expected = format!("<!-- {comment} command -->\n```sh\n{command}\n```\n");
        assert!(text().contains(&expected), "{expected}");
    }
    let gate = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(
        gate.contains(&format!("\"{TEST}\" ]")),
        "the text is checked"
    );
    for run in ["$test_command", "tests/clients/run", "tests/clients/fuzz"] {
        assert!(gate.contains(&format!("\n{run}\n")), "{run} is run");
    }
}

#[test]
fn every_block_for_a_shell_is_held_to_by_a_test() {
    let known = [
        "cargo run --release",
        "cargo test --workspace --locked",
        "curl -s http://127.0.0.1:3000/api/v1/custom-user-status.create ",
        "doorsign --listen 127.0.0.1:0 --ready-file ready",
        "doorsign dev", // tests/it/readme_dev.rs
        "curl -s http://127.0.0.1:3000/dev/clock ",
        "curl -s http://127.0.0.1:3000/dev/faults ", // tests/it/readme_clients.rs
        "curl -sN 'http://127.0.0.1:3000/api/v1/events?since=0' ", // tests/it/readme_live.rs
        "curl -s http://127.0.0.1:3000/api/v1/permissions.update ",
        "mkdir -p programs modules\n", // tests/it/readme_hooks.rs
        "export DOORSIGN_WEBHOOK_ALLOW=127.0.0.0/8\n", // tests/clients/python/test_webhooks.py
        "doorsign hooks\n",            // tests/it/readme_hooks.rs
        "cargo run --release --example own_server", // tests/it/own_server.rs
        "cargo bench --bench load ",   // tests/it/load.rs
        "cargo bench --bench load ",
        "cargo bench --bench live ",  // tests/it/live_bench.rs
        "cargo bench --bench hooks ", // by hand, on a machine that does nothing else
    ];
    let blocks = blocks("sh");
    assert_eq!(blocks.len(), known.len());
    for (block, known) in blocks.iter().zip(known) {
        let alike = if known.ends_with([' ', '\n']) {
            block.starts_with(known)
        } else {
            block == known
        };
        assert!(alike, "{block}");
    }
}
