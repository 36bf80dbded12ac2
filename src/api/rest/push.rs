//! `push.token`: the mobile app registers its device at every start, and removes it at a logout.
//! Nothing is pushed here, so nothing is stored, and the reply says that the token is not enabled.
//! Source: Rocket.Chat
//! `apps/meteor/app/api/server/v1/push.ts`.

use crate::api::error::ApiError;
use crate::api::http::fields::Fields;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::PushTokenReply;
use serde_json::Value;

/// Maximum length of the id, the token and the app's name in bytes. The limit is ours: the reply
/// repeats them.
const LONGEST: usize = 4096;

pub(in crate::api) async fn token(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.lenient_fields()?;
    let id = match fields.take("id") {
        None | Some(Value::Null) => None,
        Some(id) => Some(text(id).ok_or(ID)?),
    };
    let kind = required(&mut fields, "type").filter(|kind| ["apn", "gcm"].contains(&&**kind));
    let kind = kind.ok_or(TYPE)?;
    let value = required(&mut fields, "value").ok_or(VALUE)?;
    let app_name = required(&mut fields, "appName").ok_or(APP_NAME)?;
    let app = request.count_call(Some(&actor))?;
    let id = match id {
        Some(id) => id,
        None => app.ids.user()?.as_str().to_owned(),
    };
    response::success(&PushTokenReply::unused(
        &id,
        (&kind, &value),
        &app_name,
        &actor.user.id,
        app.clock.now(),
    ))
}

/// `DELETE push.token`: clients send it at a logout. The response to a token that was accepted is
/// the one of Rocket.Chat, although none is stored.
pub(in crate::api) async fn remove(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields_named(&["token"], &[])?;
    fields.filled("token")?;
    request.count_call(Some(&actor))?;
    response::done()
}

/// Returns a filled text that is not too long.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() && text.len() <= LONGEST => Some(text),
        _ => None,
    }
}

fn required(fields: &mut Fields, name: &str) -> Option<String> {
    fields.take(name).and_then(text)
}

const ID: ApiError = ApiError::Thrown {
    code: "error-id-param-not-valid",
    reason: "The required \"id\" body param is invalid.",
};
const TYPE: ApiError = ApiError::Thrown {
    code: "error-type-param-not-valid",
    reason: "The required \"type\" body param is missing or invalid.",
};
const VALUE: ApiError = ApiError::Thrown {
    code: "error-token-param-not-valid",
    reason: "The required \"value\" body param is missing or invalid.",
};
const APP_NAME: ApiError = ApiError::Thrown {
    code: "error-appName-param-not-valid",
    reason: "The required \"appName\" body param is missing or invalid.",
};
