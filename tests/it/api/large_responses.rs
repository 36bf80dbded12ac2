//! Large responses that clients do not share count against a byte budget until they are read.
//! Without budget, a request gets 503 and a live connection is closed.

use crate::support::flaky::FlakyServer;
use crate::support::raw::{Raw, length, request};
use crate::support::store::{admin_at, at};
use crate::support::{Client, Live, Reply, in_time, look_again};
use doorsign::domain::{Change, CustomStatus, StatusId, StatusName, StatusType};
use doorsign::transport::ByteBudget;
use serde_json::{Value, json};

/// Size of the list in bytes: more than two sockets buffer.
const BYTES: usize = 8_000_000;
const METHOD: &str = "listCustomUserStatus";

async fn server_with_a_long_list() -> (FlakyServer, Client) {
    let server = FlakyServer::start().await;
    let admin = server.admin("t").await;
    let create = |n: usize| {
        let status = CustomStatus {
            id: StatusId::new(n.to_string()),
            name: StatusName::stored(format!("{n} {}", "x".repeat(BYTES / 8))),
            status_type: StatusType::Busy,
            updated_at: at(0),
        };
        let created = admin_at(0).event(Change::StatusCreated(status.clone()));
        server.store.sound().create_status(status, created)
    };
    for created in futures_util::future::join_all((0..8).map(create)).await {
        created.unwrap();
    }
    (server, admin)
}

fn message() -> Value {
    json!({"msg": "method", "id": "1", "method": METHOD, "params": []})
}

/// The list as the result of a method, which is rendered separately for each client.
fn method_call(client: &Client) -> String {
    let body = json!({"message": message().to_string()}).to_string();
    let headers = format!("Content-Type: application/json\r\n{}", length(&body));
    let line = format!("POST /api/v1/method.call/{METHOD}");
    request(client, &line, &headers) + &body
}

fn whole_list(client: &Client) -> String {
    request(client, "GET /api/v1/custom-user-status.list?count=0", "")
}

async fn reply_to(server: &FlakyServer, request: &str) -> Reply {
    let mut raw = Raw::connect(server.address).await;
    raw.send(request).await;
    raw.reply().await.unwrap()
}

async fn wait_until_free(budget: &ByteBudget, bytes: usize) {
    in_time("the free budget", async {
        while budget.free() != bytes {
            look_again().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_response_over_the_budget_gets_503() {
    let (server, admin) = server_with_a_long_list().await;
    let budget = server.slots.answers();
    let all = budget.free();
    let others = budget.try_reserve(all - BYTES / 2).unwrap();
    for request in [method_call(&admin), whole_list(&admin)] {
        let reply = reply_to(&server, &request).await;
        reply.refused(503);
        assert_eq!(reply.json()["errorType"], "error-service-unavailable");
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    admin.create("small answers need no room").await.expect(200);
    assert_eq!(budget.free(), BYTES / 2);
    drop(others);
    for request in [method_call(&admin), whole_list(&admin)] {
        let reply = reply_to(&server, &request).await.expect(200);
        assert!(reply.body.len() > BYTES);
        wait_until_free(budget, all).await;
    }
}

#[tokio::test]
async fn a_large_response_is_counted_until_it_is_read_or_its_client_is_gone() {
    let (server, admin) = server_with_a_long_list().await;
    let budget = server.slots.answers();
    let all = budget.free();
    for request in [method_call(&admin), whole_list(&admin)] {
        for reads in [true, false] {
            let mut raw = Raw::slow(server.address).await;
            raw.send(&request).await;
            raw.stream.readable().await.unwrap();
            // The first bytes have arrived, so hyper owns the body.
            assert!(budget.free() <= all - BYTES, "{request:.60}");
            if reads {
                raw.reply().await.unwrap().expect(200);
            } else {
                drop(raw);
            }
            wait_until_free(budget, all).await;
        }
    }
}

async fn slow_live(server: &FlakyServer, client: &Client) -> Live {
    let raw = Raw::slow(server.address).await;
    let mut live = Live::over(raw.stream, server.address).await.unwrap();
    live.connect().await;
    let (_, token) = client.credentials.as_ref().unwrap();
    live.log_in(json!({"resume": token})).await;
    live
}

#[tokio::test]
async fn large_frames_are_counted_twice_and_close_the_connection_over_the_budget() {
    let (server, admin) = server_with_a_long_list().await;
    let budget = server.slots.answers();
    let all = budget.free();
    let others = budget.try_reserve(all - BYTES).unwrap();
    let mut live = slow_live(&server, &admin).await;
    live.send_frame(message()).await;
    assert_eq!(live.closed().await, 1013);
    drop(others);
    let mut live = slow_live(&server, &admin).await;
    live.send_frame(message()).await;
    in_time("a response", async {
        while budget.free() > all - 2 * BYTES {
            look_again().await;
        }
    })
    .await;
    live.next_where(|frame| frame["msg"] == "result").await;
    live.next_where(|frame| frame["msg"] == "updated").await;
    wait_until_free(budget, all).await;
    live.is_open().await;
}
