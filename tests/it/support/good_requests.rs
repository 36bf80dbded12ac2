//! A valid request to every route; only its sender may lack the permission.

use crate::support::pictures::PNG;
use crate::support::scripted::{recording, scripted};
use crate::support::{ADMIN_PASSWORD, Client, Reply, Setup, TestServer, in_time};
use doorsign::domain::{
    Caller, DeliveryState, DisplayLook, EventId, Login, LoginId, LoginKind, UserId,
};
use doorsign::service::displays;
use doorsign::service::hooks;
use doorsign::service::invitations::{self, Invitee, IssuedLink};
use doorsign::service::webhooks::{self, NewWebhook};
use doorsign_hook::HookError;
use serde_json::{Value, json};
use warp::http::Method;

const SECRET: &str = "known to both";

/// An address without a server.
const NOWHERE: &str = "http://127.0.0.1:9/";

/// What makes a request one for a WebSocket.
pub const HANDSHAKE: &[(&str, &str)] = &[
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// A server on which every route can succeed. Of its hooks, `idle` accepts every event and
/// `failing` none.
pub async fn server() -> TestServer {
    setup().start().await
}

/// The settings of [`server`].
pub fn setup() -> Setup {
    let refused = || std::future::ready(Err(HookError::Permanent("never".to_owned())));
    let ((idle, _), (failing, _)) = (recording("idle"), scripted("failing", move |_| refused()));
    let setup = Setup::new().hook(idle).hook(failing);
    setup.config(|config| {
        config.create_tokens_for_users_secret = Some(SECRET.into());
        config.registration_secret = Some(SECRET.into());
        config.webhook_allow = vec!["127.0.0.0/8".parse().unwrap()];
    })
}

/// Sends `client`, the user `username`, to a route of the table. `n` is unique per request.
pub async fn ask(
    server: &TestServer,
    (client, username): (&Client, &str),
    (method, path): (&str, &str),
    n: usize,
) -> Reply {
    let target = target(server, username, path, n).await;
    if method == "GET" {
        let headers: &[_] = if path.ends_with("/websocket") {
            HANDSHAKE
        } else {
            &[]
        };
        return client.send(Method::GET, &target, headers, "").await;
    }
    let body = if method == "DELETE" {
        json!({"token": "a token"})
    } else {
        body(server, username, path, n).await
    };
    let body = body.to_string();
    // The routes of the cookie accept only our own pages.
    let json = [
        ("content-type", "application/json"),
        ("sec-fetch-site", "same-origin"),
    ];
    let method = method.parse().unwrap();
    client.send(method, &target, &json, body).await
}

/// The status of the answer when nothing is wrong with its sender either.
pub fn accepted(path: &str) -> u16 {
    match path {
        "/websocket" | "/sockjs/:server/:session/websocket" => 101,
        "/api/v1/users.getAvatar" => 307,
        // Off by default. When it is on, it ends its sender.
        "/api/v1/users.deleteOwnAccount" => 400,
        _ => 200,
    }
}

/// An invitation of a new user.
async fn link(server: &TestServer, username: &str) -> IssuedLink {
    let new = Invitee {
        username: username.to_owned(),
        ..Invitee::default()
    };
    let invited = invitations::invite(&server.app, Caller::Operator, new).await;
    invited.unwrap()
}

/// The path with its parameters, and the query that it takes.
async fn target(server: &TestServer, username: &str, path: &str, n: usize) -> String {
    let query = match path.trim_start_matches("/api/v1/") {
        "sessions/info" | "sessions/info.admin" => {
            format!("?sessionId={}", login(server, username, n).await)
        }
        "users.info" | "users.getAvatar" => "?username=admin".to_owned(),
        "users.checkUsernameAvailability" => "?username=free".to_owned(),
        "directory" => "?type=users".to_owned(),
        "spotlight" => "?query=a".to_owned(),
        "users.autocomplete" => "?selector=%7B%22term%22:%22a%22%7D".to_owned(),
        "roles.getUsersInRole" => "?role=user".to_owned(),
        "hooks.deliveries" => "?hook=failing".to_owned(),
        "hooks.delivery" => format!("?hook=failing&event={}", parked(server, n).await),
        _ => String::new(),
    };
    let path = path.replace(":_id", "Site_Name").replace(":method", "any");
    let path = path.replace(":name", "anyone");
    let path = match path.strip_suffix(":id") {
        Some(before) => before.to_owned() + &id_of(server, username).await,
        None => path,
    };
    path + &query
}

async fn body(server: &TestServer, username: &str, path: &str, n: usize) -> Value {
    let name = format!("name-{n}");
    match path.trim_start_matches("/api/v1/") {
        "custom-user-status.create" => json!({"name": name, "statusType": "busy"}),
        "custom-user-status.update" => {
            json!({"_id": status(server, n).await, "name": name, "statusType": "busy"})
        }
        "custom-user-status.delete" => json!({"customUserStatusId": status(server, n).await}),
        "login" | "session.start" => json!({"user": "admin", "password": ADMIN_PASSWORD}),
        "users.setStatus" => json!({"status": "busy"}),
        "permissions.update" => {
            json!({"permissions": [{"_id": "view-statistics", "roles": ["admin"]}]})
        }
        "permissions.addRole" | "permissions.removeRole" => {
            json!({"permissionId": "view-statistics", "role": "guest"})
        }
        "settings/:_id" => json!({"value": "Office"}),
        "roles.create" => json!({"name": name}),
        "roles.update" => json!({"roleId": role(server, n).await, "name": name}),
        "roles.delete" => json!({"roleId": role(server, n).await}),
        "roles.addUserToRole" => json!({"username": user(server, n).await.1, "roleId": "guest"}),
        "roles.removeUserFromRole" => {
            json!({"username": user(server, n).await.1, "roleId": "user"})
        }
        "users.create" => {
            json!({"email": "", "name": name, "password": "a password", "username": name})
        }
        "users.import" => json!({"csv": format!("username\n{name}\n")}),
        "users.unblock" => json!({"userId": id_of(server, username).await}),
        "users.setPresencePolicy" => {
            json!({"userId": id_of(server, username).await, "policy": "always"})
        }
        "users.endClaim" => json!({"source": "manual"}),
        "invitations.create" => json!({"username": name}),
        "invitations.look" => json!({"token": link(server, &name).await.token.expose()}),
        "invitations.accept" => {
            json!({"token": link(server, &name).await.token.expose(), "password": "a password"})
        }
        "invitations.revoke" => {
            let id = link(server, &name).await.record.invitation.id;
            json!({"invitationId": id.as_str()})
        }
        "users.update" => json!({"userId": id_of(server, username).await, "data": {}}),
        "users.updateOwnBasicInfo" | "users.setPreferences" => json!({"data": {}}),
        "users.setActiveStatus" => {
            json!({"userId": user(server, n).await.0, "activeStatus": false})
        }
        "users.delete" => json!({"userId": user(server, n).await.0}),
        "users.register" => {
            let email = format!("{name}@example.org");
            json!({"username": name, "email": email, "pass": "a password", "secret": SECRET})
        }
        "users.deleteOwnAccount" => json!({"password": "a password"}),
        "users.deactivateIdle" => json!({"daysIdle": 36_500}),
        "users.setAvatar" => json!({"avatarUrl": format!("data:;base64,{PNG}")}),
        "users.resetAvatar" => json!({"username": "admin"}),
        "users.createToken" => {
            json!({"userId": id_of(server, username).await, "secret": SECRET})
        }
        "users.generatePersonalAccessToken" => json!({"tokenName": name}),
        "users.regeneratePersonalAccessToken" | "users.removePersonalAccessToken" => {
            server.with_named_token(username, &name, None).await;
            json!({"tokenName": name})
        }
        "sessions/logout.me" | "sessions/logout" => {
            json!({"sessionId": login(server, username, n).await})
        }
        "method.call/:method" | "method.callAnon/:method" => {
            json!({"message": r#"{"method":"UserPresence:ping","params":[]}"#})
        }
        "hooks.retry" | "hooks.pause" | "hooks.resume" => json!({"hook": "idle"}),
        "hooks.drop" => json!({"hook": "failing", "event": parked(server, n).await}),
        "hooks.replay" => json!({"hook": "idle", "since": "2020-01-01"}),
        "push.token" => json!({"type": "gcm", "value": "a token", "appName": "app"}),
        "displays.create" => json!({"name": name}),
        "displays.rotate" | "displays.revoke" => json!({"displayId": display(server, n).await}),
        "displays.setStatus" => json!({"username": "ann", "pin": "2580", "status": "busy"}),
        "users.setDisplayPin" => json!({"pin": "2580"}),
        "webhooks.add" => json!({"name": name, "url": NOWHERE}),
        path if path.starts_with("webhooks.") => json!({"name": webhook(server, n).await}),
        _ => json!({}),
    }
}

/// The id of a new status.
async fn status(server: &TestServer, n: usize) -> String {
    let made = server.admin().await.create(&format!("made for {n}")).await;
    made.expect(200).created_id()
}

/// The id of a new custom role.
async fn role(server: &TestServer, n: usize) -> String {
    let body = json!({"name": format!("made for {n}")});
    let made = server.admin().await.post("roles.create", body).await;
    let id = &made.expect(200).json()["role"]["_id"];
    id.as_str().unwrap().to_owned()
}

/// Id and name of a new user with the role `user`.
async fn user(server: &TestServer, n: usize) -> (String, String) {
    let name = format!("made-for-{n}");
    let made = server.user(&name).await;
    (made.credentials.unwrap().0, name)
}

/// The id of a new login by password.
pub async fn login(server: &TestServer, username: &str, n: usize) -> String {
    let login = Login {
        id: LoginId::new(format!("login for {username} {n}").replace(' ', "-")),
        user: UserId::new(id_of(server, username).await),
        kind: LoginKind::Password,
        created_at: server.app.clock.now(),
        expires_at: None,
    };
    let store = &server.app.store;
    let by = crate::support::operator();
    store.create_login(login.clone().into(), by).await.unwrap();
    login.id.as_str().to_owned()
}

async fn id_of(server: &TestServer, username: &str) -> String {
    server.with_token(username).await.credentials.unwrap().0
}

/// An event that the hook `failing` has parked.
async fn parked(server: &TestServer, n: usize) -> u64 {
    status(server, n).await;
    let newest = *server.app.store.committed().borrow();
    let before = EventId::new(newest.as_u64() - 1);
    let parked = Some(DeliveryState::Parked);
    let looking = async {
        loop {
            let found =
                hooks::list_deliveries(&server.app, Caller::Operator, "failing", parked, before);
            if let Some(record) = found.await.unwrap().pop() {
                return record.event.as_u64();
            }
        }
    };
    in_time("a delivery that was given up", looking).await
}

/// The name of a new webhook.
async fn webhook(server: &TestServer, n: usize) -> String {
    let new = NewWebhook {
        name: format!("made-for-{n}"),
        url: NOWHERE.to_owned(),
        kinds: Vec::new(),
    };
    let made = webhooks::add(&server.app, Caller::Operator, new).await;
    made.unwrap().name.as_str().to_owned()
}

/// The id of a new display.
async fn display(server: &TestServer, n: usize) -> String {
    let name = format!("display-{n}");
    let look = DisplayLook::default();
    let created = displays::create(&server.app, Caller::Operator, name, look).await;
    created.unwrap().display.id
}
