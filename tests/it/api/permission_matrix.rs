//! Access control: every route with every kind of client. Changes of permissions are in
//! `permissions`.

use crate::support::admin::grant;
use crate::support::good_requests::{self, ask};
use doorsign::api::ROUTES;
use std::collections::BTreeSet;

/// Method, path, the status for each client and the golden file of a 400. The clients, in this
/// order: an anonymous one, a user, a bot, a guest, the administrator, and a user with a role that
/// was granted `manage-user-status`.
type Row = (&'static str, &'static str, [u16; 6], &'static str);

const ALL: [u16; 6] = [200; 6];
const LOGGED_IN: [u16; 6] = [401, 200, 200, 200, 200, 200];
const ADMIN: [u16; 6] = [401, 403, 403, 403, 200, 403];
const SWITCHED: [u16; 6] = [101; 6];
const KEEPERS: [u16; 6] = [401, 403, 403, 403, 200, 200];

#[rustfmt::skip] // A table: a row is easier to compare on its line.
const MATRIX: &[Row] = &[
    ("GET", "/api/v1/custom-user-status.list", LOGGED_IN, ""),
    ("POST", "/api/v1/custom-user-status.create", [401, 400, 400, 400, 200, 200], "create_not_allowed"),
    ("POST", "/api/v1/custom-user-status.update", [401, 400, 400, 400, 200, 200], "create_not_allowed"),
    ("POST", "/api/v1/custom-user-status.delete", [401, 400, 400, 400, 200, 200], "create_not_allowed"),
    ("POST", "/api/v1/login", ALL, ""),
    ("POST", "/api/v1/logout", LOGGED_IN, ""),
    ("GET", "/api/v1/logout", LOGGED_IN, ""),
    ("GET", "/api/v1/me", LOGGED_IN, ""),
    ("POST", "/api/v1/users.setStatus", LOGGED_IN, ""),
    ("GET", "/api/v1/users.getStatus", LOGGED_IN, ""),
    ("GET", "/api/v1/users.getPresence", LOGGED_IN, ""),
    ("GET", "/api/v1/users.presence", LOGGED_IN, ""),
    ("GET", "/api/v1/presence.getConnections", KEEPERS, ""),
    ("POST", "/api/v1/presence.enableBroadcast", KEEPERS, ""),
    ("GET", "/api/v1/permissions.listAll", LOGGED_IN, ""),
    ("POST", "/api/v1/permissions.update", ADMIN, ""),
    ("POST", "/api/v1/permissions.addRole", ADMIN, ""),
    ("POST", "/api/v1/permissions.removeRole", ADMIN, ""),
    ("GET", "/api/v1/roles.list", LOGGED_IN, ""),
    ("GET", "/api/v1/roles.sync", LOGGED_IN, ""),
    ("POST", "/api/v1/roles.addUserToRole", [401, 400, 400, 400, 200, 400], "roles_add_not_allowed"),
    ("POST", "/api/v1/roles.removeUserFromRole", ADMIN, ""),
    ("GET", "/api/v1/roles.getUsersInRole", ADMIN, ""),
    ("GET", "/api/v1/roles.getUsersInPublicRoles", LOGGED_IN, ""),
    ("GET", "/api/v1/settings.public", ALL, ""),
    ("GET", "/api/v1/settings.oauth", ALL, ""),
    ("GET", "/api/v1/service.configurations", ALL, ""),
    ("GET", "/api/v1/pw.getPolicy", ALL, ""),
    ("GET", "/api/v1/settings/:_id", ADMIN, ""),
    ("POST", "/api/v1/settings/:_id", ADMIN, ""),
    ("POST", "/api/v1/users.create", [401, 400, 400, 400, 200, 400], "users_create_not_allowed"),
    ("GET", "/api/v1/users.info", LOGGED_IN, ""),
    ("GET", "/api/v1/users.list", LOGGED_IN, ""),
    ("POST", "/api/v1/users.update", LOGGED_IN, ""),
    ("POST", "/api/v1/users.updateOwnBasicInfo", LOGGED_IN, ""),
    ("POST", "/api/v1/users.setPreferences", LOGGED_IN, ""),
    ("POST", "/api/v1/users.setActiveStatus", ADMIN, ""),
    ("POST", "/api/v1/users.delete", ADMIN, ""),
    ("POST", "/api/v1/users.logout", LOGGED_IN, ""),
    ("POST", "/api/v1/users.createToken", LOGGED_IN, ""),
    ("POST", "/api/v1/users.generatePersonalAccessToken", [401, 200, 400, 400, 200, 200], "tokens_generate_not_allowed"),
    ("POST", "/api/v1/users.regeneratePersonalAccessToken", [401, 200, 400, 400, 200, 200], "tokens_regenerate_not_allowed"),
    ("GET", "/api/v1/users.getPersonalAccessTokens", [401, 200, 403, 403, 200, 200], ""),
    ("POST", "/api/v1/users.removePersonalAccessToken", [401, 200, 400, 400, 200, 200], "tokens_remove_not_allowed"),
    ("POST", "/api/v1/users.removeOtherTokens", LOGGED_IN, ""),
    ("GET", "/api/v1/sessions/list", LOGGED_IN, ""),
    ("GET", "/api/v1/sessions/info", LOGGED_IN, ""),
    ("POST", "/api/v1/sessions/logout.me", LOGGED_IN, ""),
    ("GET", "/api/v1/sessions/list.all", ADMIN, ""),
    ("GET", "/api/v1/sessions/info.admin", ADMIN, ""),
    ("POST", "/api/v1/sessions/logout", ADMIN, ""),
    ("POST", "/api/v1/method.call/:method", LOGGED_IN, ""),
    ("POST", "/api/v1/method.callAnon/:method", ALL, ""),
    ("GET", "/api/info", ALL, ""),
    ("GET", "/api/v1/info", ALL, ""),
    ("GET", "/api/v1/openapi.json", ALL, ""),
    ("GET", "/api/v1/events", LOGGED_IN, ""),
    ("GET", "/api/v1/events.schema", ALL, ""),
    ("GET", "/api/v1/audit.list", ADMIN, ""),
    ("GET", "/api/v1/hooks.list", ADMIN, ""),
    ("GET", "/api/v1/hooks.deliveries", ADMIN, ""),
    ("GET", "/api/v1/hooks.delivery", ADMIN, ""),
    ("POST", "/api/v1/hooks.retry", ADMIN, ""),
    ("POST", "/api/v1/hooks.drop", ADMIN, ""),
    ("POST", "/api/v1/hooks.replay", ADMIN, ""),
    ("POST", "/api/v1/hooks.pause", ADMIN, ""),
    ("POST", "/api/v1/hooks.resume", ADMIN, ""),
    ("GET", "/api/v1/webhooks.list", ADMIN, ""),
    ("POST", "/api/v1/webhooks.add", ADMIN, ""),
    ("POST", "/api/v1/webhooks.test", ADMIN, ""),
    ("POST", "/api/v1/webhooks.rotate", ADMIN, ""),
    ("POST", "/api/v1/webhooks.disable", ADMIN, ""),
    ("POST", "/api/v1/webhooks.enable", ADMIN, ""),
    ("POST", "/api/v1/webhooks.remove", ADMIN, ""),
    ("POST", "/api/v1/presence.heartbeat", LOGGED_IN, ""),
    ("GET", "/websocket", SWITCHED, ""),
];

#[tokio::test]
async fn every_route_is_open_to_permitted_clients_only() {
    let server = good_requests::server().await;
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
    for (n, (method, path, expected, refusal)) in MATRIX.iter().enumerate() {
        for (m, (actor, expected)) in actors.iter().zip(expected).enumerate() {
            // A new login for each request: some routes end every login of the sender.
            let client = match actor {
                Some(name) => server.with_token(name).await,
                None => server.anon(),
            };
            let sender = (&client, actor.unwrap_or("ann"));
            let reply = ask(&server, sender, (method, path), n * 100 + m).await;
            let case = format!("{method} {path} by {actor:?}: {}", reply.text());
            assert_eq!(reply.status, *expected, "{case}");
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
    let rows = MATRIX.iter().map(|(method, path, ..)| (*method, *path));
    assert_eq!(
        routes.collect::<BTreeSet<_>>(),
        rows.collect::<BTreeSet<_>>()
    );
}
