//! docs/hooks.md: the limits of each kind of hook, the retry schedule, the event, and the commands
//! to try it.

use crate::support::docs::shell;
use crate::support::in_time;
use crate::support::page::Page;
use crate::support::process::{Home, PASSWORD, ended};
use doorsign::config::Config;
use doorsign::hooks::delivery::{BATCH, SAVE_INTERVAL};
use doorsign_hook::{
    Actor, Event, PostCreateHook, Status, StatusCreated, StatusUpdated, UserStatusChanged,
};
use doorsign_webhook::{Endpoint, EndpointUrl, Guard, Secret, Sender, Webhook};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

fn short(wait: &Duration) -> String {
    match wait.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

#[test]
fn the_retry_schedule_of_webhooks_is_the_one_in_the_table() {
    let guard = Guard::new(Vec::new());
    let endpoint = Endpoint {
        name: "webhook-door".to_owned(),
        url: EndpointUrl::parse("https://example.org/", &guard).unwrap(),
        secrets: vec![Secret::generate().unwrap()],
        kinds: Vec::new(),
    };
    let webhook = Webhook::new(endpoint, Sender::new(guard), Arc::new(|| 0));
    let pace = webhook.pace().unwrap();
    let waits: Vec<String> = pace.waits.iter().map(short).collect();
    let page = Page::of("hooks");
    page.states(&format!("| {};", waits.join(", ")));
    page.states(&format!(
        "| {}, then the webhook is disabled",
        waits.len() + 1
    ));
    page.states("410 disables the webhook");
    let limit = pace.limit.as_secs();
    page.states(&format!("| limits | {limit} s, no private addresses |"));
}

#[test]
fn programs_and_modules_have_the_limits_in_the_table() {
    let config = Config::defaults_in(PathBuf::new());
    let (seconds, memory) = (config.exec_seconds, config.exec_memory_mib);
    let at_once = config.exec_at_once;
    let page = Page::of("hooks");
    page.states(&format!("| {seconds} s, {memory} MiB, {at_once} at once |"));
    let (seconds, memory) = (config.wasm_seconds, config.wasm_memory_mib);
    let at_once = doorsign_wasm::Settings::default().at_once;
    page.states(&format!(
        "| {seconds} s, {memory} MiB, limited instructions, {at_once} at once |"
    ));
    assert_eq!(doorsign_hook::NOTES_MAX_BYTES, 4 * 1024);
    page.states("the first 4 KiB");
    let days = config.event_retention_days;
    page.states(&format!("`event_retention_days` ({days})"));
    let count = doorsign::service::hooks::PAGE;
    Page::of("api").states(&format!("by `state`, {count} after the event `after`;"));
}

#[test]
fn a_crash_repeats_at_most_the_documented_deliveries() {
    assert_eq!(SAVE_INTERVAL, Duration::from_millis(500));
    Page::of("hooks").states(&format!("last half second, {BATCH} events at most"));
}

#[test]
fn the_example_event_has_the_format_of_the_server() {
    let blocks = Page::of("hooks").blocks("json");
    let shown = blocks.iter().find(|block| block.contains("\"version\":1"));
    let shown: &str = shown.unwrap().trim();
    let value: Value = serde_json::from_str(shown).unwrap();
    let text = |place: &str| value.pointer(place).unwrap().as_str().unwrap();
    let at = "2026-11-23T18:06:24.838Z".parse::<jiff::Timestamp>();
    let at = at.unwrap().as_millisecond();
    let actor = Actor::new(text("/actor/_id"), text("/actor/username"));
    let status = Status::new(text("/data/_id"), text("/data/name"), "busy", at);
    let event = Event::from(StatusCreated::new(7, at, actor.clone(), status.clone()));
    assert_eq!(event.json(), shown);
    // The event types that the pages name.
    let updated = Event::from(StatusUpdated::new(7, at, actor.clone(), status));
    let changed = UserStatusChanged::new(7, at, actor.clone(), actor, "busy", "");
    assert_eq!(updated.kind(), "custom_user_status.updated");
    assert_eq!(Event::from(changed).kind(), Event::KINDS[3]);
}

/// The shell block that starts with `beginning`.
fn block(beginning: &str) -> String {
    let blocks = Page::of("hooks").blocks("sh");
    let found = blocks.into_iter().find(|b| b.starts_with(beginning));
    found.unwrap_or_else(|| panic!("no block starts with {beginning:?}"))
}

#[tokio::test]
async fn the_commands_to_try_hooks_start_a_program_and_a_module_that_receive_an_event() {
    let home = Home::new();
    // The last line starts a server, which does not end; the test starts it, with the environment
    // of the other lines.
    let lines = block("mkdir -p programs modules\n");
    let (lines, serving) = lines.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(serving, "doorsign");
    ended(shell(&home), lines).await.succeeded();
    let exported = lines.lines().last().unwrap().strip_prefix("export ");
    let variables = exported
        .unwrap()
        .split(' ')
        .map(|word| word.split_once('=').unwrap());
    let mut variables: Vec<_> = variables.collect();
    variables.push(("DOORSIGN_ADMIN_PASSWORD", PASSWORD));
    let server = home.serve(&[], &variables).await;

    // The webhook command of the receiver's block. tests/clients runs the receiver itself.
    let receiving = block("export DOORSIGN_WEBHOOK_ALLOW");
    let adding = receiving
        .lines()
        .find(|line| line.contains("webhook add"))
        .unwrap();
    let commands = format!(
        "export {}={}\n{adding}\necho $WEBHOOK_SECRET",
        variables[0].0, variables[0].1
    );
    let secret = ended(shell(&home), &commands).await.succeeded();
    Secret::parse(secret.trim()).unwrap();

    let token = home.token("admin", "t").await;
    server
        .with_headers(&token)
        .create("caught up")
        .await
        .expect(200);
    let looking = block("doorsign hooks\n");
    let seen = async {
        loop {
            let seen = ended(shell(&home), &looking).await.succeeded();
            let journal = home.path().join("programs/journal.txt");
            if journal.exists() && seen.contains("\tdelivered\t") {
                return seen;
            }
        }
    };
    let seen = in_time("the program and the module", seen).await;
    for hook in [
        "exec-journal-sh\texec\t",
        "wasm-door\twasm\trunning",
        "webhook-door\twebhook\t",
    ] {
        assert!(seen.contains(hook), "{seen}");
    }
    let notes = home.run(&["hooks", "inspect", "wasm-door", "1"]).await;
    assert!(notes.succeeded().contains("caught up"));
    Page::of("hooks").states("`doorsign hooks retry webhook-door`");
    home.run(&["hooks", "retry", "webhook-door"])
        .await
        .succeeded();
}
