//! Access tokens as JSON.

use crate::api::wire::date::Rfc3339;
use crate::domain::{Login, LoginKind};
use serde::Serialize;

/// The response with a new personal access token.
#[derive(Serialize)]
pub(in crate::api) struct TokenReply {
    pub(in crate::api) token: String,
}

/// The response to `users.createToken`.
#[derive(Serialize)]
pub(in crate::api) struct CreatedToken<'a> {
    pub(in crate::api) data: TokenOf<'a>,
}

/// An auth token and its user.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct TokenOf<'a> {
    pub(in crate::api) user_id: &'a str,
    pub(in crate::api) auth_token: String,
}

/// The response to `users.getPersonalAccessTokens`.
#[derive(Serialize)]
pub(in crate::api) struct TokenList<'a> {
    tokens: Vec<TokenRow<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenRow<'a> {
    name: &'a str,
    created_at: Rfc3339,
    last_token_part: &'a str,
    bypass_two_factor: bool,
}

impl<'a> TokenList<'a> {
    /// Renders the personal access tokens among `logins`.
    pub(in crate::api) fn new(logins: &'a [Login]) -> Self {
        let row = |login: &'a Login| match &login.kind {
            LoginKind::Password => None,
            LoginKind::Token {
                name,
                tail,
                bypass_two_factor,
            } => Some(TokenRow {
                name,
                created_at: login.created_at.into(),
                last_token_part: tail,
                bypass_two_factor: *bypass_two_factor,
            }),
        };
        Self {
            tokens: logins.iter().filter_map(row).collect(),
        }
    }
}
