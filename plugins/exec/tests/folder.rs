//! Which files are hooks, under which names, and what is said of the others. It does not know how one is run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of tests may panic like the tests"
)]

mod support;

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::sync::Arc;

use doorsign_exec::{Folder, Settings};
use doorsign_hook::{Found, HookError, HookSource};
use support::{Place, deliver, roomy, set_mode};

/// Names, and the reasons beside those that are no hooks; in the order of their names.
fn told(found: &[Found]) -> Vec<(&str, Option<&str>)> {
    let mut told: Vec<_> = found
        .iter()
        .map(|found| {
            (
                &*found.name,
                found.hook.as_ref().err().map(|reason| &**reason),
            )
        })
        .collect();
    told.sort_unstable();
    told
}

fn names(found: &[Found]) -> Vec<&str> {
    let told = told(found);
    assert!(told.iter().all(|(_, reason)| reason.is_none()), "{told:?}");
    told.into_iter().map(|(name, _)| name).collect()
}

fn folder(place: &Place) -> Folder {
    place.folder(Settings::default())
}

#[test]
fn executable_files_and_links_to_such_are_hooks() {
    let place = Place::new();
    place.script("Greet.SH", "");
    place.script("2 löcher", "");
    place.file("README", "", 0o644);
    place.file(".hidden", "", 0o755);
    place.file("greet.sh~", "", 0o755);
    fs::create_dir(place.path().join("folder")).unwrap();
    symlink("Greet.SH", place.path().join("link")).unwrap();
    symlink("README", place.path().join("link-to-text")).unwrap();
    symlink("nowhere", place.path().join("dangling")).unwrap();
    let found = folder(&place).look();
    assert_eq!(
        names(&found),
        ["exec-2-l-cher", "exec-greet-sh", "exec-link"]
    );
    for Found { name, hook } in &found {
        assert_eq!(hook.as_ref().unwrap().name(), name);
    }
}

#[test]
fn a_hook_is_the_same_one_as_long_as_its_file_is_there() {
    let place = Place::with("exit 1");
    let mut folder = folder(&place);
    let first = folder.look().remove(0).hook.unwrap();
    place.script("hook.sh", "exit 2");
    let second = folder.look().remove(0).hook.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    fs::remove_file(place.path().join("hook.sh")).unwrap();
    assert_eq!(names(&folder.look()), [""; 0]);
}

#[tokio::test]
async fn a_changed_program_is_used_at_once() {
    let place = Place::with("exit 1");
    let hook = place.hook(roomy());
    assert!(deliver(&*hook).await.0.is_err());
    place.script("hook.sh", "exit 0");
    assert_eq!(deliver(&*hook).await.0, Ok(()));
}

#[test]
fn a_folder_comes_and_goes() {
    let place = Place::new();
    let path = place.path().join("hooks");
    let mut folder = Folder::new(path.clone(), Settings::default());
    let missing = format!("{} does not exist: create it", real(&path));
    assert_eq!(told(&folder.look()), [("exec", Some(&*missing))]);
    fs::create_dir(&path).unwrap();
    set_mode(&path, 0o755);
    assert_eq!(told(&folder.look()), []);
    place.file("hooks/one", "", 0o755);
    assert_eq!(names(&folder.look()), ["exec-one"]);
    fs::remove_dir_all(&path).unwrap();
    assert_eq!(told(&folder.look()), [("exec", Some(&*missing))]);
}

#[test]
fn of_two_with_one_name_the_one_that_was_there_first_is_the_hook() {
    let place = Place::new();
    place.script("a.sh", "");
    let mut folder = folder(&place);
    let first = folder.look().remove(0).hook.unwrap();
    place.script("A-sh", "");
    let found = folder.look();
    let path = |file| place.path().join(file).display().to_string();
    let reason = format!(
        "{}: {} already has the same name",
        path("A-sh"),
        path("a.sh")
    );
    assert_eq!(
        told(&found),
        [("exec-a-sh", None), ("exec-a-sh", Some(&*reason))]
    );
    let kept = found.into_iter().find_map(|found| found.hook.ok());
    assert!(Arc::ptr_eq(&first, &kept.unwrap()));
}

#[test]
fn what_others_can_write_to_is_refused() {
    let place = Place::new();
    place.file("one", "", 0o755);
    place.file("two", "", 0o757);
    symlink("two", place.path().join("link")).unwrap();
    let mut folder = folder(&place);
    let reason = |file: &str| writable(&place.path().join(file));
    assert_eq!(
        told(&folder.look()),
        [
            ("exec-link", Some(&*reason("two"))),
            ("exec-one", None),
            ("exec-two", Some(&*reason("two"))),
        ]
    );
    for mode in [0o777, 0o1777] {
        set_mode(&place.path(), mode);
        let reason = writable(&place.path());
        assert_eq!(told(&folder.look()), [("exec", Some(&*reason))]);
    }
}

#[test]
fn a_folder_below_one_that_others_can_write_to_has_no_hooks() {
    let place = Place::new();
    let (parent, path) = (
        place.path().join("parent"),
        place.path().join("parent/hooks"),
    );
    fs::create_dir_all(&path).unwrap();
    set_mode(&path, 0o755);
    place.file("parent/hooks/one", "", 0o755);
    let mut folder = Folder::new(path, Settings::default());
    set_mode(&parent, 0o777);
    assert_eq!(told(&folder.look()), [("exec", Some(&*writable(&parent)))]);
    set_mode(&parent, 0o1777);
    assert_eq!(names(&folder.look()), ["exec-one"]);
    if chown(place.path().join("parent/hooks/one"), Some(54_321), None).is_ok() {
        let found = folder.look();
        let [(name, Some(reason))] = told(&found)[..] else {
            panic!("it was to be refused")
        };
        assert_eq!(name, "exec-one");
        assert!(reason.contains("belongs to user 54321"), "{reason}");
    }
}

#[tokio::test]
async fn a_program_that_others_can_change_is_not_started_even_before_the_next_look() {
    let place = Place::with("exit 1");
    let (hook, path) = (place.hook(roomy()), place.path().join("hook.sh"));
    for (part, bad, good) in [(&path, 0o757, 0o755), (&place.path(), 0o777, 0o700)] {
        set_mode(part, bad);
        let refused = Err(HookError::Retry(writable(part)));
        assert_eq!(deliver(&*hook).await.0, refused);
        set_mode(part, good);
    }
    let parked = Err(HookError::Permanent("exit code 1".to_owned()));
    assert_eq!(deliver(&*hook).await.0, parked);
}

#[test]
fn scripts_and_programs_that_nobody_may_execute_are_told_of() {
    let place = Place::new();
    place.file("script.sh", "#!/bin/sh\n", 0o644);
    place.file("program", b"\x7fELF\x02\x01\x01", 0o600);
    place.file("notes.txt", "# !", 0o644);
    place.file("empty", "", 0o644);
    let found = folder(&place).look();
    let reason = |file: &str| {
        let path = place.path().join(file).display().to_string();
        format!("{path} is not executable; run chmod +x {path}")
    };
    assert_eq!(
        told(&found),
        [
            ("exec-program", Some(&*reason("program"))),
            ("exec-script-sh", Some(&*reason("script.sh"))),
        ]
    );
}

/// Why something is refused that others can write to.
fn writable(path: &Path) -> String {
    let path = real(path);
    format!("{path} can be written to by other users: chmod go-w {path}")
}

/// A path without links, as it is told, of a file in a folder that may not be there.
fn real(path: &Path) -> String {
    let folder = path.parent().unwrap().canonicalize().unwrap();
    folder.join(path.file_name().unwrap()).display().to_string()
}

#[test]
fn a_folder_that_is_none_is_told_of() {
    let place = Place::with("");
    let path = place.path().join("hook.sh");
    let mut folder = Folder::new(path.clone(), Settings::default());
    let reason = format!("{}: Not a directory (os error 20)", path.display());
    assert_eq!(told(&folder.look()), [("exec", Some(&*reason))]);
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_retried_only_if_that_can_help() {
    let place = Place::with("");
    let (hook, path) = (place.hook(roomy()), place.path().join("hook.sh"));
    let shown = path.display();
    fs::remove_file(&path).unwrap();
    let reason = format!("cannot start {shown}: No such file or directory (os error 2)");
    assert_eq!(deliver(&*hook).await.0, Err(HookError::Retry(reason)));
    place.file("hook.sh", "#!/no/such/thing\n", 0o755);
    let reason = format!("{shown}: the interpreter in its first line does not exist");
    assert_eq!(deliver(&*hook).await.0, Err(HookError::Permanent(reason)));
    place.file("hook.sh", "#!/bin/sh\n", 0o644);
    let reason = format!("{shown} is not executable: Permission denied (os error 13)");
    assert_eq!(deliver(&*hook).await.0, Err(HookError::Permanent(reason)));
    place.file("hook.sh", b"\x7fELF\x02\x01\x01 no program", 0o755);
    let reason = format!("{shown} is not a program for this machine");
    assert_eq!(deliver(&*hook).await.0, Err(HookError::Permanent(reason)));
}
