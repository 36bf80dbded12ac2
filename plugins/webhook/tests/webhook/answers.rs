//! Responses and failed connections. Unit tests in the crate try every status.

use std::time::Duration;

use doorsign_hook::{Delivery, HookError, PostCreateHook};

use crate::receiver::{NO_CONTENT, Receiver};
use crate::{created, delivered, endpoint, in_time, sender, webhook};

async fn outcome(receiver: &Receiver) -> Result<(), HookError> {
    let webhook = webhook(endpoint(&receiver.url()), sender());
    delivered(&webhook).await
}

async fn outcome_of(answer: &str) -> Result<(), HookError> {
    outcome(&Receiver::answering(answer).await).await
}

fn retry(reason: &str) -> Result<(), HookError> {
    Err(HookError::Retry(reason.into()))
}

#[tokio::test]
async fn a_failure_is_retried() {
    let answer = "HTTP/1.1 500 s3cret\r\ncontent-length: 6\r\n\r\ns3cret";
    assert_eq!(
        outcome_of(answer).await,
        retry("answered 500 Internal Server Error")
    );
}

#[tokio::test]
async fn retry_after_sets_the_wait() {
    for (asked, seconds) in [("90", 90), ("Mon, 23 Nov 2026 10:00:31 GMT", 30)] {
        let answer =
            format!("HTTP/1.1 429 No\r\nretry-after: {asked}\r\ncontent-length: 0\r\n\r\n");
        let Err(HookError::RetryAfter(reason, wait)) = outcome_of(&answer).await else {
            panic!("{asked}");
        };
        assert_eq!(reason, "answered 429 Too Many Requests");
        assert_eq!(wait.as_secs(), seconds);
    }
}

#[tokio::test]
async fn status_410_means_gone() {
    let gone = outcome_of("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(gone, Err(HookError::Gone("answered 410 Gone".into())));
}

#[tokio::test]
async fn a_receiver_that_failed_every_attempt_is_gone() {
    let receiver = Receiver::answering("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n").await;
    let webhook = webhook(endpoint(&receiver.url()), sender());
    let attempts = webhook.pace().unwrap().waits.len() as u32 + 1;
    assert_eq!(attempts, 10);
    let last_but_one = Delivery::new(created("Lunch"), attempts - 1);
    let again = in_time(webhook.deliver(&last_but_one)).await;
    assert_eq!(again, retry("answered 500 Internal Server Error"));
    let last = Delivery::new(created("Lunch"), attempts);
    let gone = in_time(webhook.deliver(&last)).await;
    let reason = "10 attempts, the last: answered 500 Internal Server Error";
    assert_eq!(gone, Err(HookError::Gone(reason.into())));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = Receiver::answering(NO_CONTENT).await;
    for location in [
        other.url(),
        "http://169.254.169.254/latest/meta-data/".into(),
        "/else".into(),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let receiver = Receiver::answering(format!(
                "HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
            ))
            .await;
            let Err(HookError::Retry(reason)) = outcome(&receiver).await else {
                panic!("{status}");
            };
            assert!(reason.ends_with("; redirects are not followed"), "{reason}");
            assert!(
                !reason.contains("169") && !reason.contains("s3cret"),
                "{reason}"
            );
            assert_eq!(receiver.seen.requests().len(), 1);
        }
    }
    assert_eq!(other.seen.connections(), 0);
}

#[tokio::test]
async fn a_connection_that_is_closed_early_is_retried() {
    let closing = Receiver::serving(|mut stream, seen| async move {
        seen.read(&mut stream).await;
    })
    .await;
    let reason = "the connection was closed before a response arrived";
    assert_eq!(outcome(&closing).await, retry(reason));
    let answering_half = Receiver::serving(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 204 No").await;
    })
    .await;
    assert_eq!(outcome(&answering_half).await, retry(reason));
}

#[tokio::test]
async fn an_incomplete_response_body_does_not_matter() {
    let receiver = Receiver::serving(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let half = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, half).await;
    })
    .await;
    assert_eq!(outcome(&receiver).await, Ok(()));
}

#[tokio::test]
async fn a_response_that_is_not_http_is_retried() {
    for garbage in [
        "\0\u{1b}[31mSSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 two\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
    ] {
        let Err(HookError::Retry(reason)) = outcome_of(garbage).await else {
            panic!("{garbage:?}");
        };
        assert!(
            reason.starts_with("cannot parse the response: "),
            "{reason}"
        );
        assert!(!reason.contains(char::is_control), "{reason:?}");
    }
}

#[tokio::test]
async fn enormous_response_headers_are_rejected() {
    let long = format!(
        "HTTP/1.1 204 No Content\r\nx: {}\r\n\r\n",
        "x".repeat(1 << 16)
    );
    let many = format!(
        "HTTP/1.1 204 No Content\r\n{}\r\n",
        "x: y\r\n".repeat(1 << 10)
    );
    for answer in [long, many] {
        let Err(HookError::Retry(reason)) = outcome_of(&answer).await else {
            panic!("taken");
        };
        assert!(
            reason.starts_with("cannot parse the response: "),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn a_refused_connection_is_retried() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let webhook = webhook(endpoint(&format!("http://{address}/?key=s3cret")), sender());
    let Err(HookError::Retry(reason)) = delivered(&webhook).await else {
        panic!("delivered");
    };
    assert!(
        reason.starts_with(&format!("cannot connect to {address}: ")),
        "{reason}"
    );
}

#[tokio::test]
async fn retry_after_is_limited_to_a_day() {
    let answer = "HTTP/1.1 503 No\r\nretry-after: 999999\r\ncontent-length: 0\r\n\r\n";
    let Err(HookError::RetryAfter(_, wait)) = outcome_of(answer).await else {
        panic!("no wait");
    };
    assert_eq!(wait, Duration::from_secs(24 * 60 * 60));
}
