//! Turns a rendered failure into the response of the Rocket.Chat release that is followed. This is
//! the only place that knows which codes Rocket.Chat 9 answers with 403: compatibility 2.2.

use super::method_error::message;
use super::reply::{ErrorReply, Shape};
use crate::app::Compat;
use warp::http::StatusCode;

/// The codes of refusals. Rocket.Chat 8 answers them with 400 and the code as `errorType`, and 9 with
/// 403 and the code in the text only. Never with 401: clients take it for the end of their session.
/// Source: Rocket.Chat pull requests 41590 and 43214.
#[rustfmt::skip] // A list.
const REFUSALS: &[&str] = &[
    "not_authorized", "not-authorized", "error-not-authorized", "error-not-allowed", "not-allowed",
    "no-permission", "forbidden", "error-forbidden", "unauthorized", "error-unauthorized",
];

/// The `errorType` of every refusal of Rocket.Chat 9.
const FORBIDDEN: &str = "error-forbidden";

impl ErrorReply {
    /// Returns the failure as `compat` answers it over HTTP. Realtime methods fail alike in both.
    pub(super) fn under(self, compat: Compat) -> Self {
        match (compat, self.shape, self.code) {
            (Compat::Nine, Shape::Thrown, Some(code)) if REFUSALS.contains(&code) => {
                let text = message(self.reason.as_deref(), code);
                self.refused(text)
            }
            (Compat::Nine, Shape::Forbidden, _) => self.refused("forbidden".to_owned()),
            // Upstream leaves out the other fields, which clients of 8 read.
            (Compat::Nine, Shape::Login, _) => Self {
                code: Some("unauthorized"),
                ..self
            },
            (Compat::Eight | Compat::Nine, ..) => self,
        }
    }

    fn refused(self, text: String) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            shape: Shape::Failure,
            code: Some(FORBIDDEN),
            reason: Some(text),
            details: None,
            header: self.header,
        }
    }
}
