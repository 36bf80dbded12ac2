//! Databases of every kind, and rows for them.

pub mod changes;
pub mod hooks;
pub mod presence;

use doorsign::domain::{
    By, Change, CustomStatus, Email, NewEvent, Profile, StatusId, StatusName, StatusType,
    Timestamp, User, UserId, Username,
};
use doorsign::store::{self, DatabaseSettings, Store};
use std::sync::Arc;

/// A database that can be opened, and opened again.
pub enum Database {
    /// In a file.
    Folder(tempfile::TempDir),
    /// In memory, where it ends with the store: to open it again gives the same one.
    Memory(Arc<dyn store::Database>),
}

impl Database {
    pub fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Folder(folder) => {
                let path = folder.path().join("doorsign.db");
                store::open(DatabaseSettings::of(&path)).unwrap()
            }
            Self::Memory(store) => store.clone(),
        }
    }
}

/// Runs `check` on a new database of each kind.
pub async fn every_store(check: impl AsyncFn(Database)) {
    every_shared_store(&check).await;
    check(Database::Memory(store::open_in_memory().unwrap())).await;
}

/// As [`every_store`], without those that no other process can open.
pub async fn every_shared_store(check: impl AsyncFn(Database)) {
    check(Database::Folder(tempfile::tempdir().unwrap())).await;
}

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// The administrator, who does something at `millis`.
pub fn admin_at(millis: i64) -> By {
    user("admin").by(at(millis))
}

/// A busy status with the id and the time `n`.
pub fn status(n: i64, name: &str) -> CustomStatus {
    CustomStatus {
        id: StatusId::new(format!("{n:024x}")),
        name: StatusName::parse(name.to_owned()).unwrap(),
        status_type: StatusType::Busy,
        updated_at: at(n),
    }
}

/// The event that ann did this.
pub fn event(change: Change) -> NewEvent {
    user("ann").by(at(42)).event(change)
}

/// Creates `status` with its event.
pub async fn create(store: &dyn Store, status: &CustomStatus) -> doorsign::domain::Result<()> {
    let event = event(Change::StatusCreated(status.clone()));
    store.create_status(status.clone(), event).await
}

/// Updates to `status` with its event.
pub async fn update(store: &dyn Store, status: &CustomStatus) -> doorsign::domain::Result<()> {
    let event = event(Change::StatusUpdated(status.clone()));
    store.update_status(status.clone(), event).await
}

/// Deletes the status with the id `n` with its event.
pub async fn delete(store: &dyn Store, n: i64) -> doorsign::domain::Result<()> {
    let id = status(n, "any").id;
    store.delete_status(id, user("ann").by(at(42))).await
}

/// A user with the role `user`, the id `NAME's id` and the address `NAME@example.org`.
pub fn user(name: &str) -> User {
    User {
        id: UserId::new(format!("{name}'s id")),
        username: Username::parse(name.to_owned()).unwrap(),
        name: name.to_uppercase(),
        email: Some(Email::parse(format!("{name}@example.org")).unwrap()),
        roles: vec!["user".to_owned()],
        active: true,
        profile: Profile::default(),
        created_at: at(1),
        updated_at: at(1),
    }
}
