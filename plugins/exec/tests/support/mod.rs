//! A folder of scripts, and a pipe that shows whether they run.

#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test file needs a part of it; the helpers of tests may panic like the tests"
)]

#[path = "../../../hook-folder/tests/support/mod.rs"]
mod folder;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use doorsign_exec::{Folder, Settings};
use doorsign_hook::{HookError, HookSource, PostCreateHook};
pub use folder::{TestFolder, delivery, listed, names, real, set_mode, writable};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A limit that programs that end by themselves never reach.
pub const ROOMY: Duration = Duration::from_secs(60);

/// A limit for programs that do not end.
pub const SHORT: Duration = Duration::from_millis(500);

/// A folder of scripts.
pub struct Scripts(TestFolder);

impl Scripts {
    pub fn new() -> Self {
        Self(TestFolder::new())
    }

    /// A folder with one executable file, `hook.sh`, with this text after `#!/bin/sh`.
    pub fn with(script: &str) -> Self {
        let folder = Self::new();
        folder.script("hook.sh", script);
        folder
    }

    /// Writes an executable shell script.
    pub fn script(&self, file: &str, script: &str) {
        self.file(file, format!("#!/bin/sh\n{script}\n"), 0o755);
    }

    pub fn source(&self, settings: Settings) -> Folder {
        Folder::new(self.path(), settings)
    }

    /// The only hook of the folder.
    pub fn hook(&self, settings: Settings) -> Arc<dyn PostCreateHook> {
        let mut hooks = self.hooks(settings);
        assert_eq!(hooks.len(), 1);
        hooks.remove(0)
    }

    /// All hooks of the folder.
    pub fn hooks(&self, settings: Settings) -> Vec<Arc<dyn PostCreateHook>> {
        let found = self.source(settings).scan();
        found.into_iter().map(|found| found.hook.unwrap()).collect()
    }
}

impl Deref for Scripts {
    type Target = TestFolder;

    fn deref(&self) -> &TestFolder {
        &self.0
    }
}

pub fn within(limit: Duration) -> Settings {
    Settings {
        limit,
        ..Settings::default()
    }
}

pub fn roomy() -> Settings {
    within(ROOMY)
}

/// The result and the notes of one delivery.
pub async fn deliver(hook: &dyn PostCreateHook) -> (Result<(), HookError>, String) {
    loop {
        let (result, notes) = folder::deliver_once(hook).await;
        if !is_busy(&result) {
            return (result, notes);
        }
    }
}

/// Whether a forked copy of this process still has the script open for writing, because another
/// test is starting a program.
pub fn is_busy(answer: &Result<(), HookError>) -> bool {
    matches!(answer, Err(HookError::Retry(reason)) if reason.contains("Text file busy"))
}

/// The result and the notes of one delivery to a script.
pub async fn run(script: &str, settings: Settings) -> (Result<(), HookError>, String) {
    deliver(&*Scripts::with(script).hook(settings)).await
}

/// A pipe that a script and all its children hold open as descriptor 3. The first line written to it
/// shows that the script has begun.
pub struct Pulse {
    first: oneshot::Receiver<String>,
    end: oneshot::Receiver<()>,
}

impl Pulse {
    /// The start of such a script.
    pub const OPEN: &str = "exec 3>alive; echo begun >&3\n";

    pub fn of(folder: &Scripts) -> Self {
        let path = folder.path().join("alive");
        assert!(
            Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let (begun, first) = oneshot::channel();
        let (ended, end) = oneshot::channel();
        // On its own thread: reading blocks until no process has the pipe open.
        std::thread::spawn(move || {
            let mut lines = BufReader::new(File::open(path).unwrap()).lines();
            let _ = begun.send(lines.next().unwrap().unwrap());
            lines.for_each(drop);
            let _ = ended.send(());
        });
        Self { first, end }
    }

    pub async fn begun(&mut self) {
        let first = timeout(ROOMY, &mut self.first).await;
        first.expect("the script has not begun").unwrap();
    }

    pub async fn ended(self) {
        let end = timeout(ROOMY, self.end).await;
        end.expect("a process is left").unwrap();
    }
}
