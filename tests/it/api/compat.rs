//! What Rocket.Chat 8 and 9 answer differently, and what both answer alike: the table of
//! compatibility 2.2. The files of the latter are in `golden/compat_9`.

use crate::support::accounts::{account, with};
use crate::support::admin::setting;
use crate::support::good_requests::{self, ask};
use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::api::ROUTES;
use doorsign::config::{Compat, Contract};
use serde_json::{Value, json};
use warp::http::Method;

const BOTH: [Compat; 2] = [Compat::Eight, Compat::Nine];
const SECRET: &str = "known to both";
/// Routes that refuse a wrong password with a 401.
const LOGINS: [&str; 2] = ["/api/v1/login", "/api/v1/session.start"];
/// The route of a display, which is not a user: a missing key is refused with a 401.
const DISPLAY: &str = "/api/v1/displays.setStatus";

async fn server(compat: Compat) -> TestServer {
    let setup = Setup::new().compat(compat).config(|config| {
        config.create_tokens_for_users_secret = Some(SECRET.into());
        config.login_failures_per_user = 2;
        config.login_failures_per_address = 3;
    });
    setup.start().await
}

#[tokio::test]
async fn a_custom_status_may_not_be_changed_without_the_permission() {
    for compat in BOTH {
        let server = server(compat).await;
        let (admin, ann) = (server.admin().await, server.user("ann").await);
        let id = admin.create("lunch").await.expect(200).created_id();
        let changed = json!({"_id": id, "name": "lunch", "statusType": "busy"});
        for (route, body) in [
            ("create", json!({"name": "x", "statusType": "busy"})),
            ("update", changed),
            ("delete", json!({"customUserStatusId": id})),
        ] {
            let route = format!("custom-user-status.{route}");
            let refused = ann.post(&route, body).await;
            refused.golden_under(compat, "create_not_allowed");
        }
    }
}

#[tokio::test]
async fn personal_access_tokens_need_the_permission() {
    for compat in BOTH {
        let server = server(compat).await;
        let (admin, ann) = (server.admin().await, server.user("ann").await);
        let bot = server.user_with_roles("bot", &["bot"]).await;
        for verb in ["generate", "regenerate", "remove"] {
            let route = format!("users.{verb}PersonalAccessToken");
            let refused = bot.post(&route, json!({"tokenName": "ci"})).await;
            refused.golden_under(compat, &format!("tokens_{verb}_not_allowed"));
        }
        let of_another = json!({"userId": admin.id(), "secret": SECRET});
        let refused = ann.post("users.createToken", of_another).await;
        refused.golden_under(compat, "users_create_token_not_allowed");
    }
}

#[tokio::test]
async fn settings_forbid_changes_with_the_status_of_the_release() {
    for compat in BOTH {
        let server = server(compat).await;
        let (admin, ann) = (server.admin().await, server.user("ann").await);
        for id in [
            "UserStatusMessageChange",
            "UsernameChange",
            "UserProfileChange",
        ] {
            setting(&admin, &format!("Accounts_Allow{id}"), false).await;
        }
        let text = ann.post("users.setStatus", json!({"message": "x"})).await;
        text.golden_under(compat, "status_text_not_allowed");
        let name = ann
            .get("users.checkUsernameAvailability?username=dan")
            .await;
        name.golden_under(compat, "username_locked");
        let own = json!({"data": {"name": "Ann"}});
        let own = ann.post("users.updateOwnBasicInfo", own).await;
        own.golden_under(compat, "users_update_own_locked");
        let avatar = ann
            .post("users.resetAvatar", json!({"username": "admin"}))
            .await;
        avatar.golden_under(compat, "users_avatar_not_allowed");
        let account = json!({"password": "ann's password"});
        let account = ann.post("users.deleteOwnAccount", account).await;
        account.golden_under(compat, "users_delete_own_not_allowed");
        let in_room = admin.get("roles.getUsersInRole?role=bot&roomId=x").await;
        in_room.golden_under(compat, "roles_users_in_room");
    }
}

#[tokio::test]
async fn what_only_the_user_may_do_is_forbidden_to_others() {
    for compat in BOTH {
        let server = server(compat).await;
        let (admin, ann) = (server.admin().await, server.user("ann").await);
        let status = json!({"userId": admin.id(), "status": "busy"});
        let status = ann.post("users.setStatus", status).await;
        status.golden_under(compat, "status_not_allowed");
        let logout = ann
            .post("users.logout", json!({"userId": admin.id()}))
            .await;
        logout.golden_under(compat, "users_logout_not_allowed");
    }
}

#[tokio::test]
async fn a_refused_login_keeps_the_message_that_clients_show() {
    for compat in BOTH {
        let server = server(compat).await;
        let admin = server.admin().await;
        let off = with(account("off"), &json!({"active": false}));
        admin.post("users.create", off).await.expect(200);
        let anon = server.anon();
        for (user, password, golden) in [
            ("off", "a password", "login_deactivated"),
            ("admin", "wrong", "login_refused"),
            ("admin", "wrong", "login_refused"),
            ("admin", "wrong", "login_blocked_user"),
            ("nobody", "wrong", "login_refused"),
            ("nobody", "wrong", "login_blocked_address"),
        ] {
            let refused = anon.login(user, password).await;
            refused.golden_under(compat, golden);
        }
    }
}

#[tokio::test]
async fn the_parameters_query_and_fields_are_ignored_by_8_and_refused_by_9() {
    for compat in BOTH {
        let server = server(compat).await;
        let admin = server.admin().await;
        for target in [
            "custom-user-status.list?query=%7B%7D",
            "users.list?query=%7B%7D",
            "users.list?fields=%7B%7D",
            "users.info?username=admin&fields=%7B%7D",
            "settings.public?query=%7B%7D",
            "directory?type=users&query=%7B%7D",
            "roles.getUsersInRole?role=admin&query=%7B%7D",
            "channels.list?query=%7B%7D",
            "groups.list?fields=%7B%7D",
            "im.list?query=%7B%7D&fields=%7B%7D",
            "commands.list?fields=%7B%7D",
            "emoji-custom.list?query=%7B%7D",
        ] {
            let reply = admin.get(target).await;
            match compat {
                Compat::Eight => drop(reply.expect(200)),
                Compat::Nine => reply.golden("compat_9/removed_parameter"),
            }
            let repeated = format!("{target}&query=1&query=2&fields=1&fields=2");
            admin.get(&repeated).await.expect(400);
        }
        // Here it is the text to search for.
        admin.get("spotlight?query=a").await.expect(200);
    }
}

#[tokio::test]
async fn the_extension_of_a_telephone_has_both_names() {
    for compat in BOTH {
        let server = server(compat).await;
        let admin = server.admin().await;
        for (name, user) in [("freeSwitchExtension", "bob"), ("sipExtension", "eve")] {
            let created = with(account(user), &json!({name: "1"}));
            admin.post("users.create", created).await.expect(200);
            let update = json!({"userId": admin.id(), "data": {name: "1"}});
            admin.post("users.update", update).await.expect(200);
            let found = admin.get(&format!("users.info?{name}=1")).await;
            found.golden("users_info_unknown");
        }
    }
}

/// The ids of roles in a list.
fn ids(roles: &Value) -> Vec<&str> {
    let roles = roles.as_array().unwrap().iter();
    roles.map(|role| role["_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_role_anonymous_does_not_exist_in_9() {
    const SINCE: &str = "roles.sync?updatedSince=1970-01-01T00:00:00.000Z";
    for compat in BOTH {
        let server = server(compat).await;
        let (admin, _ann) = (server.admin().await, server.user("ann").await);
        let exists = compat == Compat::Eight;
        let (list, sync) = (admin.get("roles.list").await, admin.get(SINCE).await);
        list.golden_under(compat, "roles");
        sync.golden_under(compat, "roles_sync");
        assert_eq!(ids(&list.json()["roles"]).contains(&"anonymous"), exists);
        let holders = admin.get("roles.getUsersInRole?role=anonymous").await;
        assert_eq!(holders.status == 200, exists);
        let given = json!({"username": "ann", "roleId": "anonymous"});
        let given = admin.post("roles.addUserToRole", given).await;
        assert_eq!(given.status == 200, exists);
        let created = with(account("eve"), &json!({"roles": ["anonymous"]}));
        let created = admin.post("users.create", created).await;
        assert_eq!(created.status == 200, exists);
    }
}

#[tokio::test]
async fn the_version_is_that_of_the_release_unless_another_one_is_set() {
    for (compat, given, expected) in [
        (Compat::Eight, None, "8.8.1"),
        (Compat::Nine, None, "9.0.0"),
        (Compat::Nine, Some("8.8.1"), "8.8.1"),
        (Compat::Eight, Some("9.0.2"), "9.0.2"),
    ] {
        let setup = Setup::new().compat(compat);
        let setup = setup.config(|config| config.rocketchat_version = given.map(str::to_owned));
        let server = setup.start().await;
        let info = async |client: Client, path| -> Value {
            client.send(Method::GET, path, &[], "").await.json()
        };
        let (short, _) = expected.rsplit_once('.').unwrap();
        let full = info(server.admin().await, "/api/info").await;
        assert_eq!(full["version"], expected);
        assert_eq!(full["info"]["commit"]["tag"], expected);
        assert_eq!(info(server.anon(), "/api/info").await["version"], short);
        let old = info(server.anon(), "/api/v1/info").await;
        assert_eq!(old["info"]["version"], short);
        // A version alone changes no refusal.
        let refused = server.user("ann").await.create("x").await;
        refused.golden_under(compat, "create_not_allowed");
    }
}

#[tokio::test]
async fn everything_else_is_the_same_in_both() {
    for compat in BOTH {
        let server = server(compat).await;
        let (admin, ann) = (server.admin().await, server.user("ann").await);
        let anon = server.anon();
        anon.create("x").await.golden("create_unauthenticated");
        setting(&admin, "Accounts_AllowInvisibleStatusOption", false).await;
        let invisible = ann
            .post("users.setStatus", json!({"status": "offline"}))
            .await;
        invisible.golden("status_invisible_not_allowed");
        let role = json!({"username": "ann", "roleId": "admin"});
        let role = ann.post("roles.addUserToRole", role).await;
        role.golden("roles_add_not_allowed");
        ann.get("hooks.list").await.golden("route_forbidden");
        ann.get("directory?type=rooms")
            .await
            .golden("directory_unclear");
        let call = json!({
            "msg": "method", "id": "1", "method": "insertOrUpdateUserStatus",
            "params": [{"name": "x", "statusType": "busy"}],
        });
        let body = json!({"message": call.to_string()});
        let called = ann.post("method.call/insertOrUpdateUserStatus", body).await;
        called.golden("method_not_authorized");
        let unknown = ann.get("users.presence?x=1").await;
        unknown.golden("presence_unknown_parameter");
    }
}

/// Every combination of the two settings.
fn combinations() -> impl Iterator<Item = (Contract, Compat)> {
    let contracts = [Contract::Documented, Contract::Server].into_iter();
    contracts.flat_map(|contract| BOTH.map(|compat| (contract, compat)))
}

/// Clients take a 401 for the end of their session, and forget it.
#[tokio::test]
async fn a_user_with_a_session_never_gets_a_401() {
    for (contract, compat) in combinations() {
        let setup = good_requests::setup().contract(contract).compat(compat);
        let server = setup.start().await;
        server.user_with_roles("ann", &["federated-external"]).await;
        let routes = ROUTES.iter().filter(|route| route.path != DISPLAY);
        for (n, route) in routes.enumerate() {
            let (method, path) = (route.method.as_str(), route.path);
            let case = format!("{contract} {compat} {method} {path}");
            let check = |reply: Reply| assert_ne!(reply.status, 401, "{case}: {}", reply.text());
            // A new login for each request: some routes end every login of the sender.
            let ann = server.with_token("ann").await;
            check(ask(&server, (&ann, "ann"), (method, path), n).await);
            // A login is refused with a 401, whatever else the client sends.
            if LOGINS.contains(&path) {
                continue;
            }
            let ann = server.with_token("ann").await;
            let target = path.replace(':', "");
            for (query, body) in [("", "{}"), ("?x=1&query=1&fields=1", "{"), ("", "[]")] {
                let target = format!("{target}{query}");
                let json = [("content-type", "application/json")];
                let body = if method == "GET" { "" } else { body };
                let ann = match path {
                    "/api/v1/logout" | "/api/v1/users.logout" => &server.with_token("ann").await,
                    _ => &ann,
                };
                check(ann.send(route.method.clone(), &target, &json, body).await);
            }
        }
    }
}
