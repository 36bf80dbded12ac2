//! A folder of modules for the tests, and events to deliver. It does not know what is tested.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file needs a part of it; the helpers of tests may panic like the tests"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use doorsign_hook::{
    Actor, Delivery, HookError, HookSource, PostCreateHook, Status, StatusCreated,
};
use doorsign_wasm::{Folder, Settings};
use tempfile::TempDir;

/// All four functions, with the memory that they need; tests add what is to happen.
pub const IMPORTS: &str = r#"
    (import "doorsign_v1" "event_len" (func $event_len (result i32)))
    (import "doorsign_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
    (import "doorsign_v1" "log" (func $log (param i32 i32)))
    (import "doorsign_v1" "set_result" (func $set_result (param i32 i32 i32)))
    (memory (export "memory") 1)
"#;

/// A folder of its own.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    /// Puts a module there by renaming, as it is to be done.
    pub fn module(&self, file: &str, wat: &str) {
        self.file(file, wat::parse_str(wat).unwrap());
    }

    pub fn file(&self, file: &str, content: impl AsRef<[u8]>) {
        let new = self.path().join(".new");
        fs::write(&new, content).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o644)).unwrap();
        fs::rename(new, self.path().join(file)).unwrap();
    }

    pub fn set_mode(&self, file: &str, mode: u32) {
        let path = self.path().join(file);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    pub fn folder(&self, settings: Settings) -> Folder {
        Folder::new(self.path(), settings)
    }
}

/// A limit that nothing here reaches, also on a busy machine.
pub fn roomy() -> Settings {
    Settings {
        limit: Duration::from_secs(120),
        ..Settings::default()
    }
}

/// A module with the functions of `doorsign_v1`, and this beside them.
pub fn with_imports(rest: &str) -> String {
    format!("(module {IMPORTS} {rest})")
}

/// A module whose `on_event` does this.
pub fn doing(body: &str) -> String {
    with_imports(&format!(r#"(func (export "on_event") {body})"#))
}

/// The hook that a module's text is.
pub fn hook_of(wat: &str, settings: Settings) -> Arc<dyn PostCreateHook> {
    let place = Place::new();
    place.module("hook.wasm", wat);
    let mut found = place.folder(settings).look();
    assert_eq!(found.len(), 1);
    found.remove(0).hook.unwrap()
}

/// The first attempt at an event.
pub fn delivery() -> Delivery {
    let status = Status::new("65462e97a2f73c7460e18f84", "caught up", "busy", 0);
    let actor = Actor::new("rocketcatadmin123", "admin");
    Delivery::new(StatusCreated::new(7, 0, actor, status).into(), 1)
}

/// The answer and the notes of one delivery.
pub async fn deliver(hook: &dyn PostCreateHook) -> (Result<(), HookError>, String) {
    let delivery = delivery();
    let answer = hook.deliver(&delivery).await;
    (answer, delivery.notes())
}

/// The answer and the notes of one delivery to a module.
pub async fn run(wat: &str, settings: Settings) -> (Result<(), HookError>, String) {
    deliver(&*hook_of(wat, settings)).await
}
