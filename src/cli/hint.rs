//! Error messages with the command that shows what exists.

use crate::domain::{Error, What};

/// Returns the message of a failed command, in one line.
pub(super) fn explain(error: &(dyn std::error::Error + 'static)) -> String {
    let Some(Error::NotFound(what)) = error.downcast_ref() else {
        return error.to_string();
    };
    let command = match what {
        What::User(_) => "user list",
        What::Login(_) => "token list USER",
        What::Hook(_) => "hooks list",
        What::Webhook(_) => "webhook list",
        What::Display(_) => "display list",
        What::Delivery(_) => "hooks deliveries HOOK",
        What::Status(_) | What::Setting(_) | What::Invitation(_) => return error.to_string(),
    };
    format!("{error}: `doorsign {command}` shows what exists")
}
