//! What a program receives, and how its exit is interpreted.

mod support;

use doorsign_hook::{Delivery, HookError, conformance};
use support::{Scripts, deliver, delivery, is_busy, roomy, run};

#[tokio::test]
async fn exit_code_0_is_a_success() {
    let (answer, notes) = run("echo out; echo err >&2; echo out again", roomy()).await;
    assert_eq!(answer, Ok(()));
    assert_eq!(notes, "out\nerr\nout again\n");
}

#[tokio::test]
async fn the_event_is_on_standard_input_and_ends_with_a_line_feed() {
    let (answer, notes) = run("cat", roomy()).await;
    assert_eq!(answer, Ok(()));
    assert_eq!(notes, format!("{}\n", delivery("caught up").event.json()));
}

#[tokio::test]
async fn exit_code_75_requests_a_retry() {
    let (answer, notes) = run("echo later; exit 75", roomy()).await;
    assert_eq!(answer, Err(HookError::Retry("exit code 75".into())));
    assert_eq!(notes, "later\n");
}

#[tokio::test]
async fn any_other_exit_code_and_any_signal_is_a_permanent_failure() {
    for (script, reason) in [
        ("exit 3", "exit code 3"),
        ("exit 255", "exit code 255"),
        ("kill -SEGV $$", "killed by signal 11"),
        ("kill -TERM $$", "killed by signal 15"),
    ] {
        let (answer, _) = run(script, roomy()).await;
        assert_eq!(answer, Err(HookError::Permanent(reason.into())), "{script}");
    }
}

#[tokio::test]
async fn the_environment_has_only_the_documented_variables() {
    let (_, notes) = run("exec env", roomy()).await;
    let mut lines: Vec<_> = notes
        .lines()
        .filter(|line| !line.starts_with("PWD="))
        .collect();
    lines.sort_unstable();
    let expected = [
        "DOORSIGN_ATTEMPT=1",
        "DOORSIGN_EVENT_ID=evt_7_1795428000000",
        "DOORSIGN_EVENT_TYPE=custom_user_status.created",
        "PATH=/usr/local/bin:/usr/bin:/bin",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn the_number_of_the_attempt_is_passed() {
    let scripts = Scripts::with("echo $DOORSIGN_ATTEMPT");
    let hook = scripts.hook(roomy());
    let delivery = Delivery::new(delivery("caught up").event, 12);
    while is_busy(&hook.deliver(&delivery).await) {}
    assert_eq!(delivery.notes(), "12\n");
}

#[tokio::test]
async fn a_program_runs_in_the_folder() {
    let scripts = Scripts::with("echo here > output");
    assert_eq!(deliver(&*scripts.hook(roomy())).await.0, Ok(()));
    assert_eq!(scripts.read("output"), "here\n");
}

#[tokio::test]
async fn the_contract_is_kept() {
    let scripts = Scripts::with("exit 0");
    // At the first start, a copy of this process may still have the script open.
    deliver(&*scripts.hook(roomy())).await.0.unwrap();
    conformance::check(&*scripts.hook(roomy())).await.unwrap();
}
