//! docs/commands.md: the table of commands against the help texts and the commands themselves.

use crate::support::cli::add_ann;
use crate::support::docs::{block, pasted};
use crate::support::page::{Page, spans};
use crate::support::process::{Home, ended};
use crate::support::receiver::Receiver;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};

/// Commands with their own flags, without those of the settings.
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
    let flags = words.filter(|word| word.starts_with("--") && !["--", "--help"].contains(word));
    flags.map(str::to_owned).collect()
}

/// The lines of a help text under this heading.
fn section<'a>(help: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| !line.is_empty()).collect()
}

/// Collects the options in the help of `command` and its subcommands.
async fn collect_options(home: &Home, command: &str, found: &mut Commands) {
    let mut args: Vec<&str> = command.split_whitespace().collect();
    args.push("--help");
    let help = home.run(&args).await.succeeded();
    let below = section(&help, "Commands:");
    let names = below
        .iter()
        .filter_map(|line| line.split_whitespace().next());
    for name in names.clone().filter(|name| *name != "help") {
        let below = format!("{command} {name}").trim().to_owned();
        Box::pin(collect_options(home, &below, found)).await;
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
    collect_options(&home, "", &mut real).await;
    assert_eq!(documented.collect::<Commands>(), real);
}

/// A registered hook, with parked deliveries of the events 1 and 2.
const HOOK: &str = "audit-log";

/// The arguments of a usage, with or without the `[optional]` ones. `receiver` is the URL of a
/// webhook receiver.
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
    // A claim has one end.
    if let Some(n) = words.iter().position(|word| word == "--minutes") {
        words.drain(n..n + 2);
    }
    let of_admin = ["token", "claim"].contains(&words[0].as_str());
    // An address belongs to one user.
    let of_other = !whole && words.get(1).is_some_and(|word| word == "set-email");
    let is_invited = words.get(1).is_some_and(|word| word == "invite");
    let mut is_until = false;
    for word in &mut words {
        let value = match word.as_str() {
            "--until" => {
                is_until = true;
                continue;
            }
            "USER" if of_admin => "admin",
            "USER" if is_invited && whole => "eve",
            "USER" if is_invited => "dan",
            "ADDRESS" if is_invited => "eve@example.org",
            "USER" if whole => "ann",
            "USER" => "bob",
            "NAME" if whole => "the whole",
            "NAME" => "the least",
            "ADDRESS" if of_other => "bob@example.org",
            "ADDRESS" => "ann@example.org",
            "ORDER" => "status",
            "THEME" => "dark",
            "ZONE" => "Europe/Berlin",
            "FROM-TO" => "22:00-06:00",
            "ROLE" => "user",
            "FILE" => "-",
            "DAYS" | "MINUTES" => "30",
            "NEW-USERNAME" if whole => "Ann",
            "NEW-USERNAME" => "Bob",
            "STATUS" => "busy",
            "PERMISSION" => "view-statistics",
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
            "COMMAND" => "true",
            "TIME" if of_admin => "15:00",
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
    let receiver = Receiver::start();
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

#[tokio::test]
async fn the_command_that_grants_a_permission_works() {
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
