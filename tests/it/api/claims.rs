//! `users.claims` and `users.endClaim`: the claims on a status, one by one.

use crate::support::presence::set;
use crate::support::{Client, TestServer};
use doorsign::domain::{ClaimSource, UserStatus};
use doorsign::service::claims::{self, NewClaim};
use serde_json::{Value, json};

/// A calendar claims a status of ann.
async fn calendar(server: &TestServer, status: UserStatus, text: &str) {
    let new = NewClaim {
        source: ClaimSource::External,
        status,
        text: text.to_owned(),
        expires_at: None,
    };
    claims::set(&server.app, "ann", new).await.unwrap();
}

async fn claims_of(client: &Client, query: &str) -> Value {
    let listed = client.get(&format!("users.claims{query}")).await;
    listed.expect(200).json()
}

/// Source, status, text and whether it counts, of each claim.
fn shown(listed: &Value) -> Vec<Value> {
    let rows = listed["claims"].as_array().unwrap().iter();
    rows.map(|row| json!([row["source"], row["status"], row["text"], row["counts"]]))
        .collect()
}

async fn end(client: &Client, body: Value) {
    client.post("users.endClaim", body).await.expect(200);
}

#[tokio::test]
async fn one_claim_is_ended_and_the_others_stay() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    calendar(&server, UserStatus::Away, "Lunch").await;
    let end_at = "2026-01-01T15:00:00.000Z";
    set(
        &ann,
        json!({"status": "busy", "message": "In a meeting", "expiresAt": end_at}),
    )
    .await;
    let listed = claims_of(&ann, "").await;
    let own = json!(["manual", "busy", "In a meeting", true]);
    assert_eq!(
        shown(&listed),
        [own, json!(["external", "away", "Lunch", false])]
    );
    assert_eq!(listed["claims"][0]["expiresAt"], end_at);
    assert_eq!(listed["claims"][0]["setAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(listed["claims"][1].get("expiresAt"), None);
    end(&ann, json!({"source": "manual"})).await;
    let listed = claims_of(&ann, "").await;
    assert_eq!(shown(&listed), [json!(["external", "away", "Lunch", true])]);
    set(&ann, json!({"status": "busy", "message": "Focus"})).await;
    end(&ann, json!({"source": "external"})).await;
    let listed = claims_of(&ann, "").await;
    assert_eq!(shown(&listed), [json!(["manual", "busy", "Focus", true])]);
    end(&ann, json!({"source": "external"})).await;
}

#[tokio::test]
async fn a_user_who_chose_to_be_invisible_has_that_claim_first() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    calendar(&server, UserStatus::Busy, "Meeting").await;
    let new = NewClaim {
        source: ClaimSource::Internal,
        status: UserStatus::Busy,
        text: "On a call".to_owned(),
        expires_at: None,
    };
    claims::set(&server.app, "ann", new).await.unwrap();
    set(&ann, json!({"status": "offline"})).await;
    let sources: Vec<_> = shown(&claims_of(&ann, "").await);
    let first = &sources[0];
    assert_eq!((&first[0], &first[3]), (&json!("manual"), &json!(true)));
    assert_eq!(sources[1][0], "internal");
    assert_eq!(sources[2][0], "external");
}

#[tokio::test]
async fn an_expired_claim_is_not_listed() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let body = json!({"status": "busy", "message": "x", "expiresAt": "2026-01-01T01:00:00Z"});
    set(&ann, body).await;
    server
        .clock
        .advance(std::time::Duration::from_secs(60 * 60));
    let listed = claims_of(&ann, "").await;
    assert_eq!(shown(&listed), Vec::<Value>::new());
    assert!(listed["base"]["status"].is_string(), "{listed}");
}

#[tokio::test]
async fn claims_of_others_need_the_permission_and_hidden_ones_stay_hidden() {
    let server = TestServer::start().await;
    let (admin, ann, bob) = (
        server.admin().await,
        server.user("ann").await,
        server.user("bob").await,
    );
    set(&ann, json!({"status": "busy", "message": "Secret"})).await;
    bob.get("users.claims?username=ann").await.expect(403);
    let body = json!({"source": "manual", "username": "ann"});
    bob.post("users.endClaim", body.clone()).await.expect(403);
    let listed = claims_of(&admin, "?username=ann").await;
    assert_eq!(shown(&listed), [json!(["manual", "busy", "Secret", true])]);
    crate::support::admin::setting(&admin, "Accounts_StatusVisibility_Enabled", true).await;
    let hide = json!({"data": {"statusVisibilityDenied": ["admin"]}});
    ann.post("users.setPreferences", hide).await.expect(200);
    let hidden = claims_of(&admin, "?username=ann").await;
    let untouched = claims_of(&admin, "?username=bob").await;
    assert_eq!(hidden["claims"], json!([]));
    assert_eq!(hidden, untouched);
    assert_eq!(shown(&claims_of(&ann, "").await).len(), 1);
    admin.post("users.endClaim", body).await.expect(200);
    assert_eq!(shown(&claims_of(&ann, "").await).len(), 0);
}
