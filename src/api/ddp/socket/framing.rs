//! How the messages of the realtime protocol are put into WebSocket frames: one text frame each, or
//! as SockJS does. The handshake decides which. Source: SockJS protocol 0.3.3, section "Framing".
//!
//! A SockJS server sends `o` first, `a[…]` with messages as JSON strings, `h` as a sign of life, and
//! `c[code,"reason"]` before it closes. A client sends an array of messages, or a single one, in
//! JSON.

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::borrow::Cow;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// How messages are put into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Every frame is a message.
    Plain,
    /// The frames of SockJS.
    SockJs,
}

/// The message with the id of the server, which Meteor once sent. Pidgin's plugin waits for it
/// before its handshake; other clients ignore messages without `msg`.
const SERVER_ID: &str = r#"{"server_id":"0"}"#;

impl Framing {
    /// Returns the first frame of a connection, and the message that follows.
    pub(super) fn greeting(self) -> Option<(&'static str, String)> {
        (self == Self::SockJs).then(|| ("o", SERVER_ID.to_owned()))
    }

    /// Returns the frame that only shows that the server is alive.
    pub(super) fn heartbeat(self) -> Option<&'static str> {
        (self == Self::SockJs).then_some("h")
    }

    /// Returns the frame that precedes the close frame.
    pub(super) fn farewell(self, code: u16, reason: &str) -> Option<String> {
        let is_sockjs = self == Self::SockJs;
        is_sockjs.then(|| format!("c{}", serde_json::json!([code, reason])))
    }

    /// Puts a message into a frame. `None` if it is not UTF-8, which never happens.
    pub(super) fn frame(self, message: Bytes) -> Option<Utf8Bytes> {
        match self {
            Self::Plain => Utf8Bytes::try_from(message).ok(),
            Self::SockJs => {
                let text = std::str::from_utf8(&message).ok()?;
                let mut frame = Vec::with_capacity(text.len() + text.len() / 4 + 5);
                frame.push(b'a');
                serde_json::to_writer(&mut frame, &[text]).ok()?;
                Utf8Bytes::try_from(frame).ok()
            }
        }
    }

    /// Returns how many bytes are held, at most, while a message of one byte is sent: the message,
    /// its frame, and the library's copy of it. A byte takes up to two in a JSON string, because a
    /// message is JSON and has no control characters.
    pub(super) fn held_per_byte(self) -> usize {
        match self {
            Self::Plain => 2,
            Self::SockJs => 5,
        }
    }

    /// Returns the messages in a frame from a client. `None` if the frame is malformed.
    pub(super) fn messages(self, frame: Utf8Bytes) -> Option<Messages> {
        let is_sockjs = self == Self::SockJs;
        let first = match frame.trim_ascii_start().bytes().next() {
            _ if !is_sockjs => Next::Whole,
            // SockJS ignores empty frames.
            None if frame.is_empty() => Next::End,
            Some(b'[') => {
                serde_json::from_str::<Vec<IgnoredAny>>(&frame).ok()?;
                Next::after_bracket(&frame)
            }
            _ => {
                serde_json::from_str::<IgnoredAny>(&frame).ok()?;
                Next::Item(0)
            }
        };
        Some(Messages { frame, next: first })
    }
}

/// The messages of one frame that are not handled yet. Each is decoded when it is its turn, so that
/// a frame never takes more memory than its text.
pub(super) struct Messages {
    frame: Utf8Bytes,
    next: Next,
}

/// Where the next message is.
enum Next {
    /// The frame is the message.
    Whole,
    /// A JSON value begins at this byte.
    Item(usize),
    /// There is none.
    End,
}

impl Next {
    /// Returns the first item of an array that is known to be valid JSON.
    fn after_bracket(array: &str) -> Self {
        let begin = array.find('[').map_or(array.len(), |at| at + 1);
        match array[begin..].trim_ascii_start().bytes().next() {
            Some(b']') | None => Self::End,
            Some(_) => Self::Item(begin),
        }
    }
}

impl Messages {
    /// No messages.
    pub(super) const NONE: Self = Self {
        frame: Utf8Bytes::from_static(""),
        next: Next::End,
    };

    /// Returns whether all messages are taken.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self.next, Next::End)
    }

    /// Takes the next message. What is not a string becomes an empty message, which the session
    /// answers as Meteor does: `Parse error`.
    pub(super) fn take(&mut self) -> Option<Cow<'_, str>> {
        let begin = match std::mem::replace(&mut self.next, Next::End) {
            Next::End => return None,
            Next::Whole => return Some(Cow::Borrowed(&self.frame)),
            Next::Item(begin) => begin,
        };
        let rest = &self.frame[begin..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let item = values.next()?.ok()?;
        let after = rest[values.byte_offset()..].trim_ascii_start();
        if after.starts_with(',') {
            self.next = Next::Item(self.frame.len() - after.len() + 1);
        }
        let text = serde_json::from_str::<String>(item.get());
        Some(Cow::Owned(text.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the messages in a frame of a SockJS client.
    fn read(frame: &str) -> Option<Vec<String>> {
        let mut messages = Framing::SockJs.messages(frame.to_owned().into())?;
        let mut all = Vec::new();
        while let Some(message) = messages.take() {
            all.push(message.into_owned());
        }
        assert!(messages.is_empty());
        Some(all)
    }

    #[test]
    fn a_sockjs_frame_is_an_array_of_messages_or_a_single_one() {
        for (frame, messages) in [
            ("", &[][..]),
            ("[]", &[]),
            (" [ ] ", &[]),
            (r#"["a"]"#, &["a"]),
            (r#" [ "a" , "b","" ,"c" ] "#, &["a", "b", "", "c"]),
            (r#""a""#, &["a"]),
            (r#"["{\"msg\":\"ping\"}"]"#, &[r#"{"msg":"ping"}"#]),
            (r#"["\u00fc\ud83c\udf5c]","b"]"#, &["ü🍜]", "b"]),
            // None of these is a text.
            (r#"[1,null,{"a":[","]},[]]"#, &["", "", "", ""]),
            (r#"{"msg":"ping"}"#, &[""]),
            ("7", &[""]),
            (r#"["\ud800","b"]"#, &["", "b"]),
        ] {
            let read = read(frame).unwrap();
            assert_eq!(read, messages, "{frame}");
        }
    }

    #[test]
    fn a_sockjs_frame_that_is_not_json_is_malformed() {
        for frame in [
            " ",
            "x",
            "[",
            "]",
            r#"["a""#,
            r#"["a",]"#,
            r#"["a"]x"#,
            r#"["a"] ["b"]"#,
            r#""a"#,
        ] {
            assert_eq!(read(frame), None, "{frame}");
        }
    }

    #[test]
    fn a_message_fits_in_the_bytes_that_are_reserved_for_it() {
        let message = format!("{{\"a\":{}}}", "\\\"".repeat(1000));
        let frame = Framing::SockJs.frame(message.clone().into()).unwrap();
        assert!(message.len() + 2 * frame.len() < 5 * message.len() + 20);
        assert_eq!(read(&frame[1..]), Some(vec![message]));
    }
}
