//! Receivers that keep us waiting, or have no end. It does not know what other answers lead to.

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

/// Writes `head`, and then a byte now and then as long as anybody reads.
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

/// Soon tired of a receiver that does not answer.
fn impatient() -> Limits {
    Limits {
        answer: Duration::from_millis(200),
        ..Limits::default()
    }
}

/// Soon tired of a body that does not end.
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
async fn a_receiver_that_hangs_is_left() {
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
async fn headers_that_trickle_are_no_answer() {
    let receiver =
        Receiver::serving(|stream, seen| trickle(stream, seen, "HTTP/1.1 204 No\r\nx: ")).await;
    assert_eq!(outcome(&receiver, impatient()).await, too_late());
}

#[tokio::test]
async fn a_body_that_trickles_takes_nothing_back() {
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
async fn a_body_without_end_is_not_read_for_long() {
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
    // It is not time that ends it.
    let limits = Limits {
        drain: Duration::from_secs(600),
        ..Limits::default()
    };
    assert_eq!(outcome(&receiver, limits).await, Ok(()));
    // The kernel's buffers take some megabytes that nobody reads.
    let bytes = in_time(written.recv()).await.unwrap();
    assert!(bytes < 64 << 20, "{bytes}");
}

/// A listener that has as many connections waiting as it may have: further ones get no answer, not even a refusal.
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
async fn an_address_that_is_silent_leaves_time_for_the_next() {
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
async fn a_name_that_is_never_resolved_is_left() {
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
