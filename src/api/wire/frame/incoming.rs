//! Parses incoming frames: a text becomes a message, and a message a frame, or is refused with
//! Meteor's texts.

use serde_json::{Map, Value};

/// Maximum length in bytes of a client's id for a subscription or a call. Clients use a counter or
/// 17 characters.
const LONGEST_ID: usize = 128;

/// A frame from a client.
#[derive(Debug, PartialEq)]
pub(in crate::api) enum Frame {
    /// Whether the proposed version is supported; if not, the version to propose instead.
    Connect {
        version: Result<(), &'static str>,
    },
    Ping {
        id: Option<Value>,
    },
    Pong,
    Method {
        id: String,
        method: String,
        params: Vec<Value>,
    },
    Subscribe {
        id: String,
        name: String,
        params: Vec<Value>,
    },
    Unsubscribe {
        id: String,
    },
}

/// Why a frame is invalid, in Meteor's words, with the message to return to the client.
#[derive(Debug, PartialEq)]
pub(in crate::api) struct Offence {
    pub(in crate::api) reason: &'static str,
    pub(in crate::api) message: Option<Value>,
}

impl Offence {
    /// Refuses `message` with a reason.
    pub(in crate::api) fn new(reason: &'static str, message: Map<String, Value>) -> Self {
        let message = Some(Value::Object(message));
        Self { reason, message }
    }
}

/// A message with its kind in `msg`.
pub(in crate::api) type Fields = Map<String, Value>;

/// Parses a text as a message.
///
/// # Errors
/// If the text is not a JSON object with a `msg`.
pub(in crate::api) fn read(text: &str) -> Result<Fields, Offence> {
    let read: Value = serde_json::from_str(text).map_err(|_| Offence {
        reason: "Parse error",
        message: None,
    })?;
    match read {
        Value::Object(fields) if fields.get("msg").is_some_and(is_truthy) => Ok(fields),
        Value::Object(fields) => Err(Offence::new("Bad request", fields)),
        _ => Err(Offence {
            reason: "Bad request",
            message: None,
        }),
    }
}

/// Returns whether JavaScript considers the value true.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

impl Frame {
    /// Parses a message as a frame.
    ///
    /// # Errors
    /// If its kind is unknown, or if it lacks what its kind requires.
    pub(in crate::api) fn of(mut fields: Fields) -> Result<Self, Offence> {
        let kind = fields.get("msg").and_then(Value::as_str);
        let frame = match kind.unwrap_or_default() {
            "connect" => Some(Self::Connect {
                version: proposed_version(&fields),
            }),
            "ping" => Some(Self::Ping {
                id: fields.remove("id"),
            }),
            "pong" => Some(Self::Pong),
            "method" => {
                return Self::method(&fields)
                    .ok_or_else(|| Offence::new("Malformed method invocation", fields));
            }
            "sub" => {
                return Self::subscribe(&fields)
                    .ok_or_else(|| Offence::new("Malformed subscription", fields));
            }
            "unsub" => id(&fields).map(|id| Self::Unsubscribe { id }),
            _ => None,
        };
        frame.ok_or_else(|| Offence::new("Bad request", fields))
    }

    fn method(fields: &Fields) -> Option<Self> {
        let seed = fields.get("randomSeed");
        if seed.is_some_and(|seed| !seed.is_string()) {
            return None;
        }
        Some(Self::Method {
            id: id(fields)?,
            method: text(fields, "method")?,
            params: params(fields)?,
        })
    }

    fn subscribe(fields: &Fields) -> Option<Self> {
        Some(Self::Subscribe {
            id: id(fields)?,
            name: text(fields, "name")?,
            params: params(fields)?,
        })
    }
}

fn id(fields: &Fields) -> Option<String> {
    text(fields, "id").filter(|id| id.len() <= LONGEST_ID)
}

fn text(fields: &Fields, key: &str) -> Option<String> {
    fields.get(key)?.as_str().map(str::to_owned)
}

fn params(fields: &Fields) -> Option<Vec<Value>> {
    match fields.get("params") {
        None => Some(Vec::new()),
        Some(Value::Array(params)) => Some(params.clone()),
        Some(_) => None,
    }
}

/// The supported versions, the best first. They do not differ in the frames that are used here.
const VERSIONS: [&str; 3] = ["1", "pre2", "pre1"];

/// Checks the version that a client proposes. As Meteor requires, it must be the first that both
/// support; otherwise returns the version to propose instead.
fn proposed_version(fields: &Fields) -> Result<(), &'static str> {
    let version = fields.get("version").and_then(Value::as_str);
    let supported = fields.get("support").and_then(Value::as_array);
    let mut supported = supported.into_iter().flatten().map(Value::as_str);
    let known = |one: Option<&str>| VERSIONS.into_iter().find(|known| one == Some(known));
    let best = supported.find_map(known);
    match best {
        Some(best) if version == Some(best) => Ok(()),
        other => Err(other.unwrap_or(VERSIONS[0])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(text: &str) -> Result<Frame, (&'static str, Option<Value>)> {
        read(text)
            .and_then(Frame::of)
            .map_err(|offence| (offence.reason, offence.message))
    }

    #[test]
    fn valid_frames_are_parsed() {
        for (proposed, version) in [
            (r#""version":"1","support":["1","pre2","pre1"]"#, Ok(())),
            (r#""version":"pre2","support":["pre2"]"#, Ok(())),
            (r#""version":"pre1","support":["7","pre1"]"#, Ok(())),
            (r#""version":"pre2","support":["1","pre2"]"#, Err("1")),
            (r#""version":"1","support":["pre1","1"]"#, Err("pre1")),
            (r#""version":1,"support":["1"]"#, Err("1")),
            (r#""version":"7","support":["7"]"#, Err("1")),
            (r#""version":"1""#, Err("1")),
            (r#""support":["1"]"#, Err("1")),
        ] {
            let text = format!(r#"{{"msg":"connect",{proposed}}}"#);
            assert_eq!(parsed(&text), Ok(Frame::Connect { version }), "{text}");
        }
        let id = "1".to_owned();
        let method = r#"{"msg":"method","id":"1","method":"m","params":[2]}"#;
        assert_eq!(
            parsed(method),
            Ok(Frame::Method {
                id: id.clone(),
                method: "m".to_owned(),
                params: vec![json!(2)]
            })
        );
        let subscribe = r#"{"msg":"sub","id":"1","name":"n"}"#;
        assert_eq!(
            parsed(subscribe),
            Ok(Frame::Subscribe {
                id: id.clone(),
                name: "n".to_owned(),
                params: vec![]
            })
        );
        assert_eq!(
            parsed(r#"{"msg":"unsub","id":"1"}"#),
            Ok(Frame::Unsubscribe { id })
        );
        let ping = Frame::Ping { id: Some(json!(5)) };
        assert_eq!(parsed(r#"{"msg":"ping","id":5}"#), Ok(ping));
    }

    #[test]
    fn invalid_frames_are_refused_with_meteors_texts() {
        let long = "x".repeat(LONGEST_ID + 1);
        for (text, reason, is_returned) in [
            ("{", "Parse error", false),
            ("", "Parse error", false),
            ("[]", "Bad request", false),
            ("7", "Bad request", false),
            ("{}", "Bad request", true),
            (r#"{"msg":""}"#, "Bad request", true),
            (r#"{"msg":7}"#, "Bad request", true),
            (r#"{"msg":"dance"}"#, "Bad request", true),
            (r#"{"msg":"unsub"}"#, "Bad request", true),
            (r#"{"msg":"sub","id":"1"}"#, "Malformed subscription", true),
            (
                r#"{"msg":"sub","id":1,"name":"n"}"#,
                "Malformed subscription",
                true,
            ),
            (
                r#"{"msg":"sub","id":"1","name":"n","params":{}}"#,
                "Malformed subscription",
                true,
            ),
            (
                &format!(r#"{{"msg":"sub","id":"{long}","name":"n"}}"#),
                "Malformed subscription",
                true,
            ),
            (
                r#"{"msg":"method","method":"m"}"#,
                "Malformed method invocation",
                true,
            ),
            (
                r#"{"msg":"method","id":"1"}"#,
                "Malformed method invocation",
                true,
            ),
            (
                r#"{"msg":"method","id":"1","method":"m","params":1}"#,
                "Malformed method invocation",
                true,
            ),
            (
                r#"{"msg":"method","id":"1","method":"m","randomSeed":1}"#,
                "Malformed method invocation",
                true,
            ),
        ] {
            let message = is_returned.then(|| serde_json::from_str(text).unwrap());
            assert_eq!(parsed(text), Err((reason, message)), "{text}");
        }
    }
}
