//! How connections end, and what clients are told of it.

use super::*;
use crate::domain::Setting;
use crate::realtime::hub::{News, Topic};

#[tokio::test(start_paused = true)]
async fn a_stop_says_that_the_server_goes() {
    let client = Client::connected().await;
    client.stop.cancel();
    client.ends(1001, "the server stops").await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_leave_is_not_waited_for() {
    let client = Client::connected().await;
    client.stop.cancel();
    let stopped = Instant::now();
    client.running.await.unwrap();
    assert_eq!(stopped.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_speaks_another_version_is_told_so_and_closed() {
    let mut client = Client::new().await;
    client
        .send(r#"{"msg":"connect","version":"0","support":["0"]}"#)
        .await;
    assert_eq!(client.text().await, r#"{"msg":"failed","version":"1"}"#);
    client.ends(1000, "").await;
}

#[tokio::test(start_paused = true)]
async fn frames_that_are_no_text_or_too_large_end_the_connection() {
    let mut client = Client::connected().await;
    let bytes = Message::binary(vec![1, 2, 3]);
    client.socket.send(bytes).await.unwrap();
    client.ends(1003, "frames are text").await;
    let mut client = Client::connected().await;
    client.send(&" ".repeat(LARGEST_FRAME)).await;
    assert!(client.text().await.contains("error"), "as large as may be");
    // Its own side may fail to send all of it: the server does not read on.
    let large = " ".repeat(LARGEST_FRAME + 1);
    drop(client.socket.send(Message::text(large)).await);
    client.ends(1009, "a frame holds 64 KiB at most").await;
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

/// Something that a client hears, and that no newer one takes the place of.
fn tell(app: &App) {
    app.live.publish(&Topic::Settings, || {
        News::Setting(Setting::SiteName, "x".repeat(100).as_str().into())
    });
}

#[tokio::test(start_paused = true)]
async fn who_does_not_keep_up_is_cut_and_can_still_read_why() {
    let mut client = Client::with_room(2 * 1024).await;
    client.send(CONNECT).await;
    client.text().await;
    client
        .send(r#"{"msg":"sub","id":"s","name":"stream-notify-all","params":["public-settings-changed"]}"#)
        .await;
    assert!(client.text().await.contains("ready"));
    for _ in 0..8 {
        for _ in 0..1000 {
            tell(&client.app);
        }
        tokio::task::yield_now().await;
    }
    let end = loop {
        match client.next().await {
            Got::Text(text) => assert!(text.contains("public-settings-changed")),
            close @ Got::Close(..) => break close,
        }
    };
    assert_eq!(end, Got::Close(1013, "too slow: connect again".to_owned()));
    assert_eq!(client.seconds(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_never_reads_and_is_too_slow_is_dropped_after_the_time_to_write() {
    let mut client = Client::with_room(2 * 1024).await;
    client.send(CONNECT).await;
    client.text().await;
    client
        .send(r#"{"msg":"sub","id":"s","name":"stream-notify-all","params":["public-settings-changed"]}"#)
        .await;
    client.text().await;
    for _ in 0..4000 {
        tell(&client.app);
    }
    let began = Instant::now();
    timeout(Duration::from_secs(60), client.running)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(began.elapsed(), Limits::default().write);
}
