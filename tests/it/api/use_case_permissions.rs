//! Permission checks of the use cases: each refuses an actor without permissions, regardless of the
//! checks of its route.

use crate::support::TestServer;
use doorsign::domain::GrantChange;
use doorsign::domain::{
    AuditQuery, Caller, ClaimSource, DisplayLook, Error, EventId, Grants, InvitationId, LoginId,
    LoginQuery, PresencePolicy, Requester, Result, RoleDraft, RoleScope, SettingValue, StatusId,
    Timestamp, UserId, UserKey, UserQuery,
};
use doorsign::service::authentication::{self, Credentials};
use doorsign::service::custom_status::{self, StatusDraft};
use doorsign::service::invitations::{self, ImportMode, Invitee};
use doorsign::service::users::{accounts, preferences, queries, tokens, upkeep};
use doorsign::service::webhooks::{self, NewWebhook};
use doorsign::service::{
    audit, avatars, displays, hooks, logins, permissions, presence, roles, settings,
};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A server, and a logged-in user without any permission.
async fn setup() -> (TestServer, Requester) {
    let server = TestServer::start().await;
    let (user, token) = server.user("ann").await.credentials.unwrap();
    let (user, token) = (user.as_str(), token.as_str());
    let credentials = Some(Credentials { user, token });
    let actor = authentication::authenticate(&server.app, credentials).await;
    let mut actor = (*actor.unwrap()).clone();
    actor.grants = Grants::default();
    let requester = Requester::new(Arc::new(actor), ADDRESS);
    (server, requester)
}

fn refused<T>(case: &str, result: Result<T>) {
    let error = result.err();
    assert!(
        matches!(error, Some(Error::Forbidden { .. })),
        "{case}: {error:?}"
    );
}

#[tokio::test]
async fn changes_of_custom_statuses_are_refused_without_the_permission() {
    let (server, ann) = setup().await;
    let created = server.admin().await.create("lunch").await.expect(200);
    let id = StatusId::new(created.created_id());
    let (app, ann) = (&server.app, ann.actor());
    let draft = || StatusDraft {
        name: Some("dinner".to_owned()),
        status_type: Some("busy".to_owned()),
    };
    refused("create", custom_status::create(app, ann, draft()).await);
    let updated = custom_status::update(app, ann, id.clone(), draft());
    refused("update", updated.await);
    let seen = custom_status::update_with_previous(app, ann, id.clone(), draft(), draft());
    refused("update seen", seen.await);
    refused("delete", custom_status::delete(app, ann, id).await);
}

#[tokio::test]
async fn hooks_are_refused_without_the_permission() {
    let (server, ann) = setup().await;
    let (app, ann, event) = (&server.app, Caller::from(&ann), EventId::new(1));
    let since = Timestamp::from_millis(0);
    refused("list", hooks::list(app, ann).await);
    let deliveries = hooks::list_deliveries(app, ann, "audit-log", None, event);
    refused("deliveries", deliveries.await);
    let delivery = hooks::find_delivery(app, ann, "audit-log", event);
    refused("delivery", delivery.await);
    refused("retry", hooks::retry(app, ann, "audit-log", None).await);
    let dropped = hooks::drop_delivery(app, ann, "audit-log", event);
    refused("drop", dropped.await);
    let replayed = hooks::replay(app, ann, "audit-log", since, None);
    refused("replay", replayed.await);
    refused("pause", hooks::pause(app, ann, "audit-log").await);
    refused("resume", hooks::resume(app, ann, "audit-log").await);
}

#[tokio::test]
async fn webhooks_and_the_audit_trail_are_refused_without_the_permission() {
    let (server, ann) = setup().await;
    let (app, ann) = (&server.app, Caller::from(&ann));
    let new = NewWebhook {
        name: "bell".to_owned(),
        url: "https://example.org/".to_owned(),
        kinds: Vec::new(),
    };
    refused("list", webhooks::list(app, ann).await);
    refused("add", webhooks::add(app, ann, new).await);
    refused("test", webhooks::test(app, ann, "bell").await);
    refused("rotate", webhooks::rotate(app, ann, "bell").await);
    refused("disable", webhooks::disable(app, ann, "bell").await);
    refused("enable", webhooks::enable(app, ann, "bell").await);
    refused("remove", webhooks::remove(app, ann, "bell").await);
    let trail = audit::list(app, ann, None, AuditQuery::default());
    refused("audit", trail.await);
}

#[tokio::test]
async fn claims_and_upkeep_of_others_are_refused_without_the_permission() {
    let (server, ann) = setup().await;
    let (app, ann) = (&server.app, &ann);
    let admin = || UserKey::Username("admin".to_owned());
    let id = UserId::new(server.admin().await.id());
    refused("claims", presence::claims(app, ann, Some(admin())).await);
    let ended = presence::end_claim(app, ann, Some(admin()), ClaimSource::Manual);
    refused("end", ended.await);
    refused("unblock", upkeep::unblock(app, ann, id.clone()).await);
    let policy = PresencePolicy::Always;
    let set = upkeep::set_presence_policy(app, ann, id, policy);
    refused("policy", set.await);
}

#[tokio::test]
async fn invitations_are_refused_without_the_permission() {
    let (server, ann) = setup().await;
    let (app, ann) = (&server.app, Caller::from(&ann));
    let admin = || UserKey::Username("admin".to_owned());
    let invitee = Invitee::default();
    refused("invite", invitations::invite(app, ann, invitee).await);
    let again = invitations::invite_again(app, ann, admin());
    refused("invite again", again.await);
    refused("reset", invitations::reset(app, ann, admin()).await);
    refused("list", invitations::list(app, ann).await);
    let id = InvitationId::new("i");
    refused("revoke", invitations::revoke(app, ann, id).await);
    let import = invitations::import(app, ann, Vec::new(), ImportMode::DryRun);
    refused("import", import.await);
}

#[tokio::test]
async fn logins_permissions_roles_and_settings_are_refused_without_the_permission() {
    let (server, ann) = setup().await;
    let (app, ann) = (&server.app, &ann);
    let text = str::to_owned;
    let all = LoginQuery::all(app.clock.now());
    refused("logins", logins::list(app, ann, all).await);
    let (login, name) = (LoginId::new("login"), text("create-user"));
    refused("login", logins::find(app, ann, login.clone()).await);
    refused("end", logins::end_any(app, ann, login).await);
    let updated = permissions::update(app, ann.into(), Vec::new());
    refused("update", updated.await);
    let granted = permissions::set_grant(app, ann, name, text("user"), GrantChange::Grant);
    refused("grant", granted.await);
    let members = roles::users_in(app, ann, "admin", 0, None);
    refused("members", members.await);
    let draft = || RoleDraft {
        name: text("Night shift"),
        description: None,
        scope: RoleScope::Users,
    };
    refused("create", roles::create(app, ann, draft()).await);
    let changed = roles::update(app, ann, "bot", draft());
    refused("change", changed.await);
    refused("delete", roles::delete(app, ann, "bot").await);
    refused("add", roles::add_user(app, ann, "ann", "bot").await);
    refused("take", roles::remove_user(app, ann, "ann", "user").await);
    let setting = "Presence_broadcast_disabled";
    refused("setting", settings::find(app, ann, setting).await);
    let off = SettingValue::Boolean(false);
    refused("set", settings::set(app, ann, setting, off).await);
    refused("enable", settings::enable_broadcast(app, ann).await);
}

#[tokio::test]
async fn users_and_tokens_are_refused_without_the_permission() {
    let (server, ann) = setup().await;
    let admin = UserId::new(server.admin().await.id());
    let (app, ann) = (&server.app, &ann);
    let text = str::to_owned;
    let new = accounts::NewAccount::default();
    refused("create", accounts::create(app, ann, new).await);
    let key = UserKey::Id(admin.clone());
    refused("delete", accounts::delete(app, ann, key).await);
    let active = accounts::set_active(app, ann, admin.clone(), true);
    refused("active", active.await);
    let idle = accounts::deactivate_idle(app, ann, 1, text("user"));
    refused("idle", idle.await);
    let avatar = avatars::reset(app, ann, UserKey::Id(admin.clone()));
    refused("avatar", avatar.await);
    let logout = accounts::end_logins(app, ann, admin.clone());
    refused("logout", logout.await);
    let preferences = preferences::set(
        app,
        ann,
        admin,
        preferences::NewPreferences {
            public_board: None,
            json: Some(text("{}")),
            denied: None,
            utc_offset: None,
        },
    );
    refused("preferences", preferences.await);
    let users = queries::list(app, ann, UserQuery::default());
    refused("users", users.await.map(drop));
    let found = queries::search(app, ann, None, UserQuery::default());
    refused("search", found.await.map(drop));
    refused("tokens", tokens::list(app, ann).await);
    let generated = tokens::generate(app, ann, text("t"), false);
    refused("generate", generated.await);
    refused("regenerate", tokens::regenerate(app, ann, text("t")).await);
    refused("remove", tokens::remove(app, ann, "t").await);
}

#[tokio::test]
async fn some_requests_need_a_second_permission() {
    let (server, ann) = setup().await;
    let admin = UserId::new(server.admin().await.id());
    let app = &server.app;
    let holding = |permission: &str| {
        let mut actor = (**ann.actor()).clone();
        actor.grants = Grants::named([permission]);
        Requester::new(Arc::new(actor), ADDRESS)
    };
    let creator = holding("create-user");
    let new = |roles: &[&str], active| accounts::NewAccount {
        username: "bob".to_owned(),
        name: "Bob".to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        active,
        ..accounts::NewAccount::default()
    };
    let deactivated = accounts::create(app, &creator, new(&["user"], false));
    refused("created deactivated", deactivated.await);
    let administrator = accounts::create(app, &creator, new(&["admin"], true));
    refused("created as an administrator", administrator.await);
    let granter = holding("access-permissions");
    let added = roles::add_user(app, &granter, "ann", "admin");
    refused("made an administrator", added.await);
    let key = Some(UserKey::Id(admin));
    let draft = presence::StatusDraft::default();
    let status = presence::set_status(app, &ann, key, draft);
    refused("status of another", status.await);
}

#[tokio::test]
async fn displays_are_refused_without_the_permission() {
    let (server, ann) = setup().await;
    let (app, caller) = (&server.app, Caller::from(&ann));
    let (name, look) = ("Lobby".to_owned(), DisplayLook::default());
    let created = displays::create(app, Caller::Operator, name.clone(), look.clone());
    let id = created.await.unwrap().display.id;
    refused("list", displays::list(app, caller).await);
    refused("create", displays::create(app, caller, name, look).await);
    refused("rotate", displays::rotate(app, caller, id.clone()).await);
    refused("revoke", displays::revoke(app, caller, id).await);
    refused("status", doorsign::service::server::status(app, &ann).await);
    refused("settings", settings::list(app, &ann).await);
}
