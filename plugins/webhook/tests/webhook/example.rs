//! The Rust example, run as a process. `tests/clients` runs those in Python and JavaScript.

use std::path::PathBuf;
use std::process::Stdio;

use doorsign_hook::{
    Actor, Delivery, Event, HookError, PostCreateHook, Status, StatusCreated, StatusDeleted,
    StatusUpdated, UserStatusChanged,
};
use doorsign_webhook::{Secret, Webhook, sign};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};

use crate::{endpoint, in_time, sender};

/// The example, listening on a free port.
struct Example {
    child: Child,
    stdout: BufReader<ChildStdout>,
    url: String,
}

impl Example {
    async fn start(secret: &Secret) -> Self {
        let mut child = Command::new(program())
            .arg("127.0.0.1:0")
            .env("WEBHOOK_SECRET", secret.expose())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let url = String::new();
        let mut example = Self { child, stdout, url };
        let line = example.line().await;
        example.url = line.strip_prefix("listens on ").unwrap().to_owned();
        example
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        in_time(self.stdout.read_line(&mut line)).await.unwrap();
        line.trim_end_matches('\n').to_owned()
    }

    /// Ends it and returns its remaining output.
    async fn rest(mut self) -> String {
        self.child.kill().await.unwrap();
        let mut rest = String::new();
        in_time(self.stdout.read_to_string(&mut rest))
            .await
            .unwrap();
        rest
    }

    /// A hook that sends to it, with the real time.
    fn webhook_with(&self, secret: &Secret) -> Webhook {
        let mut endpoint = endpoint(&self.url);
        endpoint.secrets = vec![secret.clone()];
        Webhook::new(
            endpoint,
            sender(),
            std::sync::Arc::new(|| now_s() * 1000 + 999),
        )
    }
}

/// `cargo test` builds examples before it runs tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let beside = test.parent().and_then(|deps| deps.parent()).unwrap();
    let program = beside.join("examples").join("receiver");
    let found = program.exists();
    assert!(found, "{program:?} is missing: cargo build --examples");
    program
}

#[expect(
    clippy::disallowed_methods,
    reason = "the example is a process, with the machine's clock"
)]
fn now_s() -> i64 {
    jiff::Timestamp::now().as_second()
}

async fn deliver(webhook: &Webhook, event: impl Into<Event>) -> Result<(), HookError> {
    let delivery = Delivery::new(event.into(), 1);
    in_time(webhook.deliver(&delivery)).await
}

fn status(name: &str) -> Status {
    Status::new("65462e97a2f73c7460e18f84", name, "away", 0)
}

fn ann() -> Actor {
    Actor::new("rocketcatuser4567", "ann")
}

#[tokio::test]
async fn the_example_prints_each_event_once() {
    let secret = Secret::generate().unwrap();
    let mut example = Example::start(&secret).await;
    let webhook = example.webhook_with(&secret);
    let created = StatusCreated::new(1, 10, ann(), status("Lunch"));
    let updated = StatusUpdated::new(2, 20, ann(), status("Late\nlunch ⏰"));
    let deleted = StatusDeleted::new(3, 30, ann(), status("Late lunch"));
    let changed = UserStatusChanged::new(4, 40, ann(), ann(), "away", "Mittag");
    for _ in 0..2 {
        deliver(&webhook, created.clone()).await.unwrap();
    }
    deliver(&webhook, updated).await.unwrap();
    deliver(&webhook, deleted).await.unwrap();
    deliver(&webhook, created).await.unwrap();
    deliver(&webhook, changed).await.unwrap();
    assert_eq!(in_time(webhook.test()).await, Ok(204));
    for line in [
        "evt_1_10 custom_user_status.created Lunch",
        "evt_2_20 custom_user_status.updated Late lunch ⏰",
        "evt_3_30 custom_user_status.deleted Late lunch",
        "evt_4_40 presence.changed ann away Mittag",
    ] {
        assert_eq!(example.line().await, line);
    }
    let tested = example.line().await;
    assert!(tested.ends_with(" webhook.test"), "{tested}");
    assert_eq!(example.rest().await, "");
}

#[tokio::test]
async fn the_example_rejects_wrong_and_old_signatures() {
    let [secret, other] = [(); 2].map(|()| Secret::generate().unwrap());
    let example = Example::start(&secret).await;
    let created = || StatusCreated::new(1, 10, ann(), status("Lunch"));
    let refused = deliver(&example.webhook_with(&other), created()).await;
    let reason = "answered 401 Unauthorized".to_owned();
    assert_eq!(refused, Err(HookError::Retry(reason)));

    let body = Event::from(created()).json();
    let sent_s = now_s() - 301;
    let signature = sign(&[secret], "evt_1_10", sent_s, body.as_bytes());
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\nwebhook-id: evt_1_10\r\n\
         webhook-timestamp: {sent_s}\r\nwebhook-signature: {signature}\r\n\r\n{body}"
    );
    let address = example
        .url
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    in_time(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert_eq!(example.rest().await, "");
}
