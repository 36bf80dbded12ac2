//! Dev mode's clock: setting, advancing and freezing it, and what expires then.

use crate::support::dev::{control, dev_server, look, seeded};
use serde_json::json;

#[tokio::test]
async fn advancing_the_clock_past_the_expiry_of_a_status_ends_it() {
    let server = dev_server().await;
    let ann = seeded(&server, "ann");
    let lunch = json!({"status": "away", "message": "lunch", "expiresAt": "2026-01-01T01:00:00Z"});
    ann.post("users.setStatus", lunch).await.expect(200);
    let end = async || ann.get("users.getStatus").await.json()["statusExpiresAt"].clone();
    let at_one = "2026-01-01T01:00:00.000Z";
    assert_eq!(end().await, at_one);
    let events = || *server.app.store.committed().borrow();
    let before = events();
    control(&server, "clock", json!({"advance": "59m"})).await;
    assert_eq!((end().await, events()), (json!(at_one), before));
    control(&server, "clock", json!({"advance": "1m"})).await;
    assert!(events() > before, "the expiry has published no event");
    assert_eq!(end().await, json!(null));
}

#[tokio::test]
async fn advancing_the_clock_expires_a_login_and_resetting_the_clock_restores_it() {
    let server = dev_server().await;
    let ann = server.anon().logged_in("ann", "ann").await;
    ann.get("me").await.expect(200);
    let clock = control(&server, "clock", json!({"advance": "100d"})).await;
    let later = json!({"now": "2026-04-11T00:00:00.000Z", "frozen": false, "success": true});
    assert_eq!(clock, later);
    ann.get("me").await.refused(401);
    seeded(&server, "ann").get("me").await.expect(200);
    control(&server, "clock", json!({"real": true})).await;
    ann.get("me").await.expect(200);
}

#[tokio::test]
async fn new_statuses_use_the_time_of_a_set_or_frozen_clock() {
    let server = dev_server().await;
    let admin = seeded(&server, "admin");
    let christmas = json!({"now": "2026-12-24T12:00:00Z", "frozen": true});
    control(&server, "clock", christmas).await;
    server.clock.advance(std::time::Duration::from_secs(60));
    let created = admin.create("at noon").await.expect(200).json();
    let at = &created["customUserStatus"]["_updatedAt"];
    assert_eq!(at, "2026-12-24T12:00:00.000Z");
    let running = control(&server, "clock", json!({"frozen": false})).await;
    assert_eq!(running["now"], "2026-12-24T12:00:00.000Z");
    server.clock.advance(std::time::Duration::from_secs(60));
    let clock = look(&server, "clock").await;
    assert_eq!(clock["now"], "2026-12-24T12:01:00.000Z");
}
