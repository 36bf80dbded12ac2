//! `users.*` except presence. Source: Rocket.Chat `apps/meteor/server/api/v1/users.ts`;
//! compatibility 5.6, 6.2 and 6.4. No route asks for a second factor, because doorsign has none.

mod accounts;
mod avatars;
mod changes;
mod import;
mod names;
mod queries;
mod registration;
mod tokens;
mod upkeep;
mod visibility;

pub(in crate::api) use accounts::{
    create, deactivate_idle, delete, delete_own_account, logout, logout_other_clients,
    remove_other_tokens, set_active_status,
};
pub(in crate::api) use avatars::{get_avatar, get_avatar_suggestion, reset_avatar, set_avatar};
pub(in crate::api) use changes::{set_preferences, update, update_own_basic_info};
pub(in crate::api) use import::import;
pub(in crate::api) use names::{check_username_availability, get_username_suggestion};
pub(in crate::api) use queries::{get_preferences, info, list, list_by_status};
pub(in crate::api) use registration::register;
pub(in crate::api) use tokens::{
    create_token, generate_personal_access_token, get_personal_access_tokens,
    regenerate_personal_access_token, remove_personal_access_token,
};
pub(in crate::api) use upkeep::{set_presence_policy, unblock};
pub(in crate::api) use visibility::list_status_visibility;
