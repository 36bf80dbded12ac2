//! Users who hide their status: those they hide from receive only that they are offline, and all
//! others receive every change.

use crate::support::admin::setting;
use crate::support::frames::{LOGGED, PRESENCE, changed, logged, watched};
use crate::support::hiding::{
    BY_ADMIN, OWN, STATUS, Shown, allow_hiding, disable, hide, status_in,
};
use crate::support::presence::set;
use crate::support::{Client, Live, Setup, TestServer, in_time};
use serde_json::json;

const TOO_SLOW: u16 = 1013;

/// Ann, who can be seen by others, and dan, whose status marks the end of what has to arrive.
struct Office {
    server: TestServer,
    admin: Client,
    ann: Client,
    dan: Client,
    marks: usize,
}

impl Office {
    async fn new() -> Self {
        let setup = Setup::new().config(|config| config.offline_grace_seconds = 0);
        let server = setup.start().await;
        let admin = server.admin().await;
        allow_hiding(&server.app).await;
        let (ann, dan) = (server.user("ann").await, server.user("dan").await);
        Self {
            server,
            admin,
            ann,
            dan,
            marks: 0,
        }
    }

    /// A connection of `viewer`, who watches everyone's status and that of ann.
    async fn watch(&self, viewer: &Client) -> Live {
        let mut live = viewer.live().await;
        self.subscribe(&mut live).await;
        live
    }

    async fn subscribe(&self, live: &mut Live) {
        live.subscribe(LOGGED, json!(["user-status", false])).await;
        let watched = json!({"added": [self.ann.id()]});
        live.subscribe(PRESENCE, json!(["", watched])).await;
    }

    /// A status text of dan that is new. Everything before it is published before it.
    async fn mark(&mut self) -> String {
        self.marks += 1;
        let mark = format!("mark {}", self.marks);
        set(&self.dan, json!({"message": mark})).await;
        mark
    }

    /// What `live` receives about ann up to now.
    async fn received(&mut self, live: &mut Live) -> Vec<Shown> {
        let mark = self.mark().await;
        self.received_until(live, &mark).await
    }

    async fn received_until(&self, live: &mut Live, mark: &str) -> Vec<Shown> {
        let (dan, ann) = (self.dan.id(), self.ann.id());
        let mut received = Vec::new();
        let receiving = async {
            loop {
                let frame = live.receive().await;
                if status_in(&frame, &dan).is_some_and(|(_, _, text)| text == mark) {
                    return;
                }
                received.extend(status_in(&frame, &ann));
            }
        };
        in_time("the mark", receiving).await;
        received
    }
}

/// This status on both streams.
fn both(code: i64, text: &str) -> [Shown; 2] {
    [LOGGED, PRESENCE].map(|stream| (stream, code, text.to_owned()))
}

#[tokio::test]
async fn a_hidden_user_goes_offline_for_one_viewer_and_nothing_more_arrives_there() {
    let mut office = Office::new().await;
    let (bob, cid) = (
        office.server.user("bob").await,
        office.server.user("cid").await,
    );
    let (mut by_bob, mut by_cid) = (office.watch(&bob).await, office.watch(&cid).await);
    let _connected = office.ann.live().await;
    set(&office.ann, json!({"status": "busy", "message": "Lunch"})).await;
    for live in [&mut by_bob, &mut by_cid] {
        let received = office.received(live).await;
        assert_eq!(received.last_chunk(), Some(&both(3, "Lunch")));
    }
    hide(&office.ann, &["bob"]).await;
    assert_eq!(office.received(&mut by_bob).await, both(0, ""));
    assert_eq!(office.received(&mut by_cid).await, []);
    set(&office.ann, json!({"status": "away", "message": "Tea"})).await;
    assert_eq!(office.received(&mut by_cid).await, both(2, "Tea"));
    let second = office.ann.live().await;
    drop(second);
    set(&office.ann, json!({"status": "online", "message": "Back"})).await;
    assert_eq!(office.received(&mut by_cid).await, both(1, "Back"));
    assert_eq!(office.received(&mut by_bob).await, []);
    // From another user, too, and then from no one.
    hide(&office.ann, &["cid", "bob"]).await;
    assert_eq!(office.received(&mut by_cid).await, both(0, ""));
    hide(&office.ann, &[]).await;
    for live in [&mut by_cid, &mut by_bob] {
        assert_eq!(office.received(live).await, both(1, "Back"));
    }
}

#[tokio::test]
async fn a_hidden_user_keeps_being_renamed_and_deleted_for_everyone() {
    let mut office = Office::new().await;
    let bob = office.server.user("bob").await;
    set(&office.ann, json!({"status": "busy", "message": "Lunch"})).await;
    hide(&office.ann, &["bob"]).await;
    let mut by_bob = office.watch(&bob).await;
    for event in ["Users:NameChanged", "Users:Deleted"] {
        by_bob.subscribe(LOGGED, json!([event, false])).await;
    }
    office.received(&mut by_bob).await; // Also that bob himself is online.
    let id = office.ann.id();
    let rename = json!({"userId": id, "data": {"username": "anna", "name": "Anna"}});
    office.admin.post("users.update", rename).await.expect(200);
    let names = json!([{"_id": id, "name": "Anna", "username": "anna"}]);
    by_bob.expect(logged("Users:NameChanged", names)).await;
    let offline = json!([[id, "anna", 0, "", "Anna", ["user"]]]);
    by_bob.expect(logged("user-status", offline)).await;
    let offline = [json!(0), json!("")];
    by_bob.expect(watched(&office.ann, "anna", &offline)).await;
    let role = json!({"username": "anna", "roleId": "bot"});
    let given = office.admin.post("roles.addUserToRole", role).await;
    given.expect(200);
    let offline = json!([[id, "anna", 0, "", "Anna", ["bot", "user"]]]);
    by_bob.expect(logged("user-status", offline)).await;
    // A watcher of an offline user learns of new usernames only.
    assert_eq!(office.received(&mut by_bob).await, []);
    let name = json!({"userId": id, "data": {"name": "Ann"}});
    office.admin.post("users.update", name).await.expect(200);
    let names = json!([{"_id": id, "name": "Ann", "username": "anna"}]);
    by_bob.expect(logged("Users:NameChanged", names)).await;
    let offline = json!([[id, "anna", 0, "", "Ann", ["bot", "user"]]]);
    by_bob.expect(logged("user-status", offline)).await;
    let bio = json!({"userId": id, "data": {"bio": "Likes doors."}});
    office.admin.post("users.update", bio).await.expect(200);
    assert_eq!(office.received(&mut by_bob).await, []);
    let delete = json!({"userId": id});
    office.admin.post("users.delete", delete).await.expect(200);
    let deleted = json!([{"userId": id, "messageErasureType": "Delete"}]);
    by_bob.expect(logged("Users:Deleted", deleted)).await;
}

#[tokio::test]
async fn users_see_themselves_while_an_administrator_hides_them_from_everyone() {
    let mut office = Office::new().await;
    let mut own = office.watch(&office.ann).await;
    let own_data = format!("{}/userData", office.ann.id());
    own.subscribe("stream-notify-user", json!([own_data, false]))
        .await;
    let mut by_admin = office.watch(&office.admin).await;
    office.received(&mut own).await;
    disable(&office.admin, &office.ann, true).await;
    let received = office.received(&mut by_admin).await;
    assert_eq!(received.last_chunk(), Some(&both(0, "")));
    assert_eq!(own.result("UserPresence:away", json!([])).await, true);
    let away = json!([{
        "type": "updated", "id": office.ann.id(), "diff": {"status": "away"}, "unset": {"statusText": 1},
    }]);
    let away = changed("stream-notify-user", &own_data, away);
    own.next_where(|frame| *frame == away).await;
    assert_eq!(office.received(&mut own).await, both(2, ""));
    assert_eq!(office.received(&mut by_admin).await, []);
    disable(&office.admin, &office.ann, false).await;
    assert_eq!(office.received(&mut by_admin).await, both(2, ""));
}

#[tokio::test]
async fn another_user_on_the_same_connection_sees_what_that_user_may_see() {
    let mut office = Office::new().await;
    let (bob, cid) = (
        office.server.user("bob").await,
        office.server.user("cid").await,
    );
    hide(&office.ann, &["bob"]).await;
    let mut live = office.watch(&bob).await;
    for (client, text, is_shown) in [
        (&bob, "one", false),
        (&cid, "two", true),
        (&bob, "three", false),
        (&cid, "four", true),
    ] {
        let token = &client.credentials.as_ref().unwrap().1;
        live.result("login", json!([{"resume": token}])).await;
        live.forget();
        set(&office.ann, json!({"status": "busy", "message": text})).await;
        let expected = if is_shown {
            both(3, text).to_vec()
        } else {
            Vec::new()
        };
        assert_eq!(office.received(&mut live).await, expected, "{text}");
    }
}

#[tokio::test]
async fn each_setting_of_status_visibility_makes_all_clients_reconnect() {
    let office = Office::new().await;
    let bob = office.server.user("bob").await;
    set(&office.ann, json!({"status": "busy", "message": "Lunch"})).await;
    hide(&office.ann, &["bob"]).await;
    for (name, value) in [
        (OWN, false),
        (BY_ADMIN, false),
        (STATUS, false),
        (STATUS, true),
    ] {
        let mut live = office.watch(&bob).await;
        setting(&office.admin, name, value).await;
        assert_eq!(live.closed().await, TOO_SLOW, "{name} = {value}");
    }
}

#[tokio::test]
async fn without_the_workspace_setting_users_see_only_themselves() {
    let office = Office::new().await;
    setting(&office.admin, STATUS, false).await;
    let mut by_admin = office.watch(&office.admin).await;
    let updated = json!(["updateCustomUserStatus", false]);
    by_admin.subscribe(LOGGED, updated).await;
    let mut own = office.watch(&office.ann).await;
    assert_eq!(own.result("UserPresence:away", json!([])).await, true);
    let away = Some((LOGGED, 2, String::new()));
    own.next_where(|frame| status_in(frame, &office.ann.id()) == away)
        .await;
    office.admin.create("end").await.expect(200);
    let (ann, is_end) = (office.ann.id(), "updateCustomUserStatus");
    loop {
        let frame = by_admin.receive().await;
        if frame["fields"]["eventName"] == is_end {
            break;
        }
        assert_eq!(status_in(&frame, &ann), None, "{frame}");
    }
}
