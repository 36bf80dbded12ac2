//! A receiver on a free port that records requests and sends the exact bytes of a test.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// A request, as received.
#[derive(Clone, Debug)]
pub struct Received {
    head: String,
    pub body: Vec<u8>,
}

impl Received {
    pub fn request_line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    /// The value of a header that must occur once.
    pub fn header(&self, name: &str) -> &str {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        let (_, value) = values.next().unwrap_or_else(|| panic!("no {name}"));
        assert!(values.next().is_none(), "two of {name}");
        value
    }
}

/// The connections and requests so far.
#[derive(Clone, Default)]
pub struct Seen {
    connections: Arc<Mutex<usize>>,
    requests: Arc<Mutex<Vec<Received>>>,
}

impl Seen {
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    pub fn requests(&self) -> Vec<Received> {
        self.requests.lock().unwrap().clone()
    }

    pub fn only(&self) -> Received {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1);
        requests.remove(0)
    }

    /// Reads the next request of a connection; `None` when it was closed.
    pub async fn read(&self, stream: &mut (impl AsyncRead + Unpin)) -> Option<Received> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let mut received = Received {
            head,
            body: Vec::new(),
        };
        let length = received.header("content-length").parse().unwrap();
        received.body = vec![0; length];
        stream.read_exact(&mut received.body).await.ok()?;
        self.requests.lock().unwrap().push(received.clone());
        Some(received)
    }
}

pub struct Receiver {
    pub address: SocketAddr,
    pub seen: Seen,
}

impl Receiver {
    /// Runs `serve` for each connection.
    pub async fn serving<F: Future<Output = ()> + Send + 'static>(
        serve: impl Fn(TcpStream, Seen) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Seen::default();
        let log = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *log.connections.lock().unwrap() += 1;
                tokio::spawn(serve(stream, log.clone()));
            }
        });
        Self { address, seen }
    }

    /// Responds to every request with `text` and keeps the connection.
    pub async fn answering(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::serving(move |mut stream, seen| {
            let text = text.clone();
            async move {
                while seen.read(&mut stream).await.is_some() {
                    if stream.write_all(text.as_bytes()).await.is_err() {
                        break;
                    }
                }
            }
        })
        .await
    }

    pub fn url(&self) -> String {
        format!("http://{}/in?key=s3cret", self.address)
    }
}
