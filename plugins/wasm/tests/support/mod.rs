//! A folder of modules, and the text of modules.

#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "each test file needs a part of it; the helpers of tests may panic like the tests"
)]

#[path = "../../../hook-folder/tests/support/mod.rs"]
mod folder;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use doorsign_hook::{Delivery, HookError, HookSource, PostCreateHook};
use doorsign_wasm::{Folder, Settings};
pub use folder::{TestFolder, deliver_once as deliver, listed, names, real, set_mode, writable};

/// All four functions and the memory that they need.
pub const IMPORTS: &str = r#"
    (import "doorsign_v1" "event_len" (func $event_len (result i32)))
    (import "doorsign_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
    (import "doorsign_v1" "log" (func $log (param i32 i32)))
    (import "doorsign_v1" "set_result" (func $set_result (param i32 i32 i32)))
    (memory (export "memory") 1)
"#;

/// A folder of modules.
pub struct Modules(TestFolder);

impl Modules {
    pub fn new() -> Self {
        Self(TestFolder::new())
    }

    /// Compiles a module into a file.
    pub fn module(&self, file: &str, wat: &str) {
        self.file(file, wat::parse_str(wat).unwrap(), 0o644);
    }

    pub fn source(&self, settings: Settings) -> Folder {
        Folder::new(self.path(), settings)
    }
}

impl Deref for Modules {
    type Target = TestFolder;

    fn deref(&self) -> &TestFolder {
        &self.0
    }
}

/// A limit that no test reaches, even on a busy machine.
pub fn roomy() -> Settings {
    Settings {
        limit: Duration::from_secs(120),
        ..Settings::default()
    }
}

/// A module with the functions of `doorsign_v1` and `rest`.
pub fn with_imports(rest: &str) -> String {
    format!("(module {IMPORTS} {rest})")
}

/// A module whose `on_event` runs `body`.
pub fn doing(body: &str) -> String {
    with_imports(&format!(r#"(func (export "on_event") {body})"#))
}

/// Loads a module from its text.
pub fn hook_of(wat: &str, settings: Settings) -> Arc<dyn PostCreateHook> {
    let modules = Modules::new();
    modules.module("hook.wasm", wat);
    let mut found = modules.source(settings).scan();
    assert_eq!(found.len(), 1);
    found.remove(0).hook.unwrap()
}

/// The first attempt at an event.
pub fn delivery() -> Delivery {
    folder::delivery("caught up")
}

/// The result and the notes of one delivery to a module.
pub async fn run(wat: &str, settings: Settings) -> (Result<(), HookError>, String) {
    deliver(&*hook_of(wat, settings)).await
}
