//! The shell example of the guide. `tests/clients` runs the one in Python.

#![allow(
    clippy::unwrap_used,
    reason = "the helpers of tests may panic like the tests"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use doorsign_exec::Folder;
use doorsign_hook::{Actor, Delivery, HookError, HookSource, UserStatusChanged, conformance};
use support::{Scripts, deliver, delivery, roomy};

/// A folder with a copy of this example.
fn scripts_with(example: &str) -> Scripts {
    let scripts = Scripts::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    fs::copy(path.join(example), scripts.path().join(example)).unwrap();
    scripts
}

fn changed(id: u64, user: &str, status: &str) -> Delivery {
    let user = Actor::new("rocketcatuser4567", user);
    let changed = UserStatusChanged::new(id, 0, user.clone(), user, status, "Mittag \"⏰\"");
    Delivery::new(changed.into(), 1)
}

#[tokio::test]
async fn the_journal_has_each_event_once() {
    let scripts = scripts_with("journal.sh");
    let hook = scripts.hook(roomy());
    assert_eq!(deliver(&*hook).await.1, "written, attempt 1\n");
    assert_eq!(deliver(&*hook).await.1, "it is there already\n");
    let other = changed(8, "ann", "away");
    hook.deliver(&other).await.unwrap();
    let (first, second) = (delivery("caught up").event, other.event);
    let expected = [first, second].map(|event| format!("{} {}\n", event.key(), event.json()));
    assert_eq!(scripts.read("journal.txt"), expected.concat());
    conformance::check(&*hook).await.unwrap();
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_is_retried() {
    let scripts = scripts_with("journal.sh");
    fs::create_dir(scripts.path().join("journal.txt")).unwrap();
    let (answer, _) = deliver(&*scripts.hook(roomy())).await;
    assert_eq!(answer, Err(HookError::Retry("exit code 75".into())));
}

#[tokio::test]
async fn the_path_of_the_folder_may_be_relative() {
    let scripts = scripts_with("journal.sh");
    let up = std::env::current_dir()
        .unwrap()
        .components()
        .skip(1)
        .map(|_| "..")
        .collect::<PathBuf>();
    let relative = up.join(scripts.path().strip_prefix("/").unwrap());
    let hook = Folder::new(relative, roomy())
        .scan()
        .remove(0)
        .hook
        .unwrap();
    assert_eq!(deliver(&*hook).await.0, Ok(()));
    assert!(!scripts.read("journal.txt").is_empty());
}
