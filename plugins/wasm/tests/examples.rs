//! The example of the guide.

#![allow(
    clippy::unwrap_used,
    reason = "the helpers of tests may panic like the tests"
)]

mod support;

use doorsign_hook::{
    Actor, Delivery, HookError, Status, StatusCreated, UserStatusChanged, conformance,
};
use support::{deliver, delivery, hook_of, roomy};

const DOOR: &str = include_str!("../examples/door.wat");

#[tokio::test]
async fn each_event_is_in_the_notes() {
    let hook = hook_of(DOOR, roomy());
    let json = delivery().event.json();
    assert_eq!(deliver(&*hook).await, (Ok(()), format!("{json}\n")));
    let user = Actor::new("rocketcatuser4567", "ann");
    let changed = UserStatusChanged::new(8, 0, user.clone(), user, "away", "Mittag ⏰");
    let changed = Delivery::new(changed.into(), 1);
    hook.deliver(&changed).await.unwrap();
    assert_eq!(changed.notes(), format!("{}\n", changed.event.json()));
    conformance::check(&*hook).await.unwrap();
}

#[test]
fn the_compiled_example_matches_its_text() {
    let module: &[u8] = include_bytes!("../examples/door.wasm");
    assert!(wat::parse_str(DOOR).unwrap() == module);
}

#[tokio::test]
async fn an_event_too_long_for_the_notes_is_retried() {
    let status = Status::new("0".repeat(24), "x".repeat(4096), "busy", 0);
    let created = StatusCreated::new(1, 0, Actor::new("a", "ann"), status);
    let delivery = Delivery::new(created.into(), 1);
    let answer = hook_of(DOOR, roomy()).deliver(&delivery).await;
    let retry = HookError::Retry("longer than the notes".into());
    assert_eq!((answer, delivery.notes()), (Err(retry), String::new()));
}
