//! A user who listens to everything: a connection with all streams, one that watches people by id,
//! a stream of server-sent events, and the board.

use crate::support::board::BoardStream;
use crate::support::event_stream::{EventStream, StreamEvent};
use crate::support::frames::{LOGGED, PRESENCE};
use crate::support::{Client, Live, TestServer};
use doorsign::domain::UserStatus;
use serde_json::{Value, json};

/// The events of `stream-notify-logged` that an observer subscribes to.
const EVENTS: [&str; 5] = [
    "user-status",
    "Users:NameChanged",
    "Users:Deleted",
    "roles-change",
    "permissions-changed",
];

/// What an observer waits for.
pub enum Barrier {
    /// This status of the user with this id.
    Shown(String, UserStatus),
    /// This name of any user.
    Renamed(String),
}

/// The connections of an observer, and what they have received.
pub struct Observer {
    listening: Live,
    watching: Live,
    stream: EventStream,
    board: BoardStream,
    log: Vec<String>,
}

impl Observer {
    /// Opens the connections. Those over DDP are away, so that another one decides the status.
    pub async fn open(server: &TestServer, client: &Client, ids: &[String]) -> Self {
        let (mut listening, mut watching) = (client.live().await, client.live().await);
        for live in [&mut listening, &mut watching] {
            live.result("UserPresence:away", json!([])).await;
        }
        for event in EVENTS {
            live_to(&mut listening, LOGGED, event).await;
        }
        let own = format!("{}/userData", client.id());
        live_to(&mut listening, "stream-notify-user", &own).await;
        live_to(
            &mut listening,
            "stream-notify-all",
            "public-settings-changed",
        )
        .await;
        live_to(&mut listening, "stream-roles", "roles").await;
        live_to(&mut watching, LOGGED, "Users:NameChanged").await;
        watching
            .subscribe(PRESENCE, json!(["", {"added": ids}]))
            .await;
        for live in [&mut listening, &mut watching] {
            live.forget();
        }
        Self {
            stream: EventStream::open(server, client).await,
            board: BoardStream::open(server, client).await,
            listening,
            watching,
            log: Vec::new(),
        }
    }

    /// Records everything until each connection has received the barrier.
    pub async fn follow(&mut self, barrier: &Barrier) {
        for (kind, live) in [
            ("listening", &mut self.listening),
            ("watching", &mut self.watching),
        ] {
            loop {
                let text = live.hear_text().await;
                let is_it = barrier.is_frame(&serde_json::from_str(&text).unwrap());
                self.log.push(format!("{kind} {text}"));
                if is_it {
                    break;
                }
            }
        }
        loop {
            let event = self.stream.next().await.unwrap();
            let is_it = barrier.is_event(&event);
            self.log.push(stream_line(event));
            if is_it {
                break;
            }
        }
        loop {
            let (kind, mut data) = self.board.next().await.unwrap();
            let is_it = kind == "person" && barrier.is_person(&data);
            super::read::without_since(&mut data);
            // The rows of a whole board one by one, because a world may leave some of them out.
            match data["people"].as_array() {
                Some(rows) => self
                    .log
                    .extend(rows.iter().map(|row| format!("board row {row}"))),
                None => self.log.push(format!("board {kind} {data}")),
            }
            if is_it {
                return;
            }
        }
    }

    /// Waits until the server has closed the connection with all streams.
    pub async fn closed(&mut self) {
        self.listening.closed().await;
    }

    /// Returns what was received, without the order between the connections.
    pub fn take(&mut self) -> Vec<String> {
        let mut log = std::mem::take(&mut self.log);
        let connection = |line: &String| line.split(' ').next().map(str::to_owned);
        log.sort_by_key(connection);
        log
    }
}

async fn live_to(live: &mut Live, stream: &str, event: &str) {
    live.subscribe(stream, json!([event, {"useCollection": false, "args": []}]))
        .await;
}

impl Barrier {
    fn is_frame(&self, frame: &Value) -> bool {
        let (name, args) = (&frame["fields"]["eventName"], &frame["fields"]["args"]);
        match self {
            Self::Shown(id, status) => {
                let codes = ["offline", "online", "away", "busy"];
                let code = codes.iter().position(|word| *word == status.as_str());
                let is_logged = name == "user-status" && args[0][0] == **id;
                let is_watched = name == id.as_str() && frame["collection"] == PRESENCE;
                is_logged && args[0][2] == json!(code) || is_watched && args[0][1] == json!(code)
            }
            Self::Renamed(to) => name == "Users:NameChanged" && args[0]["name"] == **to,
        }
    }

    fn is_person(&self, person: &Value) -> bool {
        match self {
            Self::Shown(id, status) => person["_id"] == **id && person["status"] == status.as_str(),
            Self::Renamed(to) => person["name"] == **to,
        }
    }

    fn is_event(&self, event: &StreamEvent) -> bool {
        let data = &event.data["data"];
        match self {
            Self::Shown(id, status) => {
                let is_shown = event.kind == "presence.shown" && data["user"]["_id"] == **id;
                is_shown && data["status"] == status.as_str()
            }
            Self::Renamed(to) => event.kind == "user.renamed" && data["name"] == **to,
        }
    }
}

/// The event without its position, which counts hidden events.
fn stream_line(mut event: StreamEvent) -> String {
    super::read::without_position(&mut event.data);
    format!("stream {} {}", event.kind, event.data)
}
