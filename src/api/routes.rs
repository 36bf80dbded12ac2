//! The table of routes, one route per line and grouped by noun, and the lookup of a request's
//! route. Rate limits by route are in `http/rate_limits.rs`.
//!
//! The routes are data, not a chain of `or`-ed filters. Warp's filters split the request into
//! parts. The table gives exact answers for unknown paths (404) and for paths that exist under
//! another method (405 with `Allow`). It is also what the OpenAPI document must contain.

use super::ddp;
use super::dev;
use super::error::ApiError;
use super::http::path::{self, RequestPath};
use super::rest::{
    assets, audit, avatars, board, browser_session, claims, custom_roles, custom_user_status,
    directory, displays, events, health, hooks, info, invitations, licenses, method_call, pages,
    permissions, presence, presence_broadcast, push, roles, rooms, server, session, sessions,
    settings, users, webhooks,
};
use super::route::Route;
use super::state::Api;
use warp::http::Method;

/// All routes.
#[rustfmt::skip] // A table.
pub static ROUTES: &[Route] = routes! {
    // Custom statuses
    logged_in GET  "/api/v1/custom-user-status.list"             => custom_user_status::list,
    logged_in POST "/api/v1/custom-user-status.create"           => custom_user_status::create,
    logged_in POST "/api/v1/custom-user-status.update"           => custom_user_status::update,
    logged_in POST "/api/v1/custom-user-status.delete"           => custom_user_status::delete,
    // Logins
    anonymous POST "/api/v1/login"                               => session::login,
    logged_in POST "/api/v1/logout"                              => session::logout,
    logged_in GET  "/api/v1/logout"                              => session::logout,
    logged_in GET  "/api/v1/me"                                  => session::me,
    anonymous GET  "/api/v1/session"                             => browser_session::show,
    anonymous POST "/api/v1/session.start"                       => browser_session::start,
    anonymous POST "/api/v1/session.end"                         => browser_session::end,
    anonymous GET  "/api/v1/pw.getPolicy"                        => settings::password_policy,
    logged_in GET  "/api/v1/sessions/list"                       => sessions::list,
    logged_in GET  "/api/v1/sessions/info"                       => sessions::info,
    logged_in POST "/api/v1/sessions/logout.me"                  => sessions::logout_me,
    logged_in GET  "/api/v1/sessions/list.all"                   => sessions::list_all,
    logged_in GET  "/api/v1/sessions/info.admin"                 => sessions::info_admin,
    logged_in POST "/api/v1/sessions/logout"                     => sessions::logout,
    // Users
    logged_in POST "/api/v1/users.create"                        => users::create,
    logged_in GET  "/api/v1/users.info"                          => users::info,
    logged_in GET  "/api/v1/users.list"                          => users::list,
    logged_in GET  "/api/v1/users.listByStatus"                  => users::list_by_status,
    logged_in GET  "/api/v1/users.checkUsernameAvailability"     => users::check_username_availability,
    logged_in GET  "/api/v1/users.getUsernameSuggestion"         => users::get_username_suggestion,
    logged_in GET  "/api/v1/users.getAvatar"                     => users::get_avatar,
    logged_in GET  "/api/v1/users.getAvatarSuggestion"           => users::get_avatar_suggestion,
    logged_in POST "/api/v1/users.update"                        => users::update,
    logged_in POST "/api/v1/users.updateOwnBasicInfo"            => users::update_own_basic_info,
    logged_in POST "/api/v1/users.setPreferences"                => users::set_preferences,
    logged_in GET  "/api/v1/users.getPreferences"                => users::get_preferences,
    logged_in GET  "/api/v1/users.listStatusVisibility"          => users::list_status_visibility,
    logged_in POST "/api/v1/users.unblock"                       => users::unblock,
    logged_in POST "/api/v1/users.setPresencePolicy"             => users::set_presence_policy,
    logged_in POST "/api/v1/users.import"                        => users::import,
    logged_in POST "/api/v1/users.setActiveStatus"               => users::set_active_status,
    logged_in POST "/api/v1/users.delete"                        => users::delete,
    anonymous POST "/api/v1/users.register"                      => users::register,
    logged_in POST "/api/v1/users.deleteOwnAccount"              => users::delete_own_account,
    logged_in POST "/api/v1/users.deactivateIdle"                => users::deactivate_idle,
    logged_in POST "/api/v1/users.setAvatar"                     => users::set_avatar,
    logged_in POST "/api/v1/users.resetAvatar"                   => users::reset_avatar,
    logged_in POST "/api/v1/users.logout"                        => users::logout,
    logged_in POST "/api/v1/users.logoutOtherClients"            => users::logout_other_clients,
    logged_in POST "/api/v1/users.removeOtherTokens"             => users::remove_other_tokens,
    logged_in POST "/api/v1/users.createToken"                   => users::create_token,
    logged_in POST "/api/v1/users.generatePersonalAccessToken"   => users::generate_personal_access_token,
    logged_in POST "/api/v1/users.regeneratePersonalAccessToken" => users::regenerate_personal_access_token,
    logged_in GET  "/api/v1/users.getPersonalAccessTokens"       => users::get_personal_access_tokens,
    logged_in POST "/api/v1/users.removePersonalAccessToken"     => users::remove_personal_access_token,
    // Links to choose a password
    logged_in POST "/api/v1/invitations.create"                  => invitations::create,
    anonymous POST "/api/v1/invitations.look"                    => invitations::look,
    anonymous POST "/api/v1/invitations.accept"                  => invitations::accept,
    logged_in GET  "/api/v1/invitations.list"                    => invitations::list,
    logged_in POST "/api/v1/invitations.revoke"                  => invitations::revoke,
    // Search for people
    logged_in GET  "/api/v1/directory"                           => directory::list,
    logged_in GET  "/api/v1/spotlight"                           => directory::spotlight,
    logged_in GET  "/api/v1/users.autocomplete"                  => directory::autocomplete,
    // Presence
    logged_in POST "/api/v1/users.setStatus"                     => presence::set_status,
    logged_in GET  "/api/v1/users.getStatus"                     => presence::get_status,
    logged_in GET  "/api/v1/users.getPresence"                   => presence::get_presence,
    logged_in GET  "/api/v1/users.claims"                        => claims::list,
    logged_in POST "/api/v1/users.endClaim"                      => claims::end,
    logged_in GET  "/api/v1/users.presence"                      => presence::list,
    logged_in GET  "/api/v1/presence.getConnections"             => presence_broadcast::connections,
    logged_in POST "/api/v1/presence.enableBroadcast"            => presence_broadcast::enable,
    logged_in POST "/api/v1/presence.heartbeat"                  => presence::beat,
    // The board
    anonymous GET  "/api/v1/board"                               => board::read,
    // Roles and permissions
    logged_in GET  "/api/v1/permissions.listAll"                 => permissions::list_all,
    logged_in POST "/api/v1/permissions.update"                  => permissions::update,
    logged_in POST "/api/v1/permissions.addRole"                 => permissions::add_role,
    logged_in POST "/api/v1/permissions.removeRole"              => permissions::remove_role,
    logged_in GET  "/api/v1/roles.list"                          => roles::list,
    logged_in GET  "/api/v1/roles.sync"                          => roles::sync,
    logged_in POST "/api/v1/roles.create"                        => custom_roles::create,
    logged_in POST "/api/v1/roles.update"                        => custom_roles::update,
    logged_in POST "/api/v1/roles.delete"                        => custom_roles::delete,
    logged_in POST "/api/v1/roles.addUserToRole"                 => roles::add_user_to_role,
    logged_in POST "/api/v1/roles.removeUserFromRole"            => roles::remove_user_from_role,
    logged_in GET  "/api/v1/roles.getUsersInRole"                => roles::get_users_in_role,
    logged_in GET  "/api/v1/roles.getUsersInPublicRoles"         => roles::get_users_in_public_roles,
    // Settings
    anonymous GET  "/api/v1/settings.public"                     => settings::list_public,
    anonymous GET  "/api/v1/settings.oauth"                      => settings::oauth,
    anonymous GET  "/api/v1/service.configurations"              => settings::configurations,
    logged_in GET  "/api/v1/settings.list"                       => settings::list,
    logged_in GET  "/api/v1/settings/:_id"                       => settings::find,
    logged_in POST "/api/v1/settings/:_id"                       => settings::set,
    // Events
    logged_in GET  "/api/v1/events"                              => events::read,
    anonymous GET  "/api/v1/events.schema"                       => info::event_schema,
    // Hooks
    logged_in GET  "/api/v1/hooks.list"                          => hooks::list,
    logged_in GET  "/api/v1/hooks.deliveries"                    => hooks::deliveries,
    logged_in GET  "/api/v1/hooks.delivery"                      => hooks::delivery,
    logged_in POST "/api/v1/hooks.retry"                         => hooks::retry,
    logged_in POST "/api/v1/hooks.drop"                          => hooks::drop_delivery,
    logged_in POST "/api/v1/hooks.replay"                        => hooks::replay,
    logged_in POST "/api/v1/hooks.pause"                         => hooks::pause,
    logged_in POST "/api/v1/hooks.resume"                        => hooks::resume,
    // Webhooks
    logged_in GET  "/api/v1/webhooks.list"                       => webhooks::list,
    logged_in POST "/api/v1/webhooks.add"                        => webhooks::add,
    logged_in POST "/api/v1/webhooks.test"                       => webhooks::test,
    logged_in POST "/api/v1/webhooks.rotate"                     => webhooks::rotate,
    logged_in POST "/api/v1/webhooks.disable"                    => webhooks::disable,
    logged_in POST "/api/v1/webhooks.enable"                     => webhooks::enable,
    logged_in POST "/api/v1/webhooks.remove"                     => webhooks::remove,
    // Displays
    logged_in GET  "/api/v1/displays.list"                       => displays::list,
    logged_in POST "/api/v1/displays.create"                     => displays::create,
    logged_in POST "/api/v1/displays.rotate"                     => displays::rotate,
    logged_in POST "/api/v1/displays.revoke"                     => displays::revoke,
    anonymous POST "/api/v1/displays.setStatus"                  => displays::set_status,
    logged_in POST "/api/v1/users.setDisplayPin"                 => displays::set_pin,
    logged_in GET  "/api/v1/users.getDisplayPin"                 => displays::has_pin,
    // Audit trail
    logged_in GET  "/api/v1/audit.list"                          => audit::list,
    // Empty lists, for clients that ask for rooms at their start
    logged_in GET  "/api/v1/rooms.get"                           => rooms::no_changes,
    logged_in GET  "/api/v1/subscriptions.get"                   => rooms::no_changes,
    logged_in GET  "/api/v1/channels.list"                       => rooms::channels,
    logged_in GET  "/api/v1/groups.list"                         => rooms::groups,
    logged_in GET  "/api/v1/im.list"                             => rooms::direct_messages,
    logged_in GET  "/api/v1/emoji-custom.list"                   => rooms::emoji,
    logged_in GET  "/api/v1/commands.list"                       => rooms::commands,
    logged_in GET  "/api/v1/licenses.info"                       => licenses::info,
    logged_in POST   "/api/v1/push.token"                        => push::token,
    logged_in DELETE "/api/v1/push.token"                        => push::remove,
    // Realtime methods and the socket
    logged_in POST "/api/v1/method.call/:method"                 => method_call::call,
    anonymous POST "/api/v1/method.callAnon/:method"             => method_call::call_anonymously,
    anonymous GET  "/websocket"                                  => ddp::socket::open,
    anonymous GET  "/sockjs/:server/:session/websocket"          => ddp::socket::open_sockjs,
    anonymous GET  "/sockjs/info"                                => ddp::sockjs_info::info,
    // Avatars
    anonymous GET  "/avatar/uid/:id"                             => avatars::by_id,
    anonymous GET  "/avatar/:name"                               => avatars::by_name,
    // The server itself
    logged_in GET  "/api/v1/server.status"                       => server::status,
    logged_in GET  "/api/v1/server.configuration"                => server::configuration,
    anonymous GET  "/livez"                                      => health::live,
    anonymous GET  "/readyz"                                     => health::ready,
    anonymous GET  "/api/info"                                   => info::info,
    anonymous GET  "/api/v1/info"                                => info::info_v1,
    anonymous GET  "/api/v1/openapi.json"                        => info::openapi,
};

/// The web pages and their assets. Not part of the API, so the OpenAPI document does not list them. A
/// page exists if a template names its path.
#[rustfmt::skip] // A table.
pub static PAGES: &[Route] = routes! {
    anonymous GET  "/"                                           => pages::show,
    anonymous GET  "/p/:name"                                    => pages::show,
    anonymous GET  "/login"                                      => pages::show,
    anonymous GET  "/join"                                       => pages::show,
    anonymous GET  "/me"                                         => pages::show,
    anonymous GET  "/me/account"                                 => pages::show,
    anonymous GET  "/display"                                    => pages::show,
    anonymous GET  "/admin"                                      => pages::show,
    anonymous GET  "/admin/:page"                                => pages::show,
    anonymous GET  "/api"                                        => pages::show,
    anonymous GET  "/assets/:name"                               => assets::find,
};

/// Routes whose `GET` changes state. They refuse `HEAD`, which link checkers and prefetchers send
/// routinely.
const STATEFUL_GETS: [&str; 1] = ["/api/v1/logout"];

/// Returns all routes, including those of dev mode if it is on.
fn all(api: &Api) -> impl Iterator<Item = &'static Route> {
    let controls = api.dev.as_ref().map_or(&[][..], |_| dev::ROUTES);
    ROUTES.iter().chain(PAGES).chain(controls)
}

/// Returns a request's route path for the log, or `unknown`: other paths may contain anything.
pub(super) fn known_path(api: &Api, path: &RequestPath) -> &'static str {
    let known = all(api).find(|route| path::fits(route.path, path.as_str()));
    known.map_or("unknown", |route| route.path)
}

/// Returns the route of a request. Tries the path as sent first; if it is unknown, tries it again
/// without the base path and superfluous slashes.
pub(super) fn find(
    api: &Api,
    method: &Method,
    path: &mut RequestPath,
) -> Result<&'static Route, ApiError> {
    match find_exact(api, method, path.as_str()) {
        Err(ApiError::UnknownRoute) if path.tidy(&api.base_path) => {
            find_exact(api, method, path.as_str())
        }
        found => found,
    }
}

fn find_exact(api: &Api, method: &Method, path: &str) -> Result<&'static Route, ApiError> {
    let asked = if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let has_no_head = || STATEFUL_GETS.contains(&path);
    let exact = |route: &&Route| route.path == path && route.method == *asked;
    if *method == Method::HEAD && has_no_head() {
        let methods = ROUTES.iter().filter(|route| route.path == path);
        return Err(ApiError::without_head(methods.map(|route| &route.method)));
    }
    if let Some(route) = ROUTES.iter().find(exact) {
        return Ok(route);
    }
    let known = || all(api).filter(|route| path::fits(route.path, path));
    match known().find(|route| route.method == *asked) {
        Some(route) => Ok(route),
        None if known().next().is_none() => Err(ApiError::UnknownRoute),
        None if has_no_head() => Err(ApiError::without_head(known().map(|route| &route.method))),
        None => Err(ApiError::wrong_method(known().map(|route| &route.method))),
    }
}
