//! What a program is given, and what its end means. It does not know how a program is run.

mod support;

use doorsign_hook::{Delivery, HookError, conformance};
use support::{Place, deliver, is_busy, named, roomy, run};

#[tokio::test]
async fn a_program_that_ends_well_has_dealt_with_the_event() {
    let (answer, notes) = run("echo out; echo err >&2; echo out again", roomy()).await;
    assert_eq!(answer, Ok(()));
    assert_eq!(notes, "out\nerr\nout again\n");
}

#[tokio::test]
async fn the_event_is_on_standard_input_and_ends_with_a_line_feed() {
    let (answer, notes) = run("cat", roomy()).await;
    assert_eq!(answer, Ok(()));
    assert_eq!(notes, format!("{}\n", named("caught up").event.json()));
}

#[tokio::test]
async fn exit_code_75_asks_for_another_attempt() {
    let (answer, notes) = run("echo later; exit 75", roomy()).await;
    assert_eq!(answer, Err(HookError::Retry("exit code 75".into())));
    assert_eq!(notes, "later\n");
}

#[tokio::test]
async fn any_other_exit_code_and_any_signal_is_a_failure_for_good() {
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
async fn the_environment_is_told_in_full() {
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
async fn the_number_of_the_attempt_is_told() {
    let place = Place::with("echo $DOORSIGN_ATTEMPT");
    let hook = place.hook(roomy());
    let delivery = Delivery::new(named("caught up").event, 12);
    while is_busy(&hook.deliver(&delivery).await) {}
    assert_eq!(delivery.notes(), "12\n");
}

#[tokio::test]
async fn a_program_runs_in_the_folder() {
    let place = Place::with("echo here > told");
    assert_eq!(deliver(&*place.hook(roomy())).await.0, Ok(()));
    assert_eq!(place.read("told"), "here\n");
}

#[tokio::test]
async fn the_contract_is_kept() {
    let place = Place::with("exit 0");
    // The first start may meet a copy of this process that has the script open still.
    deliver(&*place.hook(roomy())).await.0.unwrap();
    conformance::check(&*place.hook(roomy())).await.unwrap();
}
