//! A folder of scripts for the tests, and events to deliver. It does not know what is tested.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test file needs a part of it; the helpers of tests may panic like the tests"
)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use doorsign_exec::{Folder, Settings};
use doorsign_hook::{
    Actor, Delivery, HookError, HookSource, PostCreateHook, Status, StatusCreated,
};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A limit that no test reaches whose program ends by itself.
pub const ROOMY: Duration = Duration::from_secs(60);

/// A limit for programs that do not end.
pub const SHORT: Duration = Duration::from_millis(500);

/// A folder of its own.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with one executable file in it, `hook.sh`, with this text after `#!/bin/sh`.
    pub fn with(script: &str) -> Self {
        let place = Self::new();
        place.script("hook.sh", script);
        place
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    /// Writes a shell script that may be executed.
    pub fn script(&self, file: &str, script: &str) {
        self.file(file, format!("#!/bin/sh\n{script}\n"), 0o755);
    }

    pub fn file(&self, file: &str, content: impl AsRef<[u8]>, mode: u32) {
        fs::write(self.path().join(file), content).unwrap();
        self.set_mode(file, mode);
    }

    pub fn set_mode(&self, file: &str, mode: u32) {
        set_mode(&self.path().join(file), mode);
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap()
    }

    pub fn folder(&self, settings: Settings) -> Folder {
        Folder::new(self.path(), settings)
    }

    /// The one hook of the folder.
    pub fn hook(&self, settings: Settings) -> Arc<dyn PostCreateHook> {
        let mut hooks = self.hooks(settings);
        assert_eq!(hooks.len(), 1);
        hooks.remove(0)
    }

    /// All hooks of the folder.
    pub fn hooks(&self, settings: Settings) -> Vec<Arc<dyn PostCreateHook>> {
        let found = self.folder(settings).look();
        found.into_iter().map(|found| found.hook.unwrap()).collect()
    }
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
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

/// The first attempt at an event whose status has this name.
pub fn named(name: &str) -> Delivery {
    let status = Status::new("65462e97a2f73c7460e18f84", name, "busy", 1_699_098_263_366);
    let actor = Actor::new("rocketcatadmin123", "admin");
    let created = StatusCreated::new(7, 1_795_428_000_000, actor, status);
    Delivery::new(created.into(), 1)
}

/// The answer and the notes of one delivery.
pub async fn deliver(hook: &dyn PostCreateHook) -> (Result<(), HookError>, String) {
    loop {
        let delivery = named("caught up");
        let answer = hook.deliver(&delivery).await;
        if !is_busy(&answer) {
            return (answer, delivery.notes());
        }
    }
}

/// Whether a script is still open for writing in a process that another test is just starting: it is a copy of this
/// one until it runs something else. A server meets the same where a file is written in place.
pub fn is_busy(answer: &Result<(), HookError>) -> bool {
    matches!(answer, Err(HookError::Retry(reason)) if reason.contains("Text file busy"))
}

/// The answer and the notes of one delivery to a script.
pub async fn run(script: &str, settings: Settings) -> (Result<(), HookError>, String) {
    deliver(&*Place::with(script).hook(settings)).await
}

/// A pipe by which a script and all that it starts show that they live: they have `alive` open as number 3, and the
/// first line that one writes there says that it has begun.
pub struct Pulse {
    first: oneshot::Receiver<String>,
    end: oneshot::Receiver<()>,
}

impl Pulse {
    /// What a script begins with.
    pub const OPEN: &str = "exec 3>alive; echo begun >&3\n";

    pub fn of(place: &Place) -> Self {
        let path = place.path().join("alive");
        assert!(
            Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let (begun, first) = oneshot::channel();
        let (ended, end) = oneshot::channel();
        // On a thread of its own: reading blocks until nobody has the pipe open any more.
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
