//! A client that follows the visible statuses of users: it reads once and then applies the stream.

use crate::support::Live;
use crate::support::office::Life;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The visible status of one user, as a watcher knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewOfUser {
    username: Value,
    /// Null for watchers that receive no names.
    name: Value,
    pub code: usize,
    text: Value,
    claim: [Value; 2],
}

impl ViewOfUser {
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

    /// From the fields of a frame, from the status number on; the claim comes last.
    fn from_frame(
        username: &Value,
        name: Value,
        code: &Value,
        text: &Value,
        claim: &[Value],
    ) -> Self {
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

/// Whose statuses a watcher receives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scope {
    All,
    ById,
}

/// A client that follows the visible statuses of users.
pub struct Watcher {
    live: Live,
    pub scope: Scope,
    seen: HashMap<String, ViewOfUser>,
    last: HashMap<String, Value>,
}

impl Watcher {
    /// Subscribes, and reads then how things are.
    pub async fn begin(life: &Life, scope: Scope) -> Self {
        let mut live = life.watcher.live().await;
        live.listen("updateCustomUserStatus").await;
        let route = match scope {
            Scope::All => {
                live.listen("user-status").await;
                "users.presence".to_owned()
            }
            Scope::ById => {
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
            seen: rows.map(|row| (id(row), ViewOfUser::read(row))).collect(),
            live,
            scope,
            last: HashMap::new(),
        }
    }

    /// Applies frames until `is_last`. With `calm`, no frame may repeat the last one of a user.
    pub async fn follow(
        &mut self,
        calm: bool,
        is_last: impl Fn(&str, &Value, Option<&ViewOfUser>) -> bool,
    ) {
        loop {
            let (event, args) = self.live.next_event().await;
            let payload = &args[0];
            let list = payload.as_array().map_or(&[][..], Vec::as_slice);
            let (id, seen) = match (event.as_str(), list) {
                ("updateCustomUserStatus", _) => (event, None),
                ("user-status", [id, username, code, text, name, _roles, claim @ ..]) => {
                    let seen = ViewOfUser::from_frame(username, name.clone(), code, text, claim);
                    (id.as_str().unwrap().to_owned(), Some(seen))
                }
                (id, [username, code, text, claim @ ..]) => {
                    let seen = ViewOfUser::from_frame(username, Value::Null, code, text, claim);
                    (id.to_owned(), Some(seen))
                }
                other => panic!("{other:?}"),
            };
            if let Some(seen) = &seen {
                let before = self.last.insert(id.clone(), payload.clone());
                assert!(
                    !calm || before.as_ref() != Some(payload),
                    "twice: {payload}"
                );
                self.seen.insert(id.clone(), seen.clone());
            }
            if is_last(&id, payload, seen.as_ref()) {
                return;
            }
        }
    }

    /// Passes when its knowledge matches `rows`.
    pub fn check(&self, rows: &[Value]) {
        for row in rows {
            let (mut right, id) = (ViewOfUser::read(row), row["_id"].as_str().unwrap());
            let Some(mut seen) = self.seen.get(id).cloned() else {
                assert_eq!(right.code, 0, "who is not on the list is offline: {row}");
                continue;
            };
            if self.scope == Scope::ById {
                (right.name, seen.name) = (Value::Null, Value::Null);
            }
            assert_eq!(seen, right, "{:?}", self.scope);
        }
    }
}
