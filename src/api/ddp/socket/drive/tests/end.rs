//! Tests how connections end, and what clients receive then.

use super::*;
use crate::domain::Setting;
use crate::realtime::hub::{News, Topic};

#[tokio::test(start_paused = true)]
async fn a_stop_closes_connections_with_1001() {
    let client = Client::connected().await;
    client.stop.cancel();
    client.ends(1001, "server is stopping").await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_close_is_dropped_after_a_second() {
    let client = Client::connected().await;
    client.stop.cancel();
    let stopped = Instant::now();
    client.running.await.unwrap();
    assert_eq!(stopped.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unsupported_version_is_refused_and_closed() {
    let mut client = Client::new().await;
    client
        .send(r#"{"msg":"connect","version":"0","support":["0"]}"#)
        .await;
    assert_eq!(client.text().await, r#"{"msg":"failed","version":"1"}"#);
    client.ends(1000, "").await;
}

#[tokio::test(start_paused = true)]
async fn binary_or_oversized_frames_end_the_connection() {
    let mut client = Client::connected().await;
    let bytes = Message::binary(vec![1, 2, 3]);
    client.socket.send(bytes).await.unwrap();
    client.ends(1003, "only text frames are supported").await;
    let mut client = Client::connected().await;
    client.send(&" ".repeat(LARGEST_FRAME)).await;
    assert!(client.text().await.contains("error"), "the maximum size");
    // The client may fail to send all of it, because the server stops reading.
    let large = " ".repeat(LARGEST_FRAME + 1);
    drop(client.socket.send(Message::text(large)).await);
    client.ends(1009, "frame too large: at most 64 KiB").await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_leaves_nothing_behind() {
    let mut client = Client::connected().await;
    assert!(client.app.live.has_listeners());
    client.socket.close(None).await.unwrap();
    timeout(Duration::from_secs(1), client.running)
        .await
        .unwrap()
        .unwrap();
    assert!(!client.app.live.has_listeners());
    let client = Client::connected().await;
    drop(client.socket);
    timeout(Duration::from_secs(1), client.running)
        .await
        .unwrap()
        .unwrap();
    assert!(!client.app.live.has_listeners());
}

/// A client with a small buffer, subscribed to [`publish`]'s messages.
async fn subscribed() -> Client {
    let mut client = Client::with_room(2 * 1024).await;
    client.send(CONNECT).await;
    client.text().await;
    client
        .send(r#"{"msg":"sub","id":"s","name":"stream-notify-all","params":["public-settings-changed"]}"#)
        .await;
    assert!(client.text().await.contains("ready"));
    client
}

/// Publishes a message that no newer one replaces.
fn publish(app: &App) {
    app.live.publish(&Topic::Settings, || {
        News::Setting(Setting::SiteName, "x".repeat(100).as_str().into())
    });
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_is_closed_and_can_still_read_the_reason() {
    let mut client = subscribed().await;
    for _ in 0..8 {
        for _ in 0..1000 {
            publish(&client.app);
        }
        tokio::task::yield_now().await;
    }
    let end = loop {
        match client.next().await {
            Got::Text(text) => assert!(text.contains("public-settings-changed")),
            close @ Got::Close(..) => break close,
        }
    };
    assert_eq!(end, Got::Close(1013, "too slow: reconnect".to_owned()));
    assert_eq!(client.seconds(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_dropped_after_the_write_timeout() {
    let client = subscribed().await;
    for _ in 0..4000 {
        publish(&client.app);
    }
    let began = Instant::now();
    timeout(Duration::from_secs(60), client.running)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(began.elapsed(), Limits::default().write);
}

#[tokio::test(start_paused = true)]
async fn a_slow_sockjs_client_is_closed_and_can_still_read_the_reason() {
    let mut client = Client::framed(2 * 1024, Limits::default(), Framing::SockJs).await;
    let subscribe =
        r#"{"msg":"sub","id":"s","name":"stream-notify-all","params":["public-settings-changed"]}"#;
    let frame = serde_json::to_string(&[CONNECT, subscribe]).unwrap();
    client.send(&frame).await;
    while !client.text().await.contains("ready") {}
    for _ in 0..8 {
        for _ in 0..1000 {
            publish(&client.app);
        }
        tokio::task::yield_now().await;
    }
    let farewell = loop {
        let text = client.text().await;
        if text.starts_with('c') {
            break text;
        }
        assert!(text.contains("public-settings-changed"));
    };
    assert_eq!(farewell, r#"c[1013,"too slow: reconnect"]"#);
    let close = Got::Close(1013, "too slow: reconnect".to_owned());
    assert_eq!(client.next().await, close);
}
