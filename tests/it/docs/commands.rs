//! docs/commands.md, and the commands to paste into a shell on all pages.

use crate::cli::add_ann;
use crate::process::{Home, Process, ended, paste};
use crate::receiver::Receiver;
use crate::support::page::{Page, root, spans};
use crate::support::{in_time, look_again};
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};

/// Commands with the flags they have beside the settings.
type Commands = BTreeMap<String, BTreeSet<String>>;

/// Every `doorsign …` of the table of commands.
fn usages() -> Vec<String> {
    let rows = Page::of("commands").table("command");
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

/// Collects the options in the help of `command` and its subcommands.
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

#[test]
fn the_table_of_commands_is_generated_from_the_help_texts() {
    let expected = doorsign::cli::markdown_table();
    Page::of("commands").assert_generated("commands", &expected);
}

#[test]
fn the_eight_everyday_commands_exist() {
    let everyday = Page::open("README.md").table("everyday command");
    assert_eq!(everyday.len(), 8);
    let known: Vec<_> = usages()
        .iter()
        .map(|usage| command_of(usage).join(" "))
        .collect();
    for row in everyday {
        let words = command_of(spans(&row[0])[0]).join(" ");
        let found = known
            .iter()
            .any(|known| words.starts_with(known.as_str()) || *known == format!("{words} list"));
        assert!(found, "unknown command: {words}");
    }
}

#[tokio::test]
async fn the_table_has_every_command_with_every_flag_and_no_other() {
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
async fn every_command_of_the_table_works_with_all_its_flags_and_with_none() {
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

/// The block in `sh` of a page that contains `part`, for a server at this address.
pub fn block(page: &str, part: &str, server: &Process) -> String {
    let block = Page::of(page).shell(part);
    assert!(block.contains("127.0.0.1:3000"), "{block}");
    block.replace("127.0.0.1:3000", &server.address().to_string())
}

/// Pastes lines into a shell with these credentials, and returns what it prints.
pub async fn pasted(lines: &str, headers: &str) -> String {
    let value = |name| headers.lines().find_map(|line| line.strip_prefix(name));
    let environment = [
        ("ID", value("X-User-Id: ").unwrap()),
        ("TOKEN", value("X-Auth-Token: ").unwrap()),
    ];
    let strict = format!("set -eu\n{lines}\n");
    paste(&strict, &environment).await.succeeded()
}

#[tokio::test]
async fn the_line_that_grants_a_permission_does_so() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let server = home.serve(&[], &[]).await;
    let (admin, ann) = (home.token("admin", "t").await, home.token("ann", "t").await);
    let ann = server.with_headers(&ann);
    assert_eq!(ann.create("before").await.status, 400);
    let granting = block("deploy", "permissions.update", &server);
    pasted(&granting, &admin).await;
    assert_eq!(ann.create("after").await.status, 200);
}

#[tokio::test]
async fn the_ready_file_of_the_example_holds_the_address() {
    let home = Home::new();
    let page = Page::of("deploy");
    let line = page.shell("--ready-file");
    let args: Vec<&str> = line.split(' ').skip(1).collect();
    let server = home.serve(&args, &[]).await;
    let file = home.path().join(args.last().unwrap());
    // It is written after the greeting and before the first response.
    server.anon().get("info").await.expect(200);
    assert_eq!(std::fs::read_to_string(file).unwrap(), server.url());
    page.states("writes `http://127.0.0.1:PORT` to the ready file");
}

#[tokio::test]
async fn the_program_of_the_display_gets_each_status() {
    let home = Home::new();
    let page = Page::of("edge");
    let programs = home.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    let program = programs.join("sign.sh");
    std::fs::write(&program, &page.blocks("bash")[0]).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, executable).unwrap();
    let start = page.shell("DOORSIGN_EXEC_FOLDER");
    let (variable, command) = start.split_once(' ').unwrap();
    assert_eq!(command, "doorsign");
    let _server = home.serve(&[], &[variable.split_once('=').unwrap()]).await;
    let lines = page.shell("claim set");
    ended(super::hooks::shell(&home), &lines).await.succeeded();
    let shown = async {
        loop {
            let event = std::fs::read_to_string(programs.join("sign.json"));
            let event = event.unwrap_or_default();
            if event.contains("In a meeting") {
                return;
            }
            look_again().await;
        }
    };
    in_time("the event for the display", shown).await;
}

#[tokio::test]
async fn the_claim_of_the_example_is_shown() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let line = Page::of("status").shell("claim set");
    let printed = ended(super::hooks::shell(&home), &line).await.succeeded();
    assert_eq!(printed, "ann is now busy.\n");
}

#[test]
fn the_run_and_test_commands_are_the_promised_ones_and_the_gate_runs_the_latter() {
    const TEST: &str = "cargo test --workspace --locked";
    let readme = Page::open("README.md").text;
    for (comment, command) in [("run", "cargo run --release"), ("test", TEST)] {
        let expected = format!("<!-- {comment} command -->\n```sh\n{command}\n```\n");
        assert!(readme.contains(&expected), "{expected}");
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

/// Every block for a shell, by page and beginning, with what runs it.
#[rustfmt::skip] // A table.
const BLOCKS: &[(&str, &str)] = &[
    ("README.md", "cargo run --release"), // by everyone who builds
    ("README.md", "cargo test --workspace --locked"),
    ("README.md", "curl -sw '\\n' http://127.0.0.1:3000/api/v1/custom-user-status.create "), // quick_start.rs
    ("README.md", "curl -sw '\\n' http://127.0.0.1:3000/api/v1/users.setStatus "), // quick_start.rs
    ("CONTRIBUTING.md", "cargo test --workspace --locked"),
    ("CONTRIBUTING.md", "cargo test --locked --test it -- presence"),
    ("CONTRIBUTING.md", "UPDATE_DOCS=1 cargo test --locked --test it -- docs::"),
    ("docs/benchmarks.md", "cargo bench --bench load "), // tests/it/load.rs
    ("docs/benchmarks.md", "cargo bench --bench load "),
    ("docs/benchmarks.md", "cargo bench --bench live "), // tests/it/live_bench.rs
    ("docs/benchmarks.md", "cargo bench --bench hooks "), // by hand, on an idle machine
    ("docs/deploy.md", "sudo -u doorsign doorsign user list "), // by hand
    ("docs/deploy.md", "doorsign user add ann "), // every_command_of_the_table_works_…
    ("docs/deploy.md", "curl -s http://127.0.0.1:3000/api/v1/permissions.update "),
    ("docs/deploy.md", "doorsign --listen 127.0.0.1:0 --ready-file ready"),
    ("docs/edge.md", "DOORSIGN_EXEC_FOLDER=programs doorsign"),
    ("docs/edge.md", "doorsign claim set admin busy "),
    ("docs/hooks.md", "mkdir -p programs modules\n"), // hooks.rs
    ("docs/hooks.md", "export DOORSIGN_WEBHOOK_ALLOW=127.0.0.0/8\n"), // tests/clients/python/test_webhooks.py
    ("docs/hooks.md", "doorsign hooks\n"), // hooks.rs
    ("docs/hooks.md", "cargo run --release --example own_server"), // tests/it/own_server.rs
    ("docs/install.md", "cargo build --release --locked"), // .ci/run builds the same in debug
    ("docs/install.md", "cargo build --release --locked --no-default-features"),
    ("docs/install.md", "doorsign"),
    ("docs/realtime.md", "curl -sN 'http://127.0.0.1:3000/api/v1/events?since=0' "), // live.rs
    ("docs/security.md", "doorsign audit --since 2026-11-25 "), // every_command_of_the_table_works_…
    ("docs/status.md", "doorsign claim set ann busy "),
    ("docs/testing.md", "doorsign dev"), // dev.rs
    ("docs/testing.md", "curl -s http://127.0.0.1:3000/dev/clock "), // dev.rs
    ("docs/testing.md", "curl -s http://127.0.0.1:3000/dev/faults "), // clients.rs
];

#[test]
fn every_block_for_a_shell_is_known_here() {
    let pages = Page::all().into_iter();
    let blocks = pages.flat_map(|page| {
        let blocks = page.blocks("sh").into_iter();
        blocks.map(move |block| (page.path.clone(), block))
    });
    let blocks: Vec<_> = blocks.collect();
    for (found, known) in blocks.iter().zip(BLOCKS) {
        let alike = if known.1.ends_with([' ', '\n']) {
            found.1.starts_with(known.1)
        } else {
            found.1 == known.1
        };
        assert!(alike && found.0 == known.0, "{found:?} is not {known:?}");
    }
    assert_eq!(blocks.len(), BLOCKS.len());
}
