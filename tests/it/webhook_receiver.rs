//! A receiver of webhooks that outlives the servers which tell it. It can hold its answers, can be down, and keeps what came. Knows
//! nothing of why a test wants it.

use crate::process::Home;
use crate::support::in_time;
use doorsign_webhook::{Secret, verify};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A request that came whole.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The connection that it came on, counted in the order of accepting.
    pub connection: usize,
    head: String,
    pub body: String,
    pub event: Value,
    /// Whether it was answered: by 204.
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

    /// Passes when it is signed with `secret`, at whatever time.
    #[track_caller]
    pub fn is_signed(&self, secret: &Secret) {
        let at_s = self.header("webhook-timestamp").parse().unwrap();
        let (id, signature) = (self.header("webhook-id"), self.header("webhook-signature"));
        let body = self.body.as_bytes();
        verify(
            std::slice::from_ref(secret),
            id,
            at_s,
            body,
            signature,
            at_s,
        )
        .unwrap();
    }
}

/// What the connections of a receiver share.
struct Shared {
    arrivals: watch::Sender<Vec<Arrival>>,
    holds: AtomicBool,
    /// How many connections there have been.
    connections: AtomicUsize,
}

pub struct Receiver {
    address: SocketAddr,
    /// Bound and never listening: the port stays this receiver's while it is down.
    _place: TcpSocket,
    shared: Arc<Shared>,
    serving: Option<JoinHandle<()>>,
}

impl Receiver {
    /// One that answers, on a port of its own.
    pub fn start() -> Self {
        let place = bound("127.0.0.1:0".parse().unwrap());
        let mut receiver = Self {
            address: place.local_addr().unwrap(),
            _place: place,
            shared: Arc::new(Shared {
                arrivals: watch::Sender::default(),
                holds: AtomicBool::new(false),
                connections: AtomicUsize::new(0),
            }),
            serving: None,
        };
        receiver.up();
        receiver
    }

    /// Makes it the webhook `ci` of the server at `home`, and gives the secret.
    pub async fn added_to(&self, home: &Home) -> Secret {
        let url = format!("http://{}/", self.address);
        let add = [
            "webhook",
            "add",
            "ci",
            &url,
            "--webhook-allow",
            "127.0.0.0/8",
        ];
        let secret = home.run(&add).await.succeeded();
        Secret::parse(secret.trim_end()).unwrap()
    }

    /// Takes connections again.
    pub fn up(&mut self) {
        let listener = bound(self.address).listen(16).unwrap();
        self.serving = Some(tokio::spawn(accept(listener, self.shared.clone())));
    }

    /// Takes no connections any more, and has none.
    pub async fn down(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    /// Whether answers to requests that come from now on are held until their sender has gone.
    pub fn hold(&self, holds: bool) {
        self.shared.holds.store(holds, Ordering::SeqCst);
    }

    /// Waits until what came satisfies `enough`, and gives it, in the order of coming.
    pub async fn until(&self, enough: impl FnMut(&Vec<Arrival>) -> bool) -> Vec<Arrival> {
        let mut arrivals = self.shared.arrivals.subscribe();
        let came = in_time("what is to arrive", arrivals.wait_for(enough)).await;
        let mut came = came.unwrap().clone();
        // Whatever was on its way when its sender died may be read later than what the next one sent.
        came.sort_by_key(|arrival| arrival.connection);
        came
    }

    /// What has come so far.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.shared.arrivals.borrow().clone()
    }
}

/// Several may be bound to one port, of which the one that listens gets the connections.
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
        let mut arrival = Arrival {
            connection,
            head,
            event: serde_json::from_str(&body).unwrap(),
            body,
            answered: !shared.holds.load(Ordering::SeqCst),
        };
        if !arrival.answered {
            shared.arrivals.send_modify(|all| all.push(arrival));
            let _ = stream.read_u8().await; // Comes back when the sender has gone.
            return;
        }
        // Noted last, so that who waits for it knows that the answer is on its way.
        let written = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        arrival.answered = written.is_ok();
        shared.arrivals.send_modify(|all| all.push(arrival));
    }
}

/// The next request; `None` when the sender has gone before the end of it.
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
