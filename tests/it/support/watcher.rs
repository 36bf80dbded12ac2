//! Somebody who follows how people are shown: reads once, and applies what a stream tells from then on. Knows nothing of what should be so.

use crate::support::Live;
use crate::support::office::Life;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What somebody who looks sees of somebody: username, name, number of the status, text, source and end.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    username: Value,
    /// Null for who is not told of names.
    name: Value,
    pub code: usize,
    text: Value,
    claim: [Value; 2],
}

impl Seen {
    /// By a row of `users.presence`.
    fn read(row: &Value) -> Self {
        let codes = ["offline", "online", "away", "busy"];
        let code = codes.iter().position(|word| row["status"] == *word);
        let end = row["statusExpiresAt"].as_str().map(|end| {
            let end: jiff::Timestamp = end.parse().unwrap();
            end.as_millisecond()
        });
        Self {
            username: row["username"].clone(),
            name: row["name"].clone(),
            code: code.unwrap(),
            text: row.get("statusText").cloned().unwrap_or(json!("")),
            claim: [row["statusSource"].clone(), json!(end)],
        }
    }

    /// By what a stream tells, from the number on; the claim comes last.
    fn told(username: &Value, name: Value, code: &Value, text: &Value, claim: &[Value]) -> Self {
        let code = code.as_u64().unwrap();
        Self {
            username: username.clone(),
            name,
            code: usize::try_from(code).unwrap(),
            text: text.clone(),
            claim: [0, 1].map(|n| match claim.get(n) {
                Some(end) if n == 1 => end["$date"].clone(),
                known => known.cloned().unwrap_or_default(),
            }),
        }
    }
}

/// What a watcher listens to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hears {
    Everybody,
    ById,
}

/// Somebody who follows how people are shown.
pub struct Watcher {
    live: Live,
    pub hears: Hears,
    seen: HashMap<String, Seen>,
    last: HashMap<String, Value>,
}

impl Watcher {
    /// Subscribes, and reads then how things are.
    pub async fn begin(life: &Life, hears: Hears) -> Self {
        let mut live = life.watcher.live().await;
        live.listen("updateCustomUserStatus").await;
        let route = match hears {
            Hears::Everybody => {
                live.listen("user-status").await;
                "users.presence".to_owned()
            }
            Hears::ById => {
                let ids = [life.ids(), vec![life.marker_id.clone()]].concat();
                let params = json!(["", {"added": ids}]);
                live.subscribe("stream-user-presence", params).await;
                format!("users.presence?ids={}", life.ids().join(","))
            }
        };
        let read = life.watcher.get(&route).await.expect(200).json();
        let rows = read["users"].as_array().unwrap().iter();
        let id = |row: &Value| row["_id"].as_str().unwrap().to_owned();
        Self {
            seen: rows.map(|row| (id(row), Seen::read(row))).collect(),
            live,
            hears,
            last: HashMap::new(),
        }
    }

    /// Takes in what is told until `is_last`. `calm`: nothing may be told twice in a row.
    pub async fn follow(
        &mut self,
        calm: bool,
        is_last: impl Fn(&str, &Value, Option<&Seen>) -> bool,
    ) {
        loop {
            let (event, args) = self.live.next_event().await;
            let told = &args[0];
            let list = told.as_array().map_or(&[][..], Vec::as_slice);
            let (id, seen) = match (event.as_str(), list) {
                ("updateCustomUserStatus", _) => (event, None),
                ("user-status", [id, username, code, text, name, _roles, claim @ ..]) => {
                    let seen = Seen::told(username, name.clone(), code, text, claim);
                    (id.as_str().unwrap().to_owned(), Some(seen))
                }
                (id, [username, code, text, claim @ ..]) => {
                    let seen = Seen::told(username, Value::Null, code, text, claim);
                    (id.to_owned(), Some(seen))
                }
                other => panic!("{other:?}"),
            };
            if let Some(seen) = &seen {
                let before = self.last.insert(id.clone(), told.clone());
                assert!(!calm || before.as_ref() != Some(told), "twice: {told}");
                self.seen.insert(id.clone(), seen.clone());
            }
            if is_last(&id, told, seen.as_ref()) {
                return;
            }
        }
    }

    /// Passes when it sees everybody as `rows` say.
    pub fn check(&self, rows: &[Value]) {
        for row in rows {
            let (mut right, id) = (Seen::read(row), row["_id"].as_str().unwrap());
            let Some(mut seen) = self.seen.get(id).cloned() else {
                assert_eq!(right.code, 0, "who is not on the list is offline: {row}");
                continue;
            };
            if self.hears == Hears::ById {
                (right.name, seen.name) = (Value::Null, Value::Null);
            }
            assert_eq!(seen, right, "{:?}", self.hears);
        }
    }
}
