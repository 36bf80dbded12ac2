//! A device's push token. Tokens are not stored: the reply repeats the request.

use crate::api::wire::date::Rfc3339;
use crate::domain::{Timestamp, UserId};
use serde::Serialize;
use std::collections::BTreeMap;

/// The response to `push.token`.
#[derive(Serialize)]
pub(in crate::api) struct PushTokenReply<'a> {
    result: PushToken<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PushToken<'a> {
    #[serde(rename = "_id")]
    _id: &'a str,
    token: BTreeMap<&'a str, &'a str>,
    app_name: &'a str,
    user_id: &'a str,
    enabled: bool,
    created_at: Rfc3339,
    #[serde(rename = "_updatedAt")]
    updated_at: Rfc3339,
}

impl<'a> PushTokenReply<'a> {
    /// Renders a token, named by its kind, that is not enabled.
    pub(in crate::api) fn unused(
        id: &'a str,
        token: (&'a str, &'a str),
        app_name: &'a str,
        user: &'a UserId,
        now: Timestamp,
    ) -> Self {
        let result = PushToken {
            _id: id,
            token: BTreeMap::from([token]),
            app_name,
            user_id: user.as_str(),
            enabled: false,
            created_at: now.into(),
            updated_at: now.into(),
        };
        Self { result }
    }
}
