//! The receiver of webhooks: an HTTP server over plain sockets that keeps every request. It can
//! choose its status, hold responses back and be down. It parses HTTP itself, because crash tests
//! need to know whether a response was written.

use super::in_time;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// A complete request.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The connection that carried it, numbered in the order in which they were opened.
    pub connection: usize,
    head: String,
    pub body: String,
    pub event: Value,
    /// Whether the answer was written.
    pub answered: bool,
}

impl Arrival {
    /// The event's number.
    pub fn number(&self) -> u64 {
        self.event["id"].as_u64().unwrap()
    }

    /// The name of the status that the event is about.
    pub fn name(&self) -> Option<&str> {
        self.event["data"]["name"].as_str()
    }

    pub fn header(&self, name: &str) -> &str {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = fields.find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.unwrap_or_else(|| panic!("no {name}")).1
    }

    /// Whether it was signed with this secret, by the clock in its own header.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let sent_at_s = self.header("webhook-timestamp").parse().unwrap();
        self.is_signed_at(secret, sent_at_s)
    }

    /// Whether it was signed with this secret, for a receiver with the clock at `now_s`.
    pub fn is_signed_at(&self, secret: &str, now_s: i64) -> bool {
        let secrets = [doorsign_webhook::Secret::parse(secret).unwrap()];
        let sent_at_s = self.header("webhook-timestamp").parse().unwrap();
        let (id, signatures) = (self.header("webhook-id"), self.header("webhook-signature"));
        let body = self.body.as_bytes();
        doorsign_webhook::verify(&secrets, id, sent_at_s, body, signatures, now_s).is_ok()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Hold {
    No,
    UntilReleased,
    UntilSenderGone,
}

/// What the connections of a receiver share.
struct Shared {
    arrivals: watch::Sender<Vec<Arrival>>,
    hold: watch::Sender<Hold>,
    status: AtomicU16,
    /// How many connections were opened so far.
    connections: AtomicUsize,
}

/// A receiver that runs until it is dropped.
pub struct Receiver {
    address: SocketAddr,
    /// Bound and never listening: the port stays this receiver's while it is down.
    _port: TcpSocket,
    shared: Arc<Shared>,
    serving: Option<AbortOnDropHandle<()>>,
    /// How many arrivals `next` has returned.
    taken: usize,
}

impl Receiver {
    /// Starts on a free port. It answers `/NUMBER` with that status, and any other path with the
    /// status set last, at first with 204.
    pub fn start() -> Self {
        let port = bound("127.0.0.1:0".parse().unwrap());
        let mut receiver = Self {
            address: port.local_addr().unwrap(),
            _port: port,
            shared: Arc::new(Shared {
                arrivals: watch::Sender::default(),
                hold: watch::Sender::new(Hold::No),
                status: AtomicU16::new(204),
                connections: AtomicUsize::new(0),
            }),
            serving: None,
            taken: 0,
        };
        receiver.up();
        receiver
    }

    /// Its URL with this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Sets the status of answers from now on.
    pub fn answers(&self, status: u16) {
        self.shared.status.store(status, Ordering::SeqCst);
    }

    /// Accepts connections again.
    pub fn up(&mut self) {
        let listener = bound(self.address).listen(16).unwrap();
        let serving = tokio::spawn(accept(listener, self.shared.clone()));
        self.serving = Some(AbortOnDropHandle::new(serving));
    }

    /// Closes every connection, and accepts none.
    pub async fn down(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    /// Holds answers back until [`release`](Self::release).
    pub fn hold(&self) {
        self.shared.hold.send_replace(Hold::UntilReleased);
    }

    /// Never answers the requests that arrive until [`release`](Self::release): each waits until
    /// its sender is gone.
    pub fn hold_until_sender_gone(&self) {
        self.shared.hold.send_replace(Hold::UntilSenderGone);
    }

    pub fn release(&self) {
        self.shared.hold.send_replace(Hold::No);
    }

    /// The next request, in the order of arrival.
    pub async fn next(&mut self) -> Arrival {
        let taken = self.taken;
        self.taken += 1;
        let mut arrivals = self.shared.arrivals.subscribe();
        let arrived = arrivals.wait_for(|all| all.len() > taken);
        in_time("a request", arrived).await.unwrap()[taken].clone()
    }

    /// The names of the statuses in the next `count` requests.
    pub async fn names(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..count {
            names.push(self.next().await.name().unwrap().to_owned());
        }
        names
    }

    /// Passes when every request was taken by `next` or `names`.
    #[track_caller]
    pub fn is_empty(&self) {
        let arrivals = self.shared.arrivals.borrow();
        let more = &arrivals[self.taken..];
        assert!(more.is_empty(), "sent, too: {more:?}");
    }

    /// Waits until the arrivals satisfy `enough`, and returns them in the order in which they were
    /// sent.
    pub async fn until(&self, enough: impl FnMut(&Vec<Arrival>) -> bool) -> Vec<Arrival> {
        let mut arrivals = self.shared.arrivals.subscribe();
        let arrived = in_time("certain requests", arrivals.wait_for(enough)).await;
        let mut arrived = arrived.unwrap().clone();
        // The last request of a killed sender may be read after the first one of its successor.
        arrived.sort_by_key(|arrival| arrival.connection);
        arrived
    }

    /// All requests so far.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.shared.arrivals.borrow().clone()
    }
}

/// Several sockets may be bound to one port; the one that listens gets the connections.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseport(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut serving = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let connection = shared.connections.fetch_add(1, Ordering::SeqCst);
        serving.spawn(serve(BufReader::new(stream), connection, shared.clone()));
    }
}

async fn serve(mut stream: BufReader<TcpStream>, connection: usize, shared: Arc<Shared>) {
    while let Some((head, body)) = request(&mut stream).await {
        // Read before the arrival is published: a test that waits for it may change the mode.
        let hold = *shared.hold.borrow();
        let path = head.split(' ').nth(1).unwrap();
        let of_path = path.trim_start_matches('/').parse().ok();
        let arrival = Arrival {
            connection,
            event: serde_json::from_str(&body).unwrap(),
            head,
            body,
            answered: false,
        };
        let mut index = 0;
        shared.arrivals.send_modify(|all| {
            index = all.len();
            all.push(arrival);
        });
        if hold == Hold::UntilSenderGone {
            let _ = stream.read_u8().await; // Returns once the sender is gone.
            return;
        }
        let mut mode = shared.hold.subscribe();
        let _ = mode.wait_for(|hold| *hold != Hold::UntilReleased).await;
        let status = of_path.unwrap_or_else(|| shared.status.load(Ordering::SeqCst));
        let answer = format!("HTTP/1.1 {status} Chosen\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
        shared
            .arrivals
            .send_modify(|all| all[index].answered = true);
    }
}

/// The next request; `None` when the sender is gone before the end of it.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let (_, rest) = lower.split_once("content-length: ").unwrap();
    let length: usize = rest.lines().next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, String::from_utf8(body).unwrap()))
}
