//! Webhooks in a whole server: they are told of events as soon as they are added, until they are removed, by whatever secrets are in
//! force. How one is spoken to is in `plugins/webhook`; routes and commands are elsewhere, too.

use crate::attempts::{LONG, delivery, happen, hook, until};
use crate::scripted::FAST;
use crate::support::{Setup, TestServer, in_time};
use doorsign::app::Clock;
use doorsign::domain::{Caller, DeliveryState, EventId, SigningSecret, Webhook};
use doorsign::hooks::delivery::Pace;
use doorsign::service::webhooks::{self, NewWebhook, OVERLAP};
use doorsign_webhook::{Secret, verify};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};

/// What an endpoint was sent.
struct Sent {
    head: String,
    body: String,
}

impl Sent {
    fn header(&self, name: &str) -> &str {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut fields = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        fields.next().unwrap().1
    }

    /// The name of the status that it tells of.
    fn name(&self) -> String {
        let event: Value = serde_json::from_str(&self.body).unwrap();
        event["data"]["name"].as_str().unwrap().to_owned()
    }

    /// Whether it was signed with this secret.
    fn is_signed_with(&self, secret: &SigningSecret, server: &TestServer) -> bool {
        let secret = Secret::parse(&secret.text).unwrap();
        let now_s = server.clock.now().as_millis() / 1000;
        let verified = verify(
            &[secret],
            self.header("webhook-id"),
            self.header("webhook-timestamp").parse().unwrap(),
            self.body.as_bytes(),
            self.header("webhook-signature"),
            now_s,
        );
        verified.is_ok()
    }
}

/// Somebody who takes webhooks, and answers with a status that a test chooses.
pub struct Endpoint {
    url: String,
    status: Arc<AtomicU16>,
    /// Held by a test that lets no answer out.
    gate: Arc<RwLock<()>>,
    sent: UnboundedReceiver<Sent>,
}

impl Endpoint {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        let status = Arc::new(AtomicU16::new(204));
        let gate = Arc::<RwLock<()>>::default();
        let (keep, sent) = unbounded_channel();
        let answer = (status.clone(), gate.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, keep.clone(), answer.clone()));
            }
        });
        Self {
            url,
            status,
            gate,
            sent,
        }
    }

    /// Keeps every answer back until the guard is dropped.
    pub async fn hold(&self) -> OwnedRwLockWriteGuard<()> {
        self.gate.clone().write_owned().await
    }

    /// Passes when nothing was sent that was not asked for.
    #[track_caller]
    pub fn is_empty(&mut self) {
        assert!(self.sent.try_recv().is_err());
    }

    pub fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    async fn next(&mut self) -> Sent {
        in_time("a webhook", self.sent.recv()).await.unwrap()
    }

    pub async fn names(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..count {
            names.push(self.next().await.name());
        }
        names
    }
}

/// Takes one request after the other.
async fn take(
    mut stream: TcpStream,
    keep: UnboundedSender<Sent>,
    (status, gate): (Arc<AtomicU16>, Arc<RwLock<()>>),
) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else {
                return;
            };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let mut sent = Sent {
            head,
            body: String::new(),
        };
        let mut body = vec![0; sent.header("content-length").parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
        sent.body = String::from_utf8(body).unwrap();
        let _ = keep.send(sent);
        let _open = gate.read().await;
        let status = status.load(Ordering::SeqCst);
        let answer = format!("HTTP/1.1 {status} As told\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

pub async fn start() -> TestServer {
    start_with(FAST).await
}

/// A server that may tell webhooks on this machine.
async fn start_with(pace: Pace) -> TestServer {
    let allow = |config: &mut doorsign::config::Config| {
        config.webhook_allow = vec!["127.0.0.0/8".parse().unwrap()];
    };
    Setup::new().config(allow).pace(pace).start().await
}

/// Adds the webhook `bell`.
async fn add(server: &TestServer, endpoint: &Endpoint, kinds: &[&str]) -> Webhook {
    add_named(server, "bell", endpoint, kinds).await
}

pub async fn add_named(
    server: &TestServer,
    name: &str,
    endpoint: &Endpoint,
    kinds: &[&str],
) -> Webhook {
    let new = NewWebhook {
        name: name.to_owned(),
        url: endpoint.url.clone(),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
    };
    let added = webhooks::add(&server.app, Caller::Operator, new).await;
    added.unwrap()
}

#[tokio::test]
async fn a_webhook_is_told_what_happens_from_then_on_and_signed() {
    let (server, mut endpoint) = (start().await, Endpoint::start().await);
    happen(&server, &["before"]).await;
    let webhook = add(&server, &endpoint, &[]).await;
    happen(&server, &["one", "two"]).await;
    let one = endpoint.next().await;
    assert_eq!(one.name(), "one");
    assert!(one.is_signed_with(&webhook.secrets[0], &server));
    assert_eq!(endpoint.names(1).await, ["two"]);
    hook(&server, "webhook-bell", |hook| hook.lag == 0).await;
}

#[tokio::test]
async fn a_webhook_is_told_only_of_what_it_was_added_for() {
    let (server, mut endpoint) = (start().await, Endpoint::start().await);
    add(&server, &endpoint, &["custom_user_status.deleted"]).await;
    let admin = server.admin().await;
    let id = admin.create("one").await.expect(200).created_id();
    let gone = serde_json::json!({"customUserStatusId": id});
    let deleted = admin.post("custom-user-status.delete", gone).await;
    deleted.expect(200);
    let told: Value = serde_json::from_str(&endpoint.next().await.body).unwrap();
    assert_eq!(told["type"], "custom_user_status.deleted");
    hook(&server, "webhook-bell", |hook| hook.lag == 0).await;
}

#[tokio::test]
async fn a_new_secret_signs_along_with_the_one_before_until_that_has_ended() {
    let (server, mut endpoint) = (start().await, Endpoint::start().await);
    let old = add(&server, &endpoint, &[]).await.secrets.remove(0);
    let new = webhooks::rotate(&server.app, Caller::Operator, "bell").await;
    let new = new.unwrap();
    let known = until_signed(&server, &mut endpoint, |sent| {
        sent.is_signed_with(&new, &server)
    });
    let first = in_time("the new secret", known).await;
    assert!(first.is_signed_with(&old, &server));
    server.clock.advance(OVERLAP + Duration::from_secs(1));
    let ended = until_signed(&server, &mut endpoint, |sent| {
        !sent.is_signed_with(&old, &server)
    });
    let last = in_time("the end of the old secret", ended).await;
    assert!(last.is_signed_with(&new, &server));
}

/// Lets things happen until the endpoint is told of one as it should be.
async fn until_signed(
    server: &TestServer,
    endpoint: &mut Endpoint,
    is_right: impl Fn(&Sent) -> bool,
) -> Sent {
    loop {
        let name = format!("status {}", server.app.store.committed().borrow().as_u64());
        happen(server, &[&name]).await;
        let sent = endpoint.next().await;
        if is_right(&sent) {
            break sent;
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_is_tried_again_and_what_it_answered_is_on_record() {
    let (server, mut endpoint) = (start().await, Endpoint::start().await);
    add(&server, &endpoint, &[]).await;
    endpoint.answers(500);
    happen(&server, &["one", "two"]).await;
    let all = ["one", "one", "one", "two", "two", "two"];
    assert_eq!(endpoint.names(6).await, all);
    let is_parked =
        |record: &doorsign::domain::DeliveryRecord| record.state == DeliveryState::Parked;
    let parked = delivery(&server, "webhook-bell", 2, is_parked).await;
    assert!(parked.reason.contains("500"), "{parked:?}");
    assert_eq!(parked.attempts, 3);
    endpoint.answers(204);
    let all = server
        .app
        .store
        .retry_deliveries("webhook-bell", None, crate::support::operator());
    assert_eq!(all.await.unwrap(), 2);
    assert_eq!(endpoint.names(2).await, ["one", "two"]);
    hook(&server, "webhook-bell", |hook| hook.parked == 0).await;
}

#[tokio::test]
async fn an_endpoint_that_says_it_is_gone_is_disabled_and_told_everything_when_it_is_enabled() {
    let (server, mut endpoint) = (start().await, Endpoint::start().await);
    add(&server, &endpoint, &[]).await;
    endpoint.answers(410);
    happen(&server, &["one", "two"]).await;
    assert_eq!(endpoint.names(1).await, ["one"]);
    let off = hook(&server, "webhook-bell", |hook| hook.off.is_some()).await;
    assert_eq!((off.lag, off.parked), (2, 0));
    endpoint.answers(204);
    let enabled = webhooks::enable(&server.app, Caller::Operator, "bell").await;
    enabled.unwrap();
    assert_eq!(endpoint.names(2).await, ["one", "two"]);
}

#[tokio::test]
async fn a_webhook_that_is_removed_is_told_nothing_more_even_of_what_it_was_to_be_told() {
    let server = start_with(LONG).await;
    let mut endpoint = Endpoint::start().await;
    add(&server, &endpoint, &[]).await;
    endpoint.answers(500);
    happen(&server, &["one"]).await;
    assert_eq!(endpoint.names(1).await, ["one"]);
    delivery(&server, "webhook-bell", 1, |_| true).await;
    let removed = webhooks::remove(&server.app, Caller::Operator, "bell").await;
    removed.unwrap();
    let look = async || {
        server
            .app
            .store
            .list_hooks()
            .await
            .unwrap()
            .is_empty()
            .then_some(())
    };
    until("the hook to be gone", look).await;
    // Another one of its name begins anew.
    endpoint.answers(204);
    let another = add(&server, &endpoint, &[]).await;
    happen(&server, &["two"]).await;
    let two = endpoint.next().await;
    assert_eq!(two.name(), "two");
    assert!(two.is_signed_with(&another.secrets[0], &server));
    let hook = hook(&server, "webhook-bell", |hook| hook.lag == 0).await;
    assert_eq!(hook.cursor, EventId::new(2));
    server.stop().await;
    endpoint.is_empty();
}
