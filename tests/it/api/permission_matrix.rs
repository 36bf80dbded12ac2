//! Access control: every route with every kind of client, under compat 8 and 9. Changes of permissions are in
//! `permissions`.

use crate::support::admin::grant;
use crate::support::good_requests::{self, ask};
use doorsign::api::ROUTES;
use doorsign::config::Compat;
use std::collections::BTreeSet;

/// The status for each client under compat 8, the golden file of a 400, and the routes, one per line. The clients,
/// in this order: an anonymous one, a user, a bot, a guest, the administrator, and a user with a
/// role that was granted `manage-user-status`.
type Group = ([u16; 6], &'static str, &'static str);

const ALL: [u16; 6] = [200; 6];
const LOGGED_IN: [u16; 6] = [401, 200, 200, 200, 200, 200];
const ADMIN: [u16; 6] = [401, 403, 403, 403, 200, 403];
const SWITCHED: [u16; 6] = [101; 6];
const KEEPERS: [u16; 6] = [401, 403, 403, 403, 200, 200];

#[rustfmt::skip] // A table.
const MATRIX: &[Group] = &[
    (LOGGED_IN, "", "
        GET /api/v1/custom-user-status.list
        POST /api/v1/logout
        GET /api/v1/logout
        GET /api/v1/me
        POST /api/v1/users.setStatus
        GET /api/v1/users.getStatus
        GET /api/v1/users.getPresence
        GET /api/v1/users.presence
        GET /api/v1/users.claims
        POST /api/v1/users.endClaim
        GET /api/v1/permissions.listAll
        GET /api/v1/roles.list
        GET /api/v1/roles.sync
        GET /api/v1/roles.getUsersInPublicRoles
        GET /api/v1/users.info
        GET /api/v1/users.list
        GET /api/v1/users.getPreferences
        GET /api/v1/spotlight
        GET /api/v1/users.autocomplete
        GET /api/v1/rooms.get
        GET /api/v1/subscriptions.get
        GET /api/v1/channels.list
        GET /api/v1/groups.list
        GET /api/v1/im.list
        GET /api/v1/emoji-custom.list
        GET /api/v1/commands.list
        GET /api/v1/licenses.info
        POST /api/v1/push.token
        DELETE /api/v1/push.token
        GET /api/v1/users.listByStatus
        GET /api/v1/users.checkUsernameAvailability
        GET /api/v1/users.getUsernameSuggestion
        GET /api/v1/users.getAvatarSuggestion
        POST /api/v1/users.update
        POST /api/v1/users.updateOwnBasicInfo
        POST /api/v1/users.setPreferences
        POST /api/v1/users.logout
        POST /api/v1/users.createToken
        POST /api/v1/users.removeOtherTokens
        POST /api/v1/users.logoutOtherClients
        GET /api/v1/sessions/list
        GET /api/v1/sessions/info
        POST /api/v1/sessions/logout.me
        POST /api/v1/method.call/:method
        POST /api/v1/users.setAvatar
        POST /api/v1/users.setDisplayPin
        GET /api/v1/users.getDisplayPin
        GET /api/v1/events
        GET /api/v1/board
        POST /api/v1/presence.heartbeat"),
    ([401, 400, 400, 400, 200, 200], "create_not_allowed", "
        POST /api/v1/custom-user-status.create
        POST /api/v1/custom-user-status.update
        POST /api/v1/custom-user-status.delete"),
    (ALL, "", "
        POST /api/v1/login
        POST /api/v1/invitations.look
        POST /api/v1/invitations.accept
        GET /api/v1/settings.public
        GET /api/v1/settings.oauth
        GET /api/v1/service.configurations
        GET /api/v1/pw.getPolicy
        GET /api/v1/session
        POST /api/v1/session.start
        POST /api/v1/session.end
        POST /api/v1/method.callAnon/:method
        GET /api/info
        GET /sockjs/info
        GET /api/v1/info
        GET /api/v1/openapi.json
        GET /api/v1/events.schema
        GET /avatar/uid/:id
        GET /avatar/:name
        GET /livez
        GET /readyz"),
    (KEEPERS, "", "
        GET /api/v1/presence.getConnections
        POST /api/v1/presence.enableBroadcast"),
    (ADMIN, "", "
        POST /api/v1/permissions.update
        POST /api/v1/permissions.addRole
        POST /api/v1/permissions.removeRole
        POST /api/v1/roles.delete
        POST /api/v1/roles.removeUserFromRole
        GET /api/v1/roles.getUsersInRole
        GET /api/v1/settings.list
        GET /api/v1/server.status
        GET /api/v1/server.configuration
        GET /api/v1/settings/:_id
        POST /api/v1/settings/:_id
        POST /api/v1/users.setActiveStatus
        GET /api/v1/users.listStatusVisibility
        POST /api/v1/users.delete
        POST /api/v1/users.deactivateIdle
        GET /api/v1/sessions/list.all
        GET /api/v1/sessions/info.admin
        POST /api/v1/sessions/logout
        GET /api/v1/audit.list
        GET /api/v1/hooks.list
        GET /api/v1/hooks.deliveries
        GET /api/v1/hooks.delivery
        POST /api/v1/hooks.retry
        POST /api/v1/hooks.drop
        POST /api/v1/hooks.replay
        POST /api/v1/hooks.pause
        POST /api/v1/hooks.resume
        GET /api/v1/displays.list
        POST /api/v1/displays.create
        POST /api/v1/displays.rotate
        POST /api/v1/displays.revoke
        GET /api/v1/webhooks.list
        POST /api/v1/webhooks.add
        POST /api/v1/webhooks.test
        POST /api/v1/webhooks.rotate
        POST /api/v1/webhooks.disable
        POST /api/v1/webhooks.enable
        POST /api/v1/webhooks.remove
        POST /api/v1/users.import
        POST /api/v1/users.unblock
        POST /api/v1/users.setPresencePolicy
        POST /api/v1/invitations.create
        GET /api/v1/invitations.list
        POST /api/v1/invitations.revoke"),
    ([401, 400, 400, 400, 200, 400], "roles_add_not_allowed", "
        POST /api/v1/roles.addUserToRole"),
    ([401, 400, 400, 400, 200, 400], "roles_create_not_allowed", "
        POST /api/v1/roles.create
        POST /api/v1/roles.update"),
    ([401, 400, 400, 400, 200, 400], "users_create_not_allowed", "
        POST /api/v1/users.create"),
    ([401, 200, 400, 400, 200, 200], "tokens_generate_not_allowed", "
        POST /api/v1/users.generatePersonalAccessToken"),
    ([401, 200, 400, 400, 200, 200], "tokens_regenerate_not_allowed", "
        POST /api/v1/users.regeneratePersonalAccessToken"),
    ([401, 200, 403, 403, 200, 200], "", "
        GET /api/v1/users.getPersonalAccessTokens"),
    ([401, 200, 400, 400, 200, 200], "tokens_remove_not_allowed", "
        POST /api/v1/users.removePersonalAccessToken"),
    ([401, 400, 400, 400, 200, 400], "users_avatar_not_allowed", "
        POST /api/v1/users.resetAvatar"),
    ([401, 400, 400, 400, 400, 400], "users_delete_own_not_allowed", "
        POST /api/v1/users.deleteOwnAccount"),
    ([200, 400, 400, 400, 400, 400], "users_register_logged_in", "
        POST /api/v1/users.register"),
    ([401, 307, 307, 307, 307, 307], "", "
        GET /api/v1/users.getAvatar"),
    ([401, 200, 400, 400, 200, 200], "directory_unclear", "
        GET /api/v1/directory"),
    ([401; 6], "", "
        POST /api/v1/displays.setStatus"),
    (SWITCHED, "", "
        GET /websocket
        GET /sockjs/:server/:session/websocket"),
];

/// The golden files of those 400s that are a 403 under compat 9.
const FORBIDDEN_SINCE_9: [&str; 6] = [
    "create_not_allowed",
    "tokens_generate_not_allowed",
    "tokens_regenerate_not_allowed",
    "tokens_remove_not_allowed",
    "users_avatar_not_allowed",
    "users_delete_own_not_allowed",
];

/// The rows of the matrix: statuses, golden answer, method and path.
fn rows() -> impl Iterator<Item = ([u16; 6], &'static str, &'static str, &'static str)> {
    MATRIX.iter().flat_map(|(expected, refusal, routes)| {
        let routes = routes
            .lines()
            .filter_map(|route| route.trim().split_once(' '));
        routes.map(|(method, path)| (*expected, *refusal, method, path))
    })
}

#[tokio::test]
async fn every_route_is_open_to_permitted_clients_only() {
    check_matrix(Compat::Eight).await;
}

#[tokio::test]
async fn under_compat_9_the_same_clients_are_permitted_and_refusals_are_403() {
    check_matrix(Compat::Nine).await;
}

async fn check_matrix(compat: Compat) {
    let server = good_requests::setup().compat(compat).start().await;
    for (name, roles) in [
        ("ann", &["user"] as &[&str]),
        ("bot", &["bot"]),
        ("guest", &["guest"]),
        ("keeper", &["user", "livechat-agent"]),
    ] {
        server.user_with_roles(name, roles).await;
    }
    grant(&server.admin().await, &["admin", "livechat-agent"]).await;
    let actors = [
        None,
        Some("ann"),
        Some("bot"),
        Some("guest"),
        Some("admin"),
        Some("keeper"),
    ];
    for (n, (expected, refusal, method, path)) in rows().enumerate() {
        for (m, (actor, expected)) in actors.iter().zip(&expected).enumerate() {
            // A new login for each request: some routes end every login of the sender.
            let client = match actor {
                Some(name) => server.with_token(name).await,
                None => server.anon(),
            };
            let sender = (&client, actor.unwrap_or("ann"));
            let reply = ask(&server, sender, (method, path), n * 100 + m).await;
            // A picture is not text.
            let text = String::from_utf8_lossy(&reply.body);
            let case = format!("{method} {path} by {actor:?}: {text}");
            let is_moved = compat == Compat::Nine && FORBIDDEN_SINCE_9.contains(&refusal);
            match expected {
                400 if is_moved => {
                    assert_eq!(reply.status, 403, "{case}");
                    reply.golden_under(compat, refusal);
                    continue;
                }
                _ => assert_eq!(reply.status, *expected, "{case}"),
            }
            match expected {
                400 => reply.golden(refusal),
                401 => reply.golden("create_unauthenticated"),
                403 => reply.golden("route_forbidden"),
                _ => {}
            }
        }
    }
}

#[test]
fn the_matrix_names_every_route() {
    let routes = ROUTES
        .iter()
        .map(|route| (route.method.as_str(), route.path));
    let rows = rows().map(|(_, _, method, path)| (method, path));
    assert_eq!(
        routes.collect::<BTreeSet<_>>(),
        rows.collect::<BTreeSet<_>>()
    );
}
