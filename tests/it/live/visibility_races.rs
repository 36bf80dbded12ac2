//! Hiding a status while it changes and while many events wait to be published: after the response,
//! no later frame shows the status, and everyone else receives all changes in order.

use crate::support::event_stream::EventStream;
use crate::support::flood::Flood;
use crate::support::frames::{LOGGED, PRESENCE};
use crate::support::hiding::{allow_hiding, hide, status_in};
use crate::support::presence::set;
use crate::support::{Client, Live, TestServer, in_time};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Rounds of hiding and showing. After a change of the publisher, run it with `RACE_ROUNDS=300`.
const ROUNDS: usize = 8;

/// What a viewer was shown about ann: the numeric status and the text.
type Shown = (i64, String);

/// A viewer of ann. Dan's status marks what was received.
enum Viewer {
    /// By both streams of a live connection.
    Socket(Box<Live>),
    /// By the stream of events.
    Stream(EventStream),
}

struct Ids {
    ann: String,
    dan: String,
}

impl Viewer {
    async fn socket(client: &Client, ids: &Ids) -> Self {
        let mut live = client.live().await;
        live.subscribe(LOGGED, json!(["user-status", false])).await;
        let watched = json!({"added": [ids.ann, ids.dan]});
        live.subscribe(PRESENCE, json!(["", watched])).await;
        Self::Socket(Box::new(live))
    }

    /// Reads the next message: where it came from, whose status it is, and the status.
    async fn next(&mut self, ids: &Ids) -> (&'static str, bool, Shown) {
        loop {
            let found = match self {
                Self::Socket(live) => {
                    let frame = live.receive().await;
                    let of = |id| status_in(&frame, id);
                    let ann = of(&ids.ann).map(|found| (true, found));
                    let found = ann.or_else(|| of(&ids.dan).map(|found| (false, found)));
                    found.map(|(is_ann, (stream, code, text))| (stream, is_ann, (code, text)))
                }
                Self::Stream(stream) => {
                    let event = stream.next().await.unwrap();
                    let data = &event.data["data"];
                    let is_of = |id: &str| data["user"]["_id"] == id;
                    let code = match data["status"].as_str() {
                        Some("offline") => 0,
                        _ => 1,
                    };
                    let text = data["statusText"].as_str().unwrap_or_default().to_owned();
                    let kind = match &*event.kind {
                        "presence.shown" => "presence.shown",
                        "presence.changed" => "presence.changed",
                        _ => continue,
                    };
                    let shows = is_of(&ids.ann) || is_of(&ids.dan);
                    shows.then(|| (kind, is_of(&ids.ann), (code, text)))
                }
            };
            if let Some(found) = found {
                return found;
            }
        }
    }

    /// Reads until every source has shown ann again.
    async fn read_until_shown(&mut self, ids: &Ids) {
        let mut sources = self.sources();
        let reading = async {
            while !sources.is_empty() {
                let (source, is_ann, shown) = self.next(ids).await;
                if is_ann && shown.0 != 0 {
                    sources.retain(|other| *other != source);
                }
            }
        };
        in_time("ann's status", reading).await;
    }

    fn sources(&self) -> Vec<&'static str> {
        match self {
            Self::Socket(_) => vec![LOGGED, PRESENCE],
            Self::Stream(_) => vec!["presence.shown"],
        }
    }

    /// Reads until this text of dan's has come from every source. Returns what was received about
    /// ann, by source.
    async fn read_until(&mut self, ids: &Ids, mark: &str) -> HashMap<&'static str, Vec<Shown>> {
        let mut sources = self.sources();
        let mut received = HashMap::<_, Vec<_>>::new();
        let reading = async {
            while !sources.is_empty() {
                let (source, is_ann, shown) = self.next(ids).await;
                if is_ann {
                    received.entry(source).or_default().push(shown);
                } else if shown.1 == mark {
                    sources.retain(|other| *other != source);
                }
            }
        };
        in_time("the mark", reading).await;
        received
    }
}

/// Changes ann's status until it is dropped: the texts are rising numbers.
struct Changes(Arc<AtomicBool>);

impl Changes {
    fn begin(ann: &Client) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (ann, ended, number) = (ann.clone(), is_over.clone(), AtomicUsize::new(0));
        tokio::spawn(async move {
            while !ended.load(Ordering::SeqCst) {
                let n = number.fetch_add(1, Ordering::SeqCst);
                let status = ["busy", "away"][n % 2];
                set(&ann, json!({"status": status, "message": n.to_string()})).await;
            }
        });
        Self(is_over)
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn rounds() -> usize {
    let given = std::env::var("RACE_ROUNDS").ok();
    given.map_or(ROUNDS, |given| given.parse().unwrap())
}

struct Race {
    _server: TestServer,
    admin: Client,
    ann: Client,
    dan: Client,
    ids: Ids,
    /// Bob's.
    viewers: Vec<Viewer>,
    /// Those of cid, who always sees ann.
    others: Vec<Viewer>,
    marks: usize,
}

impl Race {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let admin = server.admin().await;
        allow_hiding(&server.app).await;
        let (ann, dan) = (server.user("ann").await, server.user("dan").await);
        let roles = ["user", "admin"]; // Both read stored changes of others.
        let bob = server.user_with_roles("bob", &roles).await;
        let cid = server.user_with_roles("cid", &roles).await;
        let (ann_id, dan_id) = (ann.id(), dan.id());
        let ids = Ids {
            ann: ann_id,
            dan: dan_id,
        };
        let mut viewers = Vec::new();
        for _ in 0..2 {
            viewers.push(Viewer::socket(&bob, &ids).await);
            viewers.push(Viewer::Stream(EventStream::open(&server, &bob).await));
        }
        let others = vec![
            Viewer::socket(&cid, &ids).await,
            Viewer::Stream(EventStream::open(&server, &cid).await),
        ];
        Self {
            _server: server,
            admin,
            ann,
            dan,
            ids,
            viewers,
            others,
            marks: 0,
        }
    }

    async fn mark(&mut self) -> String {
        self.marks += 1;
        let mark = format!("mark {}", self.marks);
        set(&self.dan, json!({"message": mark})).await;
        mark
    }

    /// One round: hides ann from bob, and shows her again.
    async fn round(&mut self) {
        hide(&self.ann, &["bob"]).await;
        // Messages that were sent before the response come before the first mark.
        let mark = self.mark().await;
        for viewer in &mut self.viewers {
            viewer.read_until(&self.ids, &mark).await;
        }
        let mark = self.mark().await;
        for viewer in &mut self.viewers {
            for (source, shown) in viewer.read_until(&self.ids, &mark).await {
                assert_eq!(shown, [], "{source} after the response");
            }
        }
        hide(&self.ann, &[]).await;
        for viewer in &mut self.viewers {
            viewer.read_until_shown(&self.ids).await;
        }
        let last = self.mark().await;
        for other in &mut self.others {
            for (source, shown) in other.read_until(&self.ids, &last).await {
                let texts = shown
                    .iter()
                    .filter_map(|(_, text)| text.parse::<usize>().ok());
                assert!(texts.is_sorted(), "{source}: {shown:?}");
                assert!(
                    shown.iter().all(|(code, _)| *code != 0),
                    "{source}: {shown:?}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_changes_all_the_time_is_hidden_from_the_response_on() {
    let mut race = Race::new().await;
    let _changes = Changes::begin(&race.ann);
    for _ in 0..rounds() {
        race.round().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_is_hidden_from_the_response_on_while_a_flood_of_events_is_published() {
    let mut race = Race::new().await;
    let (_changes, _flood) = (Changes::begin(&race.ann), Flood::begin(&race.admin));
    for _ in 0..rounds() {
        race.round().await;
    }
}
