//! What a module may call, and how its result is interpreted.

mod support;

use doorsign_hook::{HookError, conformance};
use support::{delivery, doing, hook_of, roomy, run};

#[tokio::test]
async fn a_module_without_a_result_has_processed_the_event() {
    let (answer, notes) = run(&doing(""), roomy()).await;
    assert_eq!((answer, notes.as_str()), (Ok(()), ""));
}

#[tokio::test]
async fn the_event_can_be_read_whole_and_logged() {
    let whole = "(call $log (i32.const 9) (call $event_read (i32.const 9) (i32.const 0) (call $event_len)))";
    let (answer, notes) = run(&doing(whole), roomy()).await;
    assert_eq!(answer, Ok(()));
    assert_eq!(notes, format!("{}\n", delivery().event.json()));
}

#[tokio::test]
async fn result_75_requests_a_retry_and_others_park() {
    let set =
        |code: i32| format!(r#"(call $set_result (i32.const {code}) (i32.const 0) (i32.const 0))"#);
    for (code, expected) in [
        (0, Ok(())),
        (75, Err(HookError::Retry("result 75".into()))),
        (1, Err(HookError::Permanent("result 1".into()))),
        (-1, Err(HookError::Permanent("result -1".into()))),
    ] {
        let (answer, _) = run(&doing(&set(code)), roomy()).await;
        assert_eq!(answer, expected, "{code}");
    }
}

#[tokio::test]
async fn the_contract_is_kept() {
    conformance::check(&*hook_of(&doing(""), roomy()))
        .await
        .unwrap();
}
