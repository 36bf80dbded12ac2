//! What people do that concerns their status. It may be refused: then nothing happens.

use super::{PEOPLE, World};
use doorsign::domain::{ClaimSource, Timestamp, UserStatus};
use doorsign::service::claims::{self, NewClaim};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

/// An action of a person. Ends are in seconds from now.
#[derive(Debug, Clone)]
pub enum Action {
    /// Sets the status over REST: status, text, end.
    Choose(UserStatus, Option<&'static str>, Option<i64>),
    /// Sets the status over a connection.
    ChooseLive(Index, UserStatus, Option<&'static str>),
    /// Lets an administrator set the status.
    ChooseByAdmin(UserStatus, &'static str),
    /// Connects.
    Open,
    /// Drops a connection without a close.
    Leave(Index),
    LogOut(Index),
    /// Reports a connection as online or away.
    Report(Index, &'static str),
    /// Makes a claim: source, status, text, end.
    Claim(ClaimSource, UserStatus, &'static str, Option<i64>),
    EndClaim(ClaimSource),
    /// Also hides from the person who never hides, or no longer.
    HideFromAnother(bool),
}

impl Action {
    /// Whether it is a command, which works while no user can set a status.
    pub fn is_of_operator(&self) -> bool {
        matches!(self, Self::Claim(..) | Self::EndClaim(_))
    }
}

pub fn actions() -> impl Strategy<Value = Action> {
    let which = any::<Index>;
    let status = || select(UserStatus::ALL.to_vec());
    let text = || select(vec!["", "Lunch", "A call"]);
    let end = || proptest::option::of(1..100_i64);
    let source = || select(ClaimSource::ALL.to_vec());
    let report = select(vec!["UserPresence:away", "UserPresence:online"]);
    prop_oneof![
        6 => (status(), proptest::option::of(text()), end())
            .prop_map(|(status, text, end)| Action::Choose(status, text, end)),
        2 => (which(), status(), proptest::option::of(text()))
            .prop_map(|(which, status, text)| Action::ChooseLive(which, status, text)),
        1 => (status(), text()).prop_map(|(status, text)| Action::ChooseByAdmin(status, text)),
        5 => Just(Action::Open),
        2 => which().prop_map(Action::Leave),
        1 => which().prop_map(Action::LogOut),
        3 => (which(), report).prop_map(|(which, report)| Action::Report(which, report)),
        3 => (source(), status(), text(), end())
            .prop_map(|(source, status, text, end)| Action::Claim(source, status, text, end)),
        2 => source().prop_map(Action::EndClaim),
        1 => any::<bool>().prop_map(Action::HideFromAnother),
    ]
}

impl World {
    /// Does it, if it is possible. `is_denied`: whether the person's own list names the viewer.
    pub async fn act(&mut self, person: usize, action: &Action, is_denied: bool) {
        match action {
            Action::Choose(status, text, end) => {
                let mut body = Map::from_iter([("status".to_owned(), json!(status.as_str()))]);
                body.extend(text.map(|text| ("message".to_owned(), json!(text))));
                let end = end.map(|end| json!(self.iso(self.now() + end * 1000)));
                body.extend(end.map(|end| ("expiresAt".to_owned(), end)));
                let client = self.client(PEOPLE[person]);
                client.post("users.setStatus", Value::Object(body)).await;
            }
            Action::ChooseByAdmin(status, text) => {
                let id = self.ids()[person].clone();
                let body = json!({"userId": id, "status": status.as_str(), "message": text});
                self.client("admin").post("users.setStatus", body).await;
            }
            Action::Open => {
                // Each by a login of its own, so that a logout ends only one connection.
                let client = self.server.with_token(PEOPLE[person]).await;
                self.sockets[person].push(client.live().await);
            }
            Action::Claim(source, status, text, end) => {
                let end = end.map(|end| Timestamp::from_millis(self.now() + end * 1000));
                let new = NewClaim {
                    source: *source,
                    status: *status,
                    text: (*text).to_owned(),
                    expires_at: end,
                };
                let _ = claims::set(&self.server.app, PEOPLE[person], new).await;
            }
            Action::EndClaim(source) => {
                let _ = claims::end(&self.server.app, PEOPLE[person], *source).await;
            }
            Action::HideFromAnother(hides) => {
                let names = [(is_denied, super::VIEWER), (*hides, "cid")];
                let names: Vec<_> = names.iter().filter(|(is, _)| *is).collect();
                let names = names.iter().map(|(_, name)| *name).collect::<Vec<_>>();
                self.set_own_list(person, json!(names)).await;
            }
            Action::ChooseLive(..) | Action::Leave(_) | Action::LogOut(_) | Action::Report(..) => {
                self.act_live(person, action).await;
            }
        }
    }

    /// An action on one of the person's connections, if there is one.
    async fn act_live(&mut self, person: usize, action: &Action) {
        let sockets = &mut self.sockets[person];
        match action {
            _ if sockets.is_empty() => {}
            Action::ChooseLive(which, status, text) => {
                let at = which.index(sockets.len());
                let params = json!([status.as_str(), text]);
                sockets[at].call("setUserStatus", params).await;
            }
            Action::Report(which, method) => {
                let at = which.index(sockets.len());
                sockets[at].call(method, json!([])).await;
            }
            Action::Leave(which) => drop(sockets.remove(which.index(sockets.len()))),
            Action::LogOut(which) => {
                let mut live = sockets.remove(which.index(sockets.len()));
                live.call("logout", json!([])).await;
            }
            other => panic!("{other:?}"),
        }
    }

    /// A time as the API expects it.
    pub fn iso(&self, millis: i64) -> String {
        let time = jiff::Timestamp::from_millisecond(millis).unwrap();
        time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }
}
