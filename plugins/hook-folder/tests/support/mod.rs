//! A temporary folder of hooks, and events to deliver. Included by the tests of each kind of
//! folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use doorsign_hook::{Actor, Delivery, Found, HookError, PostCreateHook, Status, StatusCreated};
use tempfile::TempDir;

/// A temporary folder.
pub struct TestFolder(TempDir);

impl TestFolder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    /// Writes a file and moves it to its place, as users should.
    pub fn file(&self, file: &str, content: impl AsRef<[u8]>, mode: u32) {
        let new = self.path().join(".new");
        fs::write(&new, content).unwrap();
        set_mode(&new, mode);
        fs::rename(new, self.path().join(file)).unwrap();
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap()
    }
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The names found, with the reasons of unusable ones, sorted.
pub fn listed(found: &[Found]) -> Vec<(&str, Option<&str>)> {
    let hooks = found.iter().map(|found| {
        let reason = found.hook.as_ref().err().map(String::as_str);
        (&*found.name, reason)
    });
    let mut listed: Vec<_> = hooks.collect();
    listed.sort_unstable();
    listed
}

/// The names found, which are all usable.
pub fn names(found: &[Found]) -> Vec<&str> {
    let listed = listed(found);
    assert!(
        listed.iter().all(|(_, reason)| reason.is_none()),
        "{listed:?}"
    );
    listed.into_iter().map(|(name, _)| name).collect()
}

/// The reason for a file that other users can write to.
pub fn writable(path: &Path) -> String {
    let path = real(path);
    format!("{path} can be written to by other users: chmod go-w {path}")
}

/// The path of a file that may be missing, with the links of its folder resolved.
pub fn real(path: &Path) -> String {
    let folder = path.parent().unwrap().canonicalize().unwrap();
    folder.join(path.file_name().unwrap()).display().to_string()
}

/// The first attempt at the creation of a status with this name.
pub fn delivery(name: &str) -> Delivery {
    let status = Status::new("65462e97a2f73c7460e18f84", name, "busy", 1_699_098_263_366);
    let actor = Actor::new("rocketcatadmin123", "admin");
    let created = StatusCreated::new(7, 1_795_428_000_000, actor, status);
    Delivery::new(created.into(), 1)
}

/// The result and the notes of one delivery.
pub async fn deliver_once(hook: &dyn PostCreateHook) -> (Result<(), HookError>, String) {
    let delivery = delivery("caught up");
    let result = hook.deliver(&delivery).await;
    (result, delivery.notes())
}
