//! Frames of the realtime protocol, as a server should send them.

use crate::support::Client;
use serde_json::{Value, json};

pub const LOGGED: &str = "stream-notify-logged";
pub const PRESENCE: &str = "stream-user-presence";

/// The document of the user of a login.
pub fn added(id: &str, name: &str) -> Value {
    let address = format!("{name}@example.org");
    let emails = json!([{"address": address, "verified": false}]);
    json!({
        "msg": "added", "collection": "users", "id": id,
        "fields": {"username": name, "name": name, "emails": emails},
    })
}

/// The frame of an event on a stream.
pub fn changed(stream: &str, event: &str, args: Value) -> Value {
    let fields = json!({"eventName": event, "args": args});
    json!({"msg": "changed", "collection": stream, "id": "id", "fields": fields})
}

pub fn logged(event: &str, args: Value) -> Value {
    changed(LOGGED, event, args)
}

/// The frame for a status that was created or changed.
pub fn updated(id: &str, name: &str, kind: &str) -> Value {
    let data = json!({"_id": id, "name": name, "statusType": kind});
    logged("updateCustomUserStatus", json!([{"userStatusData": data}]))
}

/// The frame about `of` for those who watch this user.
pub fn watched(of: &Client, name: &str, what: &[Value]) -> Value {
    let shown: Vec<Value> = [json!(name)].iter().chain(what).cloned().collect();
    let fields = json!({"uid": of.id(), "args": [shown], "eventName": of.id()});
    json!({"msg": "changed", "collection": PRESENCE, "id": of.id(), "fields": fields})
}
