//! The example for a shell does what the guide says of it; the one in Python is tried where Python is sure to be, in
//! `tests/clients`. It does not know how they are run.

#![allow(
    clippy::unwrap_used,
    reason = "the helpers of tests may panic like the tests"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use doorsign_exec::Folder;
use doorsign_hook::{Actor, Delivery, HookError, HookSource, UserStatusChanged, conformance};
use support::{Place, deliver, named, roomy};

/// A folder with this example in it, copied with its mode, and the text of the example.
fn place_with(example: &str) -> Place {
    let place = Place::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    fs::copy(path.join(example), place.path().join(example)).unwrap();
    place
}

fn changed(id: u64, user: &str, status: &str) -> Delivery {
    let user = Actor::new("rocketcatuser4567", user);
    let changed = UserStatusChanged::new(id, 0, user.clone(), user, status, "Mittag \"⏰\"");
    Delivery::new(changed.into(), 1)
}

#[tokio::test]
async fn the_journal_has_each_event_once() {
    let place = place_with("journal.sh");
    let hook = place.hook(roomy());
    assert_eq!(deliver(&*hook).await.1, "written, attempt 1\n");
    assert_eq!(deliver(&*hook).await.1, "it is there already\n");
    let other = changed(8, "ann", "away");
    hook.deliver(&other).await.unwrap();
    let (first, second) = (named("caught up").event, other.event);
    let expected = [first, second].map(|event| format!("{} {}\n", event.key(), event.json()));
    assert_eq!(place.read("journal.txt"), expected.concat());
    conformance::check(&*hook).await.unwrap();
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_is_tried_again() {
    let place = place_with("journal.sh");
    fs::create_dir(place.path().join("journal.txt")).unwrap();
    let (answer, _) = deliver(&*place.hook(roomy())).await;
    assert_eq!(answer, Err(HookError::Retry("exit code 75".into())));
}

#[tokio::test]
async fn the_folder_may_be_named_from_where_the_server_runs() {
    let place = place_with("journal.sh");
    let up = std::env::current_dir()
        .unwrap()
        .components()
        .skip(1)
        .map(|_| "..")
        .collect::<PathBuf>();
    let relative = up.join(place.path().strip_prefix("/").unwrap());
    let hook = Folder::new(relative, roomy())
        .look()
        .remove(0)
        .hook
        .unwrap();
    assert_eq!(deliver(&*hook).await.0, Ok(()));
    assert!(!place.read("journal.txt").is_empty());
}
