//! Renders every failure as a status and JSON, with Rocket.Chat's texts. This module alone knows
//! both the domain's errors and status codes: a new variant of either fails to compile here and
//! nowhere else.
//!
//! - `api_error`: the failures of the API itself, rendered in `render`
//! - `domain`: the failures of the rules
//! - `context`, `accounts`, `role`, `user_data`: texts that only some routes use
//! - `refusal`, `refused_field`: refused parameters, with the field and what is accepted
//! - `compat`: which refusals are a 400 or a 403, by the release that is followed
//! - `reply`, `method_error`: the JSON
//!
//! Sources of the oddities: `apps/meteor/server/api/ApiClass.ts` (a thrown code C with reason R
//! becomes 400 `"R [C]"`; 401 carries the legacy `status` and `message`),
//! `insertOrUpdateUserStatus.ts`, `deleteCustomUserStatus.ts`, `custom-user-status.ts`. The router of
//! Rocket.Chat 8 does not turn `not_authorized` into a 403, so it is a 400 there.
#![deny(clippy::wildcard_enum_match_arm)]

mod accounts;
mod api_error;
mod compat;
mod context;
mod details;
mod domain;
mod method_error;
mod refusal;
mod refused_field;
mod render;
mod reply;
mod role;
mod user_data;

pub(super) use accounts::AccountContext;
pub(super) use api_error::ApiError;
pub(super) use context::ErrorContext;
pub(super) use method_error::MethodError;
pub(super) use render::{error_type, unreadable};

#[cfg(test)]
mod tests;
