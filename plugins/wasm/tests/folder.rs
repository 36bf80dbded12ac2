//! Which files are hooks, under which names, and why others are rejected.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of tests may panic like the tests"
)]

mod support;

use std::fs;
use std::sync::Arc;

use doorsign_hook::{Found, HookError, HookSource, PostCreateHook};
use doorsign_wasm::{Folder, Settings};
use support::{IMPORTS, Modules, deliver, doing, listed, names, real, roomy, set_mode, writable};

/// The only hook of the folder.
fn only(folder: &mut Folder) -> Arc<dyn PostCreateHook> {
    let mut found = folder.scan();
    assert_eq!(found.len(), 1);
    found.remove(0).hook.unwrap()
}

/// A module with this result.
fn answering(code: u8) -> String {
    doing(&format!(
        "(call $set_result (i32.const {code}) (i32.const 0) (i32.const 0))"
    ))
}

/// The reason why a file with these bytes is rejected, without its path.
fn refusal(bytes: impl AsRef<[u8]>) -> String {
    let modules = Modules::new();
    modules.file("hook.wasm", bytes, 0o644);
    let found = modules.source(Settings::default()).scan();
    let [(name, reason)] = listed(&found)[..] else {
        panic!("one was to be found")
    };
    assert_eq!(name, "wasm-hook");
    let path = format!("{}: ", modules.path().join("hook.wasm").display());
    let reason = reason.unwrap().strip_prefix(&path).unwrap();
    assert!(!reason.contains('\n'), "{reason}");
    reason.to_owned()
}

fn refusal_of(wat: &str) -> String {
    refusal(wat::parse_str(wat).unwrap())
}

#[test]
fn files_that_end_in_wasm_are_hooks() {
    let modules = Modules::new();
    for file in ["Greet It.wasm", "a.b.wasm", ".hidden.wasm", "c.wat"] {
        modules.module(file, &doing(""));
    }
    modules.file("README.md", "", 0o644);
    fs::create_dir(modules.path().join("folder.wasm")).unwrap();
    let found = modules.source(Settings::default()).scan();
    assert_eq!(names(&found), ["wasm-a-b", "wasm-greet-it"]);
    for Found { name, hook } in &found {
        assert_eq!(hook.as_ref().unwrap().name(), name);
    }
}

#[tokio::test]
async fn a_replaced_file_is_a_new_hook_at_the_next_scan() {
    let modules = Modules::new();
    let mut folder = modules.source(roomy());
    modules.module("hook.wasm", &answering(1));
    let one = only(&mut folder);
    assert!(Arc::ptr_eq(&one, &only(&mut folder)));
    modules.module("hook.wasm", &answering(2));
    let two = only(&mut folder);
    let parked = |code| Err(HookError::Permanent(format!("result {code}")));
    assert_eq!(deliver(&*two).await.0, parked(2));
    assert_eq!(deliver(&*one).await.0, parked(1));
    fs::remove_file(modules.path().join("hook.wasm")).unwrap();
    assert_eq!(listed(&folder.scan()), []);
}

#[test]
fn an_incomplete_file_is_invalid() {
    let modules = Modules::new();
    let mut folder = modules.source(Settings::default());
    let whole = wat::parse_str(doing("")).unwrap();
    let path = modules.path().join("hook.wasm");
    for length in [0, 3, 8, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let found = folder.scan();
        let [(name, reason)] = listed(&found)[..] else {
            panic!("{length}")
        };
        assert!(name == "wasm-hook" && reason.is_some(), "{length}");
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(names(&folder.scan()), ["wasm-hook"]);
}

#[test]
fn an_invalid_module_is_reported_in_one_line() {
    let reason = refusal("#!/bin/sh\necho not a module\n");
    assert!(reason.contains("magic header"), "{reason}");
    // The text form of a module.
    let reason = refusal(doing(""));
    assert!(reason.contains("magic header"), "{reason}");
    let reason = refusal([b'\0'; 1000]);
    assert!(!reason.is_empty());
}

#[test]
fn damaged_files_cannot_break_the_scan() {
    let whole = wat::parse_str(doing("(drop (call $event_len))")).unwrap();
    let modules = Modules::new();
    let mut folder = modules.source(Settings::default());
    for at in 0..whole.len() {
        for byte in [0, 0x7f, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            modules.file("hook.wasm", damaged, 0o644);
            assert_eq!(folder.scan().len(), 1);
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
fn only_existing_functions_can_be_imported() {
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
fn required_exports_are_checked() {
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
    // All functions, and the maximum memory.
    let module =
        format!(r#"(module {IMPORTS} (func (export "on_event")))"#).replace(") 1)", ") 256)");
    let modules = Modules::new();
    modules.module("hook.wasm", &module);
    only(&mut modules.source(Settings::default()));
}

#[test]
fn the_first_of_two_files_with_one_name_is_the_hook() {
    let modules = Modules::new();
    modules.module("b.wasm", &doing(""));
    let mut folder = modules.source(Settings::default());
    let first = only(&mut folder);
    modules.module("B.wasm", &doing(""));
    let found = folder.scan();
    let path = |file| modules.path().join(file).display().to_string();
    let reason = format!(
        "{}: {} already has the same name",
        path("B.wasm"),
        path("b.wasm")
    );
    assert_eq!(
        listed(&found),
        [("wasm-b", None), ("wasm-b", Some(&*reason))]
    );
    let kept = found.into_iter().find_map(|found| found.hook.ok());
    assert!(Arc::ptr_eq(&first, &kept.unwrap()));
    fs::remove_file(modules.path().join("b.wasm")).unwrap();
    assert_eq!(names(&folder.scan()), ["wasm-b"]);
}

#[test]
fn files_and_folders_that_others_can_write_to_are_rejected() {
    let modules = Modules::new();
    modules.module("hook.wasm", &doing(""));
    let mut folder = modules.source(Settings::default());
    only(&mut folder);
    for mode in [0o646, 0o666] {
        set_mode(&modules.path().join("hook.wasm"), mode);
        let reason = writable(&modules.path().join("hook.wasm"));
        assert_eq!(listed(&folder.scan()), [("wasm-hook", Some(&*reason))]);
    }
    set_mode(&modules.path().join("hook.wasm"), 0o644);
    only(&mut folder);
    set_mode(&modules.path(), 0o777);
    let reason = writable(&modules.path());
    assert_eq!(listed(&folder.scan()), [("wasm", Some(&*reason))]);
}

#[test]
fn a_folder_may_appear_and_disappear_and_a_file_in_its_place_is_reported() {
    let modules = Modules::new();
    let path = modules.path().join("hooks");
    let mut folder = Folder::new(path.clone(), Settings::default());
    let missing = format!("{} does not exist: create it", real(&path));
    assert_eq!(listed(&folder.scan()), [("wasm", Some(&*missing))]);
    fs::create_dir(&path).unwrap();
    set_mode(&path, 0o755);
    modules.module("hooks/one.wasm", &doing(""));
    assert_eq!(names(&folder.scan()), ["wasm-one"]);
    fs::remove_dir_all(&path).unwrap();
    assert_eq!(listed(&folder.scan()), [("wasm", Some(&*missing))]);
    fs::write(&path, "").unwrap();
    let reason = format!("{}: Not a directory (os error 20)", path.display());
    assert_eq!(listed(&folder.scan()), [("wasm", Some(&*reason))]);
}
