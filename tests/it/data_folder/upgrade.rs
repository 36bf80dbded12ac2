//! Upgrades of databases of earlier versions, with all their content.

use crate::support::page::Page;
use crate::support::process::Home;
use crate::support::store::presence::{busy, id};
use crate::support::store::{admin_at, at, status, user};
use doorsign::domain::{
    Baseline, Change, ClaimSource, DeliveryRecord, DeliveryState, EventId, HiddenFrom, HookKind,
    Permission, PresencePolicy, Role, RoleDraft, RoleScope, StatusChange, StatusId, StatusText,
    UserKey, UserPatch, UserStatus, VisibilityPatch, VisibilitySwitches,
};
use doorsign::server::data_folder::Folder;
use doorsign::store::{self, Database, DatabaseSettings};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;

/// The schemas of earlier versions, as they were.
const SCHEMA_2: &str = include_str!("schema_2.sql");
const SCHEMA_3: &str = include_str!("schema_3.sql");
const SCHEMA_4: &str = include_str!("schema_4.sql");
const SCHEMA_5: &str = include_str!("schema_5.sql");
const SCHEMA_6: &str = include_str!("schema_6.sql");
const SCHEMA_7: &str = include_str!("schema_7.sql");

fn connect(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::default()).unwrap()
}

/// Creates a file of that version with a user, a claim, a custom status, and an event that a hook
/// has parked.
fn make(path: &Path, schema: &str) {
    let old = connect(path);
    old.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    old.execute_batch(schema).unwrap();
    old.execute_batch(
        r#"INSERT INTO user (id, username, username_key, name, name_key, email, email_key, password_hash, active, email_verified,
               require_password_change, utc_offset, preferences, created_at, updated_at)
           VALUES ('ann''s id', 'ann', 'ann', 'ANN', 'ann', 'ann@example.org', 'ann@example.org', 'hash', 1, 0, 0, 0, NULL, 1, 1);
           INSERT INTO user_role VALUES ('ann''s id', 'user');
           INSERT INTO presence VALUES ('ann''s id', 'online before', 7);
           INSERT INTO claim VALUES ('ann''s id', 'manual', 'busy', 'Lunch', 100);
           INSERT INTO custom_user_status VALUES ('000000000000000000000001', 'one', 'one', 'busy', 1);
           UPDATE custom_user_status_total SET total = 1;
           INSERT INTO event (kind, payload, created_at) VALUES ('presence.changed', '{"actor_id":"admin''s id","actor_username":"admin",
               "user_id":"ann''s id","username":"ann","status":"busy","text":"Lunch","source":"manual","expires_at":100}', 7);
           INSERT INTO consumer (name, cursor) VALUES ('picky', 1), ('other', 0);"#,
    )
    .unwrap();
    let parked = if [SCHEMA_4, SCHEMA_5, SCHEMA_6, SCHEMA_7].contains(&schema) {
        "INSERT INTO delivery (consumer, event_id, state, attempts, reason, notes, at) VALUES ('picky', 1, 'parked', 16, 'never this one', '', 8)"
    } else {
        "INSERT INTO parked (consumer, event_id, reason, attempts, parked_at) VALUES ('picky', 1, 'never this one', 16, 8)"
    };
    old.execute_batch(parked).unwrap();
}

fn open(path: &Path) -> Arc<dyn Database> {
    store::open(DatabaseSettings::of(path)).unwrap()
}

/// Every table and index, and every column of each table by name: type, nullability, default,
/// position in the primary key.
fn shape(path: &Path) -> Vec<String> {
    let database = connect(path);
    let mut shape = database
        .prepare(
            "SELECT concat_ws(' ', s.type, s.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk)
             FROM sqlite_schema AS s LEFT JOIN pragma_table_xinfo(s.name) AS c ORDER BY s.name, c.name",
        )
        .unwrap();
    let rows = shape.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn version(path: &Path) -> i32 {
    let database = connect(path);
    let version = database.pragma_query_value(None, "user_version", |row| row.get(0));
    version.unwrap()
}

#[tokio::test]
async fn a_file_of_version_2_opens_with_everything_in_it() {
    Page::of("install").states("schema 2 to 7");
    opens_with_everything(SCHEMA_2).await;
}

#[tokio::test]
async fn a_file_of_version_3_opens_with_everything_in_it() {
    opens_with_everything(SCHEMA_3).await;
}

#[tokio::test]
async fn a_file_of_version_4_opens_with_everything_in_it() {
    opens_with_everything(SCHEMA_4).await;
}

#[tokio::test]
async fn a_file_of_version_5_opens_with_everything_in_it() {
    opens_with_everything(SCHEMA_5).await;
}

#[tokio::test]
async fn a_file_of_version_6_opens_with_everything_in_it() {
    opens_with_everything(SCHEMA_6).await;
}

#[tokio::test]
async fn a_file_of_version_7_opens_with_everything_in_it() {
    opens_with_everything(SCHEMA_7).await;
}

#[tokio::test]
async fn rules_of_status_visibility_can_be_stored_after_an_upgrade() {
    for schema in [SCHEMA_2, SCHEMA_6] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        make(&path, schema);
        let store = open(&path);
        let presence = store.find_presence(id("ann")).await.unwrap();
        assert!(presence.visibility.is_open());
        let hide = UserPatch {
            visibility: Some(VisibilityPatch {
                disabled_by_admin: Some(true),
                ..VisibilityPatch::default()
            }),
            switches: VisibilitySwitches {
                applies_by_admin: true,
                ..VisibilitySwitches::default()
            },
            ..UserPatch::default()
        };
        let hidden = store.update_user(id("ann"), hide, admin_at(9)).await;
        hidden.unwrap();
        let rules = store.list_status_visibility().await.unwrap().people;
        assert!(rules.len() == 1 && rules[0].1.disabled_by_admin);
    }
}

#[tokio::test]
async fn custom_roles_can_be_created_after_an_upgrade() {
    for schema in [SCHEMA_2, SCHEMA_5] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        make(&path, schema);
        let store = open(&path);
        let roles = store.list_roles().await.unwrap();
        let is_built_in = |role: &Role| role.protected && role.updated_at == at(1);
        assert!(roles.iter().all(is_built_in), "{roles:?}");
        assert_eq!(store.list_removed_roles().await.unwrap(), []);
        let draft = |name: &str| RoleDraft {
            name: name.to_owned(),
            description: None,
            scope: RoleScope::Users,
        };
        let night = Role::custom("night".to_owned(), draft("Night"), at(8)).unwrap();
        store.create_role(night, admin_at(8)).await.unwrap();
        let taken = Role::custom("day".to_owned(), draft("admin"), at(9)).unwrap();
        store.create_role(taken, admin_at(9)).await.unwrap_err();
        let grants = store.list_permissions().await.unwrap();
        let avatars = Permission::EditOtherUserAvatar.name();
        let grant = grants.iter().find(|grant| grant.permission == avatars);
        assert_eq!(grant.unwrap().roles, ["admin"]);
    }
}

/// Checks that hooks keep their cursors and parked events, and that the administrator may manage
/// them.
async fn check_hooks(store: &dyn Database) {
    let hooks = store.list_hooks().await.unwrap();
    let known: Vec<_> = hooks
        .iter()
        .map(|hook| (&*hook.name, hook.kind, hook.cursor.as_u64(), hook.parked))
        .collect();
    let built_in = HookKind::BuiltIn;
    assert_eq!(
        known,
        [("other", built_in, 0, 0), ("picky", built_in, 1, 1)]
    );
    assert!(
        hooks
            .iter()
            .all(|hook| hook.off.is_none() && hook.missing.is_none())
    );
    let parked = DeliveryRecord {
        event: EventId::new(1),
        state: DeliveryState::Parked,
        attempts: 16,
        reason: "never this one".to_owned(),
        notes: String::new(),
        at: at(8),
        next_at: None,
    };
    let deliveries = store
        .list_deliveries("picky", None, EventId::new(0), 9)
        .await;
    assert_eq!(deliveries.unwrap(), [parked]);
    let grants = store.list_permissions().await.unwrap();
    let manage_hooks = Permission::ManageOutgoingIntegrations.name();
    let grant = grants.iter().find(|grant| grant.permission == manage_hooks);
    assert_eq!(grant.unwrap().roles, ["admin"]);
}

/// Checks that a file of that version has everything that [`make`] put in it, also after a
/// reopening.
async fn opens_with_everything(schema: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doorsign.db");
    make(&path, schema);
    for _ in 0..2 {
        let store = open(&path);
        let (ann, hash) = store
            .find_user(UserKey::Id(id("ann")))
            .await
            .unwrap()
            .unwrap();
        let expected = user("ann");
        assert_eq!((ann, &*hash), (expected, "hash"));
        let presence = store.find_presence(id("ann")).await.unwrap();
        assert_eq!(presence.claims, [busy(Some(100))]);
        assert_eq!(presence.baseline, Baseline::OnlineBefore);
        assert_eq!(presence.policy, PresencePolicy::Connection);
        let one = store.find_status(StatusId::new(format!("{:024x}", 1)));
        assert_eq!(one.await.unwrap(), Some(status(1, "one")));
        let events = store.events_after(EventId::new(0), 9).await.unwrap();
        let change = StatusChange {
            user: id("ann"),
            username: user("ann").username,
            status: UserStatus::Busy,
            text: StatusText::new("Lunch"),
            source: Some(ClaimSource::Manual),
            expires_at: Some(at(100)),
            set_at: None,
            baseline: Baseline::Offline,
            hidden_from: HiddenFrom::none(),
        };
        let expected = admin_at(7).event(Change::PresenceChanged(change));
        assert_eq!(events[0].as_ref().unwrap().event, expected);
        assert_eq!(events.len(), 1, "an upgrade appends no event");
        check_hooks(&*store).await;
    }
    let policy = UserPatch {
        presence_policy: Some(PresencePolicy::Heartbeat),
        ..UserPatch::default()
    };
    let store = open(&path);
    let changed = store.update_user(id("ann"), policy, admin_at(8)).await;
    changed.unwrap();
    drop(store);
    let presence = open(&path).find_presence(id("ann")).await.unwrap();
    assert_eq!(presence.policy, PresencePolicy::Heartbeat);
}

#[tokio::test]
async fn an_upgraded_file_has_the_schema_of_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let older = folder.path().join("older.db");
    let oldest = folder.path().join("oldest.db");
    make(&oldest, SCHEMA_2);
    make(&older, SCHEMA_3);
    let newer = folder.path().join("newer.db");
    make(&old, SCHEMA_4);
    make(&newer, SCHEMA_5);
    let newest = folder.path().join("newest.db");
    make(&newest, SCHEMA_6);
    let latest = folder.path().join("latest.db");
    make(&latest, SCHEMA_7);
    drop(open(&new));
    for old in [&oldest, &older, &old, &newer, &newest, &latest] {
        assert_ne!(shape(old), shape(&new));
        drop(open(old));
        assert_eq!(shape(old), shape(&new));
        assert_eq!((version(old), version(&new)), (8, 8));
    }
    for path in [oldest, older, old, newer, newest, latest, new] {
        let database = connect(&path);
        let columns = "username_key, id, username, name, name_key, password_hash, active, email_verified, require_password_change, utc_offset, created_at, updated_at, presence_policy";
        let add = |policy: &str| {
            let values =
                format!("'{policy}', '{policy}', '', '', '', '', 1, 0, 0, 0, 1, 1, '{policy}'");
            database.execute(
                &format!("INSERT INTO user ({columns}) VALUES ({values})"),
                [],
            )
        };
        for policy in PresencePolicy::ALL {
            add(policy.as_str()).unwrap();
        }
        assert!(
            add("sometimes").is_err(),
            "a CHECK constraint lists the policies"
        );
    }
}

#[tokio::test]
async fn an_upgrade_that_fails_leaves_the_file_at_its_version() {
    for (before_version, schema, obstacle) in [
        (
            2,
            SCHEMA_2,
            "ALTER TABLE user ADD COLUMN presence_policy TEXT",
        ),
        (2, SCHEMA_2, "CREATE TABLE delivery (id INTEGER)"),
        (3, SCHEMA_3, "CREATE TABLE webhook_secret (id INTEGER)"),
        (4, SCHEMA_4, "ALTER TABLE login ADD COLUMN client TEXT"),
        (5, SCHEMA_5, "CREATE TABLE removed_role (id INTEGER)"),
        (
            6,
            SCHEMA_6,
            "ALTER TABLE user ADD COLUMN status_denied TEXT",
        ),
        (7, SCHEMA_7, "CREATE TABLE display (id INTEGER)"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        make(&path, schema);
        let old = connect(&path);
        old.execute_batch(obstacle).unwrap();
        let before = shape(&path);
        assert!(store::open(DatabaseSettings::of(&path)).is_err());
        drop(old);
        assert_eq!(version(&path), before_version, "{obstacle}");
        assert_eq!(shape(&path), before);
    }
}

#[tokio::test]
async fn an_upgrade_drops_hooks_of_removed_webhooks_and_retries_before_a_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doorsign.db");
    make(&path, SCHEMA_4);
    let left_over =
        "INSERT INTO webhook VALUES ('bell', 'https://example.org/', '', 7);
         INSERT INTO consumer (name, kind, cursor) VALUES ('webhook-bell', 'webhook', 1), ('webhook-gone', 'webhook', 0);
         INSERT INTO delivery (consumer, event_id, state, attempts, reason, notes, at) VALUES
             ('webhook-bell', 1, 'retrying', 1, 'not now', '', 8), ('other', 1, 'retrying', 1, 'not now', '', 8);";
    connect(&path).execute_batch(left_over).unwrap();
    let store = open(&path);
    let hooks = store.list_hooks().await.unwrap();
    let names: Vec<_> = hooks.iter().map(|hook| &*hook.name).collect();
    assert_eq!(names, ["other", "picky", "webhook-bell"]);
    for (hook, expected) in [("webhook-bell", 0), ("other", 1)] {
        let deliveries = store.list_deliveries(hook, None, EventId::new(0), 9).await;
        assert_eq!(deliveries.unwrap().len(), expected, "{hook}");
    }
}

/// Commands that read, and one per group that writes.
const COMMANDS: [&[&str]; 9] = [
    &["user", "list"],
    &["token", "list", "ann"],
    &["claim", "list", "ann"],
    &["hooks"],
    &["webhook", "list"],
    &["audit"],
    &["user", "add", "bob"],
    &["claim", "set", "ann", "busy"],
    &["hooks", "pause", "picky"],
];

#[tokio::test]
async fn commands_refuse_an_older_database_and_only_a_server_upgrades_it() {
    let home = Home::new();
    let folder = Folder::create(&home.data()).unwrap();
    let path = folder.database();
    make(&path, SCHEMA_4);
    let before = shape(&path);
    let refused = async || {
        for args in COMMANDS {
            let reason = home.run(args).await.refused(1);
            assert!(
                reason.contains("has schema 4, and this doorsign needs 8"),
                "{reason}"
            );
            assert_eq!(
                (version(&path), shape(&path)),
                (4, before.clone()),
                "{args:?}"
            );
        }
    };
    refused().await;
    // While an older server holds the lock.
    let lock = folder.lock().unwrap();
    refused().await;
    drop(lock);
    let server = home.serve(&[], &[]).await;
    assert_eq!(version(&path), 8);
    let users = home.run(&["user", "list"]).await.succeeded();
    assert_eq!(users.lines().count(), 1, "{users}");
    server.end().await;
}
