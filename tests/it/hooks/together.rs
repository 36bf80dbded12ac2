//! Hooks of every kind in one server that is killed while a receiver is down.

use crate::support::process::Home;
use crate::support::receiver::{Arrival, Receiver};
use crate::support::{Client, in_time, look_again};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const ARGS: &[&str] = &[
    "--webhook-allow",
    "127.0.0.0/8",
    "--exec-folder",
    "programs",
    "--wasm-folder",
    "modules",
];

/// Puts the examples into the folders: `exec-journal-sh`, and `wasm-door`.
fn fill(home: &Path) {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins");
    let (programs, modules) = (home.join("programs"), home.join("modules"));
    for folder in [&programs, &modules] {
        fs::create_dir(folder).unwrap();
    }
    let journal = examples.join("exec/examples/journal.sh");
    fs::copy(journal, programs.join("journal.sh")).unwrap();
    let door = wat::parse_file(examples.join("wasm/examples/door.wat")).unwrap();
    fs::write(modules.join("door.wasm"), door).unwrap();
}

async fn say(client: &Client, message: &str) {
    let said = json!({"status": "away", "message": message});
    client.post("users.setStatus", said).await.expect(200);
}

/// What the program has written, once there are so many lines.
async fn journal(home: &Home, lines: usize) -> String {
    let path = home.path().join("programs/journal.txt");
    let whole = async {
        loop {
            let text = fs::read_to_string(&path).unwrap_or_default();
            if text.lines().count() >= lines && text.ends_with('\n') {
                break text;
            }
            look_again().await;
        }
    };
    in_time("as many lines of the journal", whole).await
}

/// What the module has noted, once it has so many deliveries: one line for each.
async fn notes(count: usize, client: &Client) -> String {
    let all = async {
        loop {
            let page = client.get("hooks.deliveries?hook=wasm-door").await;
            let page = page.expect(200).json();
            let deliveries = page["deliveries"].as_array().unwrap();
            if deliveries.len() >= count {
                break deliveries.clone();
            }
            look_again().await;
        }
    };
    let deliveries = in_time("as many notes", all).await;
    let times = deliveries.iter().map(|delivery| delivery["at"].as_str());
    assert!(times.is_sorted(), "one after the other: {deliveries:?}");
    let text = |delivery: &Value| delivery["notes"].as_str().unwrap().to_owned();
    deliveries.iter().map(text).collect()
}

#[tokio::test]
async fn a_webhook_a_program_and_a_module_receive_every_event_in_order_across_a_kill() {
    let home = Home::new();
    fill(home.path());
    home.serve(&[], &[]).await.end().await;
    let token = home.token("admin", "test").await;
    let mut receiver = Receiver::start();
    home.add_webhook(&receiver.url("")).await;

    let server = home.serve(ARGS, &[]).await;
    let client = server.with_headers(&token);
    let one = client.create("one").await.expect(200).created_id();
    say(&client, "Lunch").await;
    let both_answered = |came: &Vec<Arrival>| came.iter().filter(|it| it.answered).count() == 2;
    receiver.until(both_answered).await;
    receiver.down().await;
    client.create("two").await.expect(200);
    let failed = |log: &String| log.contains("a delivery failed consumer=webhook-ci");
    server.logged(failed).await;
    client.create("three").await.expect(200);
    // A killed server leaves its programs running, and one that still ran would meet its copy in
    // the next server.
    journal(&home, 4).await;
    server.kill().await;

    let server = home.serve(ARGS, &[]).await;
    let client = server.with_headers(&token);
    let delete = json!({"customUserStatusId": one});
    let deleted = client.post("custom-user-status.delete", delete).await;
    deleted.expect(200);
    say(&client, "Back").await;
    receiver.up();
    home.run(&["hooks", "retry", "webhook-ci"])
        .await
        .succeeded();

    let mut came = receiver
        .until(|came| came.iter().any(|it| it.number() == 6))
        .await;
    // The last deliveries before the kill may be repeated.
    let mut known = std::collections::BTreeSet::new();
    came.retain(|arrival| known.insert(arrival.number()));
    let kinds: Vec<_> = came.iter().map(|it| it.event["type"].as_str()).collect();
    let [created, deleted, changed] = [
        "custom_user_status.created",
        "custom_user_status.deleted",
        "presence.changed",
    ]
    .map(Some);
    assert_eq!(
        kinds,
        [created, changed, created, created, deleted, changed]
    );
    assert!(came.iter().map(Arrival::number).eq(1..=6));

    let line = |it: &Arrival| format!("{} {}\n", it.header("webhook-id"), it.body);
    let lines: String = came.iter().map(line).collect();
    assert_eq!(journal(&home, 6).await, lines);
    let bodies: String = came.iter().map(|it| format!("{}\n", it.body)).collect();
    assert_eq!(notes(6, &client).await, bodies);
    server.end().await;
}
