//! A receiver of doorsign's webhooks: prints a line for each event.
//!
//! ```sh
//! WEBHOOK_SECRET=whsec_… cargo run -p doorsign-webhook --example receiver 127.0.0.1:8009
//! ```

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use doorsign_webhook::{BODY_MAX_BYTES, Secret, verify};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::TcpListener;

type Failed = Box<dyn Error + Send + Sync>;

const SEEN_MOST: usize = 10_000;

/// The ids of processed events, in order. Empty after a restart. Better: keep them in the database
/// that the events change, and write both in one transaction.
#[derive(Default)]
struct Seen {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

struct Receiver {
    secret: Secret,
    seen: Mutex<Seen>,
}

impl Receiver {
    async fn receive(&self, request: Request<Incoming>) -> Result<StatusCode, Failed> {
        let (head, body) = request.into_parts();
        // doorsign sends no longer bodies.
        let Ok(body) = Limited::new(body, BODY_MAX_BYTES).collect().await else {
            return Ok(StatusCode::PAYLOAD_TOO_LARGE);
        };
        // Verify the body as received: JSON that was parsed and written again may differ.
        let body = body.to_bytes();
        let Some(id) = self.signed_id(&head.headers, &body) else {
            return Ok(StatusCode::UNAUTHORIZED);
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // The same event may be delivered again with the same id, for example if our response was
        // lost.
        if !seen.ids.contains(&id) {
            let line = format!("{id} {}", deal_with(&serde_json::from_slice(&body)?));
            // Names and texts may contain anything, including line breaks.
            println!("{}", line.replace(char::is_control, " ").trim());
            // Only now: if processing fails, the event is delivered again and must not count as
            // known.
            seen.ids.insert(id.clone());
            seen.order.push_back(id);
            if seen.order.len() > SEEN_MOST
                && let Some(oldest) = seen.order.pop_front()
            {
                seen.ids.remove(&oldest);
            }
        }
        Ok(StatusCode::NO_CONTENT)
    }

    /// Returns the id of a request with a valid, recent signature.
    #[expect(
        clippy::disallowed_methods,
        reason = "doorsign's own code is given its clock"
    )]
    fn signed_id(&self, headers: &HeaderMap, body: &[u8]) -> Option<String> {
        let header = |name| headers.get(name)?.to_str().ok();
        let id = header("webhook-id")?;
        let timestamp_s = header("webhook-timestamp")?.parse().ok()?;
        let signatures = header("webhook-signature")?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let now_s = now.as_secs().try_into().ok()?;
        // Also checks the time, and every signature: during a rotation there is one per secret.
        let secrets = std::slice::from_ref(&self.secret);
        verify(secrets, id, timestamp_s, body, signatures, now_s).ok()?;
        Some(id.to_owned())
    }
}

/// Replace this with your own processing.
fn deal_with(event: &Value) -> String {
    let text = |pointer| event.pointer(pointer).and_then(Value::as_str);
    let text = |pointer| text(pointer).unwrap_or_default(); // Types may be added, and tests have nothing in them.
    let about = match text("/type") {
        "presence.changed" => format!(
            "{} {} {}",
            text("/data/user/username"),
            text("/data/status"),
            text("/data/statusText")
        ),
        _ => text("/data/name").to_owned(),
    };
    format!("{} {about}", text("/type"))
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let address = std::env::args().nth(1).ok_or("where to listen?")?;
    let receiver = Arc::new(Receiver {
        secret: Secret::parse(&std::env::var("WEBHOOK_SECRET")?)?,
        seen: Mutex::default(),
    });
    let listener = TcpListener::bind(address).await?;
    println!("listens on http://{}/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let receiver = Arc::clone(&receiver);
        let service = service_fn(move |request| {
            let receiver = Arc::clone(&receiver);
            async move {
                let status = receiver.receive(request).await.unwrap_or_else(|error| {
                    eprintln!("{error}");
                    StatusCode::INTERNAL_SERVER_ERROR // Anything but 2xx makes it come again.
                });
                let mut response = Response::new(Empty::<Bytes>::new());
                *response.status_mut() = status;
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new()) // For hyper's limit on how long a request's head may take.
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            // A sender that disconnects is not an error.
            let _ = connection.await;
        });
    }
}
