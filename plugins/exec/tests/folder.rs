//! Which files are hooks, under which names, and why others are rejected.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of tests may panic like the tests"
)]

mod support;

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::sync::Arc;

use doorsign_exec::{Folder, Settings};
use doorsign_hook::{Found, HookError, HookSource};
use support::{Scripts, deliver, listed, names, real, roomy, set_mode, writable};

fn folder(scripts: &Scripts) -> Folder {
    scripts.source(Settings::default())
}

#[test]
fn executable_files_and_links_to_such_are_hooks() {
    let scripts = Scripts::new();
    scripts.script("Greet.SH", "");
    scripts.script("2 löcher", "");
    scripts.file("README", "", 0o644);
    scripts.file(".hidden", "", 0o755);
    scripts.file("greet.sh~", "", 0o755);
    fs::create_dir(scripts.path().join("folder")).unwrap();
    symlink("Greet.SH", scripts.path().join("link")).unwrap();
    symlink("README", scripts.path().join("link-to-text")).unwrap();
    symlink("nowhere", scripts.path().join("dangling")).unwrap();
    let found = folder(&scripts).scan();
    assert_eq!(
        names(&found),
        ["exec-2-l-cher", "exec-greet-sh", "exec-link"]
    );
    for Found { name, hook } in &found {
        assert_eq!(hook.as_ref().unwrap().name(), name);
    }
}

#[test]
fn a_hook_stays_the_same_while_its_file_exists() {
    let scripts = Scripts::with("exit 1");
    let mut folder = folder(&scripts);
    let first = folder.scan().remove(0).hook.unwrap();
    scripts.script("hook.sh", "exit 2");
    let second = folder.scan().remove(0).hook.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    fs::remove_file(scripts.path().join("hook.sh")).unwrap();
    assert_eq!(names(&folder.scan()), [""; 0]);
}

#[tokio::test]
async fn a_changed_program_is_used_at_once() {
    let scripts = Scripts::with("exit 1");
    let hook = scripts.hook(roomy());
    assert!(deliver(&*hook).await.0.is_err());
    scripts.script("hook.sh", "exit 0");
    assert_eq!(deliver(&*hook).await.0, Ok(()));
}

#[test]
fn a_folder_may_appear_and_disappear() {
    let scripts = Scripts::new();
    let path = scripts.path().join("hooks");
    let mut folder = Folder::new(path.clone(), Settings::default());
    let missing = format!("{} does not exist: create it", real(&path));
    assert_eq!(listed(&folder.scan()), [("exec", Some(&*missing))]);
    fs::create_dir(&path).unwrap();
    set_mode(&path, 0o755);
    assert_eq!(listed(&folder.scan()), []);
    scripts.file("hooks/one", "", 0o755);
    assert_eq!(names(&folder.scan()), ["exec-one"]);
    fs::remove_dir_all(&path).unwrap();
    assert_eq!(listed(&folder.scan()), [("exec", Some(&*missing))]);
}

#[test]
fn the_first_of_two_files_with_one_name_is_the_hook() {
    let scripts = Scripts::new();
    scripts.script("a.sh", "");
    let mut folder = folder(&scripts);
    let first = folder.scan().remove(0).hook.unwrap();
    scripts.script("A-sh", "");
    let found = folder.scan();
    let path = |file| scripts.path().join(file).display().to_string();
    let reason = format!(
        "{}: {} already has the same name",
        path("A-sh"),
        path("a.sh")
    );
    assert_eq!(
        listed(&found),
        [("exec-a-sh", None), ("exec-a-sh", Some(&*reason))]
    );
    let kept = found.into_iter().find_map(|found| found.hook.ok());
    assert!(Arc::ptr_eq(&first, &kept.unwrap()));
}

#[test]
fn files_and_folders_that_others_can_write_to_are_rejected() {
    let scripts = Scripts::new();
    scripts.file("one", "", 0o755);
    scripts.file("two", "", 0o757);
    symlink("two", scripts.path().join("link")).unwrap();
    let mut folder = folder(&scripts);
    let reason = |file: &str| writable(&scripts.path().join(file));
    assert_eq!(
        listed(&folder.scan()),
        [
            ("exec-link", Some(&*reason("two"))),
            ("exec-one", None),
            ("exec-two", Some(&*reason("two"))),
        ]
    );
    for mode in [0o777, 0o1777] {
        set_mode(&scripts.path(), mode);
        let reason = writable(&scripts.path());
        assert_eq!(listed(&folder.scan()), [("exec", Some(&*reason))]);
    }
}

#[test]
fn a_folder_has_no_hooks_if_others_can_write_to_its_parent() {
    let scripts = Scripts::new();
    let (parent, path) = (
        scripts.path().join("parent"),
        scripts.path().join("parent/hooks"),
    );
    fs::create_dir_all(&path).unwrap();
    set_mode(&path, 0o755);
    scripts.file("parent/hooks/one", "", 0o755);
    let mut folder = Folder::new(path, Settings::default());
    set_mode(&parent, 0o777);
    assert_eq!(
        listed(&folder.scan()),
        [("exec", Some(&*writable(&parent)))]
    );
    set_mode(&parent, 0o1777);
    assert_eq!(names(&folder.scan()), ["exec-one"]);
    if chown(scripts.path().join("parent/hooks/one"), Some(54_321), None).is_ok() {
        let found = folder.scan();
        let [(name, Some(reason))] = listed(&found)[..] else {
            panic!("it was to be refused")
        };
        assert_eq!(name, "exec-one");
        assert!(reason.contains("belongs to user 54321"), "{reason}");
    }
}

#[tokio::test]
async fn a_program_that_others_can_change_is_not_started_even_before_the_next_scan() {
    let scripts = Scripts::with("exit 1");
    let (hook, path) = (scripts.hook(roomy()), scripts.path().join("hook.sh"));
    for (part, bad, good) in [(&path, 0o757, 0o755), (&scripts.path(), 0o777, 0o700)] {
        set_mode(part, bad);
        let refused = Err(HookError::Retry(writable(part)));
        assert_eq!(deliver(&*hook).await.0, refused);
        set_mode(part, good);
    }
    let parked = Err(HookError::Permanent("exit code 1".to_owned()));
    assert_eq!(deliver(&*hook).await.0, parked);
}

#[test]
fn scripts_and_programs_without_execute_permission_are_reported() {
    let scripts = Scripts::new();
    scripts.file("script.sh", "#!/bin/sh\n", 0o644);
    scripts.file("program", b"\x7fELF\x02\x01\x01", 0o600);
    scripts.file("notes.txt", "# !", 0o644);
    scripts.file("empty", "", 0o644);
    let found = folder(&scripts).scan();
    let reason = |file: &str| {
        let path = scripts.path().join(file).display().to_string();
        format!("{path} is not executable; run chmod +x {path}")
    };
    assert_eq!(
        listed(&found),
        [
            ("exec-program", Some(&*reason("program"))),
            ("exec-script-sh", Some(&*reason("script.sh"))),
        ]
    );
}

#[test]
fn a_file_instead_of_a_folder_is_reported() {
    let scripts = Scripts::with("");
    let path = scripts.path().join("hook.sh");
    let mut folder = Folder::new(path.clone(), Settings::default());
    let reason = format!("{}: Not a directory (os error 20)", path.display());
    assert_eq!(listed(&folder.scan()), [("exec", Some(&*reason))]);
}

#[tokio::test]
async fn a_failed_start_is_retried_only_if_that_can_help() {
    let scripts = Scripts::with("");
    let (hook, path) = (scripts.hook(roomy()), scripts.path().join("hook.sh"));
    let shown = path.display();
    fs::remove_file(&path).unwrap();
    let reason = format!("cannot start {shown}: No such file or directory (os error 2)");
    assert_eq!(deliver(&*hook).await.0, Err(HookError::Retry(reason)));
    scripts.file("hook.sh", "#!/no/such/thing\n", 0o755);
    let reason = format!("{shown}: the interpreter in its first line does not exist");
    assert_eq!(deliver(&*hook).await.0, Err(HookError::Permanent(reason)));
    scripts.file("hook.sh", "#!/bin/sh\n", 0o644);
    let reason = format!("{shown} is not executable: Permission denied (os error 13)");
    assert_eq!(deliver(&*hook).await.0, Err(HookError::Permanent(reason)));
    scripts.file("hook.sh", b"\x7fELF\x02\x01\x01 no program", 0o755);
    let reason = format!("{shown} is not a program for this machine");
    assert_eq!(deliver(&*hook).await.0, Err(HookError::Permanent(reason)));
}
