//! Which files are hooks, under which names, and what is said of the others. It does not know how a module is run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of tests may panic like the tests"
)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use doorsign_hook::{Found, HookError, HookSource, PostCreateHook};
use doorsign_wasm::{Folder, Settings};
use support::{IMPORTS, Place, deliver, doing, roomy};

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

/// The one hook of the folder.
fn only(folder: &mut Folder) -> Arc<dyn PostCreateHook> {
    let mut found = folder.look();
    assert_eq!(found.len(), 1);
    found.remove(0).hook.unwrap()
}

/// A module whose result is this.
fn answering(code: u8) -> String {
    doing(&format!(
        "(call $set_result (i32.const {code}) (i32.const 0) (i32.const 0))"
    ))
}

/// Why the file with these bytes is no hook, without its path.
fn refusal(bytes: impl AsRef<[u8]>) -> String {
    let place = Place::new();
    place.file("hook.wasm", bytes);
    let found = place.folder(Settings::default()).look();
    let [(name, reason)] = told(&found)[..] else {
        panic!("one was to be found")
    };
    assert_eq!(name, "wasm-hook");
    let path = format!("{}: ", place.path().join("hook.wasm").display());
    let reason = reason.unwrap().strip_prefix(&path).unwrap();
    assert!(!reason.contains('\n'), "{reason}");
    reason.to_owned()
}

fn refusal_of(wat: &str) -> String {
    refusal(wat::parse_str(wat).unwrap())
}

#[test]
fn files_that_end_in_wasm_are_hooks() {
    let place = Place::new();
    for file in ["Greet It.wasm", "a.b.wasm", ".hidden.wasm", "c.wat"] {
        place.module(file, &doing(""));
    }
    place.file("README.md", "");
    fs::create_dir(place.path().join("folder.wasm")).unwrap();
    let found = place.folder(Settings::default()).look();
    assert_eq!(names(&found), ["wasm-a-b", "wasm-greet-it"]);
    for Found { name, hook } in &found {
        assert_eq!(hook.as_ref().unwrap().name(), name);
    }
}

#[tokio::test]
async fn a_replaced_file_is_another_hook_at_the_next_look_and_an_unchanged_one_the_same() {
    let place = Place::new();
    let mut folder = place.folder(roomy());
    place.module("hook.wasm", &answering(1));
    let one = only(&mut folder);
    assert!(Arc::ptr_eq(&one, &only(&mut folder)));
    place.module("hook.wasm", &answering(2));
    let two = only(&mut folder);
    let parked = |code| Err(HookError::Permanent(format!("result {code}")));
    assert_eq!(deliver(&*two).await.0, parked(2));
    assert_eq!(deliver(&*one).await.0, parked(1));
    fs::remove_file(place.path().join("hook.wasm")).unwrap();
    assert_eq!(told(&folder.look()), []);
}

#[test]
fn a_file_that_is_being_written_is_broken_until_it_is_whole() {
    let place = Place::new();
    let mut folder = place.folder(Settings::default());
    let whole = wat::parse_str(doing("")).unwrap();
    let path = place.path().join("hook.wasm");
    for length in [0, 3, 8, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let found = folder.look();
        let [(name, reason)] = told(&found)[..] else {
            panic!("{length}")
        };
        assert!(name == "wasm-hook" && reason.is_some(), "{length}");
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(names(&folder.look()), ["wasm-hook"]);
}

#[test]
fn what_is_no_module_is_told_in_one_line() {
    let reason = refusal("#!/bin/sh\necho this is no module\n");
    assert!(reason.contains("magic header"), "{reason}");
    // Text that would be a module once translated.
    let reason = refusal(doing(""));
    assert!(reason.contains("magic header"), "{reason}");
    let reason = refusal([b'\0'; 1000]);
    assert!(!reason.is_empty());
}

#[test]
fn damage_anywhere_is_no_harm() {
    let whole = wat::parse_str(doing("(drop (call $event_len))")).unwrap();
    let place = Place::new();
    let mut folder = place.folder(Settings::default());
    for at in 0..whole.len() {
        for byte in [0, 0x7f, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            place.file("hook.wasm", damaged);
            assert_eq!(folder.look().len(), 1);
        }
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let mut large = wat::parse_str(doing("")).unwrap();
    large.resize((8 << 20) + 1, 0);
    assert_eq!(refusal(large), "larger than 8 MiB");
}

#[test]
fn only_what_is_offered_can_be_imported() {
    let imports = |import: &str| {
        refusal_of(&format!(
            r#"(module (import {import}) (memory (export "memory") 1) (func (export "on_event")))"#
        ))
    };
    for (import, reason) in [
        (
            r#""doorsign_v1" "clock" (func)"#,
            "it imports doorsign_v1.clock: there is no such function",
        ),
        (
            r#""doorsign_v2" "log" (func)"#,
            "it imports doorsign_v2.log: only doorsign_v1 is supported",
        ),
        (
            r#""wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))"#,
            "it imports wasi_snapshot_preview1.fd_write: WASI is not supported; build the module without it",
        ),
        (
            r#""doorsign_v1" "log" (func (param i32))"#,
            "it imports doorsign_v1.log with a wrong type",
        ),
        (
            r#""doorsign_v1" "log" (global i32)"#,
            "it imports doorsign_v1.log with a wrong type",
        ),
        (
            r#""a\nb" "c\1b" (func)"#,
            "it imports a\u{fffd}b.c\u{fffd}: only doorsign_v1 is supported",
        ),
    ] {
        assert_eq!(imports(import), reason);
    }
}

#[test]
fn what_is_called_must_be_exported() {
    let on_event = "it exports no function on_event without parameters and results";
    for (module, reason) in [
        (r#"(module (memory (export "memory") 1))"#, on_event),
        (
            r#"(module (memory (export "memory") 1) (global (export "on_event") i32 (i32.const 0)))"#,
            on_event,
        ),
        (
            r#"(module (memory (export "memory") 1) (func (export "on_event") (param i32)))"#,
            on_event,
        ),
        (
            r#"(module (func (export "on_event")))"#,
            "it exports no memory",
        ),
        (
            r#"(module (func (export "on_event") (export "memory")))"#,
            "it exports no memory",
        ),
        (
            r#"(module (memory (export "memory") 257) (func (export "on_event")))"#,
            "it needs 16842752 bytes of memory at the start; the limit is 16777216",
        ),
    ] {
        assert_eq!(refusal_of(module), reason, "{module}");
    }
    // All of what is offered, and as much memory as may be.
    let module =
        format!(r#"(module {IMPORTS} (func (export "on_event")))"#).replace(") 1)", ") 256)");
    let place = Place::new();
    place.module("hook.wasm", &module);
    only(&mut place.folder(Settings::default()));
}

#[test]
fn of_two_with_one_name_the_one_that_was_there_first_is_the_hook() {
    let place = Place::new();
    place.module("b.wasm", &doing(""));
    let mut folder = place.folder(Settings::default());
    let first = only(&mut folder);
    place.module("B.wasm", &doing(""));
    let found = folder.look();
    let path = |file| place.path().join(file).display().to_string();
    let reason = format!(
        "{}: {} already has the same name",
        path("B.wasm"),
        path("b.wasm")
    );
    assert_eq!(told(&found), [("wasm-b", None), ("wasm-b", Some(&*reason))]);
    let kept = found.into_iter().find_map(|found| found.hook.ok());
    assert!(Arc::ptr_eq(&first, &kept.unwrap()));
    fs::remove_file(place.path().join("b.wasm")).unwrap();
    assert_eq!(names(&folder.look()), ["wasm-b"]);
}

#[test]
fn what_others_can_write_to_is_refused() {
    let place = Place::new();
    place.module("hook.wasm", &doing(""));
    let mut folder = place.folder(Settings::default());
    only(&mut folder);
    for mode in [0o646, 0o666] {
        place.set_mode("hook.wasm", mode);
        let reason = writable(&place.path().join("hook.wasm"));
        assert_eq!(told(&folder.look()), [("wasm-hook", Some(&*reason))]);
    }
    place.set_mode("hook.wasm", 0o644);
    only(&mut folder);
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let reason = writable(&place.path());
    assert_eq!(told(&folder.look()), [("wasm", Some(&*reason))]);
}

#[test]
fn a_folder_comes_and_goes_and_one_that_is_none_is_told_of() {
    let place = Place::new();
    let path = place.path().join("hooks");
    let mut folder = Folder::new(path.clone(), Settings::default());
    let missing = format!("{} does not exist: create it", real(&path));
    assert_eq!(told(&folder.look()), [("wasm", Some(&*missing))]);
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    place.module("hooks/one.wasm", &doing(""));
    assert_eq!(names(&folder.look()), ["wasm-one"]);
    fs::remove_dir_all(&path).unwrap();
    assert_eq!(told(&folder.look()), [("wasm", Some(&*missing))]);
    fs::write(&path, "").unwrap();
    let reason = format!("{}: Not a directory (os error 20)", path.display());
    assert_eq!(told(&folder.look()), [("wasm", Some(&*reason))]);
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
