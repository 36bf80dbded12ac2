//! An endpoint of webhooks: an HTTP server of a test's own, which keeps what it is sent. Does not know what a delivery should look like.

use crate::support::in_time;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::task::AbortOnDropHandle;
use warp::http::{HeaderMap, Request, Response};

/// A receiver that runs until it is dropped. It answers `/NUMBER` with that status, and any other path as it was told last, at first
/// with 204.
pub struct Receiver {
    address: SocketAddr,
    answer: Arc<AtomicU16>,
    heard: UnboundedReceiver<Heard>,
    _running: AbortOnDropHandle<()>,
}

/// A request that it was sent.
#[derive(Debug, Clone)]
pub struct Heard {
    pub headers: HeaderMap,
    pub body: String,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (tell, heard) = unbounded_channel();
        let answer = Arc::new(AtomicU16::new(204));
        Self {
            address: listener.local_addr().unwrap(),
            heard,
            answer: answer.clone(),
            _running: AbortOnDropHandle::new(tokio::spawn(serve(listener, tell, answer))),
        }
    }

    /// Its URL with this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Answers so from now on.
    pub fn answers(&self, status: u16) {
        self.answer.store(status, Ordering::SeqCst);
    }

    /// The next request, which has to come.
    pub async fn next(&mut self) -> Heard {
        in_time("a request", self.heard.recv()).await.unwrap()
    }

    /// The names of the statuses in the next `count` requests.
    pub async fn names(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..count {
            let name = self.next().await.json()["data"]["name"].take();
            names.push(name.as_str().unwrap().to_owned());
        }
        names
    }

    /// Passes when nothing has come that was not asked for yet.
    #[track_caller]
    pub fn is_empty(&mut self) {
        if let Ok(more) = self.heard.try_recv() {
            panic!("sent, too: {more:?}");
        }
    }
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// Whether it was signed with this secret, by the clock that it names itself.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let secrets = [doorsign_webhook::Secret::parse(secret).unwrap()];
        let at: i64 = self.header("webhook-timestamp").parse().unwrap();
        let (id, signatures) = (self.header("webhook-id"), self.header("webhook-signature"));
        let body = self.body.as_bytes();
        doorsign_webhook::verify(&secrets, id, at, body, signatures, at).is_ok()
    }
}

async fn serve(listener: TcpListener, tell: UnboundedSender<Heard>, answer: Arc<AtomicU16>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (tell, answer) = (tell.clone(), answer.clone());
        let service = service_fn(move |request| take(request, tell.clone(), answer.clone()));
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

async fn take(
    request: Request<Incoming>,
    tell: UnboundedSender<Heard>,
    answer: Arc<AtomicU16>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let asked = head.uri.path().trim_start_matches('/').parse();
    let status = asked.unwrap_or_else(|_| answer.load(Ordering::SeqCst));
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let headers = head.headers;
    let _ = tell.send(Heard { headers, body });
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status.try_into().unwrap();
    Ok(response)
}
