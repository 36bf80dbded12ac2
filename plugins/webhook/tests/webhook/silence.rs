//! Receivers that respond slowly, endlessly or not at all.

use std::future::ready;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use doorsign_hook::HookError;
use doorsign_webhook::{Limits, Resolved};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{interval, timeout};

use crate::receiver::{NO_CONTENT, Receiver, Seen};
use crate::{delivered, endpoint, in_time, sender, webhook};

/// Writes `head`, and then one byte every 10 ms while the connection is open.
async fn trickle(mut stream: TcpStream, seen: Seen, head: &'static str) {
    seen.read(&mut stream).await;
    let mut ticks = interval(Duration::from_millis(10));
    let mut sent = stream.write_all(head.as_bytes()).await;
    while sent.is_ok() {
        ticks.tick().await;
        sent = stream.write_all(b"x").await;
    }
}

async fn outcome(receiver: &Receiver, limits: Limits) -> Result<(), HookError> {
    let webhook = webhook(endpoint(&receiver.url()), sender().with_limits(limits));
    delivered(&webhook).await
}

/// A short time limit for the response.
fn impatient() -> Limits {
    Limits {
        answer: Duration::from_millis(200),
        ..Limits::default()
    }
}

/// A short time limit for reading the body.
fn content() -> Limits {
    Limits {
        drain: Duration::from_millis(200),
        ..Limits::default()
    }
}

fn too_late() -> Result<(), HookError> {
    Err(HookError::Retry("no response within 0.2 s".into()))
}

#[tokio::test]
async fn a_hanging_receiver_is_disconnected() {
    let left = Arc::new(Notify::new());
    let leaving = Arc::clone(&left);
    let receiver = Receiver::serving(move |mut stream, seen| {
        let left = Arc::clone(&leaving);
        async move {
            seen.read(&mut stream).await;
            stream.read_u8().await.unwrap_err();
            left.notify_one();
        }
    })
    .await;
    assert_eq!(outcome(&receiver, impatient()).await, too_late());
    in_time(left.notified()).await;
}

#[tokio::test]
async fn trickling_headers_time_out() {
    let receiver =
        Receiver::serving(|stream, seen| trickle(stream, seen, "HTTP/1.1 204 No\r\nx: ")).await;
    assert_eq!(outcome(&receiver, impatient()).await, too_late());
}

#[tokio::test]
async fn a_trickling_body_does_not_matter() {
    for (status, expected) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", Ok(())),
        (
            "HTTP/1.1 503 No\r\ncontent-length: 100000\r\n\r\n",
            Err(HookError::Retry("answered 503 Service Unavailable".into())),
        ),
    ] {
        let receiver = Receiver::serving(move |stream, seen| trickle(stream, seen, status)).await;
        assert_eq!(outcome(&receiver, content()).await, expected);
    }
}

#[tokio::test]
async fn an_endless_body_is_not_read_for_long() {
    let (ended, mut written) = unbounded_channel::<usize>();
    let receiver = Receiver::serving(move |mut stream, seen| {
        let ended = ended.clone();
        async move {
            seen.read(&mut stream).await;
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
            let mut sent = stream.write_all(head).await;
            let mut bytes = 0;
            while sent.is_ok() {
                sent = stream.write_all(&[b'x'; 4096]).await;
                bytes += 4096;
            }
            ended.send(bytes).unwrap();
        }
    })
    .await;
    // The size ends it, not the time.
    let limits = Limits {
        drain: Duration::from_secs(600),
        ..Limits::default()
    };
    assert_eq!(outcome(&receiver, limits).await, Ok(()));
    // The kernel's buffers hold some megabytes that were not read.
    let bytes = in_time(written.recv()).await.unwrap();
    assert!(bytes < 64 << 20, "{bytes}");
}

/// A listener with a full backlog: further connections get no response, not even a refusal.
async fn full(address: SocketAddr) -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(address).unwrap();
    let listener = socket.listen(1).unwrap();
    let mut waiting = Vec::new();
    while let Ok(taken) = timeout(Duration::from_millis(500), TcpStream::connect(address)).await {
        waiting.push(taken.unwrap());
    }
    (listener, waiting)
}

#[tokio::test]
async fn a_silent_address_leaves_time_for_the_next() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let port = receiver.address.port();
    let silent = IpAddr::from([127, 0, 0, 2]);
    let _full = full((silent, port).into()).await;
    let deliver_to = async |addresses: Vec<IpAddr>| {
        let found = move |_| -> Resolved { Box::pin(ready(Ok(addresses.clone()))) };
        let limits = Limits {
            connect: Duration::from_secs(1),
            ..Limits::default()
        };
        let sender = sender().with_resolver(Arc::new(found)).with_limits(limits);
        let url = format!("http://ci.example.org:{port}/");
        delivered(&webhook(endpoint(&url), sender)).await
    };
    let reason = "no connection within 1 s".to_owned();
    assert_eq!(
        deliver_to(vec![silent]).await,
        Err(HookError::Retry(reason))
    );
    assert_eq!(
        deliver_to(vec![silent, receiver.address.ip()]).await,
        Ok(())
    );
}

#[tokio::test]
async fn a_lookup_that_never_ends_times_out() {
    let limits = Limits {
        connect: Duration::from_millis(100),
        ..Limits::default()
    };
    let sender = sender()
        .with_resolver(Arc::new(|_| Box::pin(std::future::pending())))
        .with_limits(limits);
    let webhook = webhook(endpoint("http://ci.example.org/"), sender);
    let refused = delivered(&webhook).await;
    let reason = "no connection within 0.1 s".to_owned();
    assert_eq!(refused, Err(HookError::Retry(reason)));
}
