//! Tests clients that send nothing, too little, or just enough.

use super::*;
use crate::domain::{PresencePolicy, UserId, UserStatus};
use crate::service::users::{self, NewUser};

fn silent() -> Got {
    Got::Close(1001, "timeout".to_owned())
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_pinged_after_15_seconds_and_closed_after_30() {
    let mut client = Client::connected().await;
    client.asked(15).await;
    client.gets(silent(), 30).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_without_handshake_is_closed_after_30_seconds_without_a_ping() {
    let mut client = Client::new().await;
    client.gets(silent(), 30).await;
}

#[tokio::test(start_paused = true)]
async fn every_frame_of_a_client_resets_its_silence() {
    let binary = Message::Ping(Vec::new().into());
    for frame in [
        Message::text(PONG),
        Message::text(r#"{"msg":"unsub","id":"nothing"}"#),
        Message::text("no JSON"),
        binary,
    ] {
        let mut client = Client::connected().await;
        pass(10).await;
        client.socket.send(frame.clone()).await.unwrap();
        while client.seconds() < 25 {
            if let Got::Text(text) = client.next().await
                && text == PING
            {
                break;
            }
        }
        assert_eq!(client.seconds(), 25, "{frame:?}");
        client.gets(silent(), 40).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_pings_stays_connected() {
    let mut client = Client::connected().await;
    while client.seconds() < 600 {
        assert_eq!(client.text().await, PING);
        client.send(PONG).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_pings_every_20_seconds_stays_connected() {
    let mut client = Client::connected().await;
    for round in 1..30 {
        client.asked(round * 20 - 5).await;
        pass(5).await;
        client.send(PING).await;
        client.gets(Got::Text(PONG.to_owned()), round * 20).await;
    }
}

/// Stops the process for so long, as with SIGSTOP: no timer fires and nothing is read.
async fn pause_process(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_pause_of_the_process_clients_are_pinged_before_they_are_closed() {
    let mut client = Client::connected().await;
    pause_process(100).await;
    client.asked(100).await;
    client.send(PONG).await;
    client.asked(115).await;
    pause_process(300).await;
    client.asked(415).await;
    client.gets(silent(), 430).await;
}

#[tokio::test(start_paused = true)]
async fn an_active_client_without_login_is_closed_after_30_seconds() {
    let mut client = Client::open(64 * 1024, Limits::default()).await;
    client.send(CONNECT).await;
    client.text().await;
    for _ in 0..5 {
        pass(5).await;
        client.send(PING).await;
        client
            .gets(Got::Text(PONG.to_owned()), client.seconds())
            .await;
    }
    client
        .gets(Got::Close(1008, "login timeout".to_owned()), 30)
        .await;
}

#[tokio::test]
async fn after_a_logout_a_client_has_30_seconds_to_log_in_again() {
    let (mut client, _) = anns().await;
    for _ in 0..10 {
        assert_eq!(client.text().await, PING);
        client.send(PONG).await;
    }
    tokio::time::resume(); // The database takes real time.
    client
        .send(r#"{"msg":"method","id":"2","method":"logout","params":[]}"#)
        .await;
    while !client.text().await.contains(r#""updated""#) {}
    tokio::time::pause();
    let began = Instant::now();
    let end = loop {
        match client.next().await {
            Got::Text(text) => assert_eq!(text, PING),
            close @ Got::Close(..) => break close,
        }
        client.send(PONG).await;
    };
    assert_eq!(end, Got::Close(1008, "login timeout".to_owned()));
    let waited = began.elapsed().as_secs_f64();
    assert!((29.0..=30.1).contains(&waited), "{waited}");
}

/// Opens a connection of ann, who logs in before time is paused: the database takes real time.
async fn anns() -> (Client, UserId) {
    let mut client = Client::open(64 * 1024, Limits::default()).await;
    client.send(CONNECT).await;
    client.text().await;
    let new = NewUser {
        username: "ann".to_owned(),
        name: None,
        email: None,
        roles: vec!["user".to_owned()],
        password: "ann's password".to_owned(),
    };
    users::create(&client.app, new).await.unwrap();
    let token = users::create_token(&client.app, "ann", "t", None).await;
    let (id, token) = token.unwrap();
    let login = r#"{"msg":"method","id":"1","method":"login","params":[{"resume":"TOKEN"}]}"#;
    client.send(&login.replace("TOKEN", &token)).await;
    while !client.text().await.contains("updated") {}
    tokio::time::pause();
    (client, id)
}

#[tokio::test]
async fn a_user_whose_client_answers_pings_stays_online() {
    let (mut client, ann) = anns().await;
    let status = |app: &App| app.connections.status(&ann, PresencePolicy::Connection);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(600) {
        assert_eq!(client.text().await, PING);
        client.send(PONG).await;
        assert_eq!(
            status(&client.app),
            UserStatus::Online,
            "{:?}",
            began.elapsed()
        );
    }
}

#[tokio::test]
async fn a_user_whose_client_pings_stays_online() {
    for every in [1, 14, 16, 20, 29] {
        let (mut client, ann) = anns().await;
        for _ in 0..100 {
            pass(every).await;
            client.send(PING).await;
            while client.text().await != PONG {}
            let status = client
                .app
                .connections
                .status(&ann, PresencePolicy::Connection);
            assert_eq!(status, UserStatus::Online, "every {every} s");
        }
        tokio::time::resume();
    }
}
