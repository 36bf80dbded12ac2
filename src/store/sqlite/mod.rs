//! The store on SQLite: how a database file is checked, created and opened, and how SQLite's errors become the domain's.
//!
//! This folder is the only place that knows rusqlite and r2d2. It leaves the async world through `Writer::write` and
//! `Readers::read`, and knows nothing of rules or requests.

mod custom_status;
mod group;
mod job;
mod logins;
mod marks;
mod open;
mod outbox;
mod permissions;
mod pool;
mod users;
mod writer;

pub use open::OpenError;

use crate::domain::{
    CustomStatus, Error, EventId, Login, LoginId, NewEvent, Page, PermissionGrant, Result, Role,
    Session, StatusId, StatusName, StatusQuery, Timestamp, User, UserId, UserKey,
};
use crate::store::{EventOf, Parked, Store, StoredEvent, UserPatch};
use async_trait::async_trait;
use marks::Marks;
#[cfg(test)]
use open::open_writer;
use pool::Readers;
use rusqlite::ffi;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;
use writer::Writer;

/// A database file and the two ways to it: one writer, several readers.
pub struct SqliteStore {
    writer: Arc<Writer>,
    readers: Readers,
    marks: Marks,
}

impl SqliteStore {
    /// Opens the database at `path`, creating it from `schema.sql` when there is none. `readers` is how many may read at once;
    /// `max_mib` is the size, in MiB, that the file may grow to (0: any).
    ///
    /// # Errors
    /// [`OpenError`], one line each. A file that is refused is left untouched.
    pub fn open(path: &Path, readers: usize, max_mib: u64) -> std::result::Result<Self, OpenError> {
        let connection = open::open_writer(path, max_mib)?;
        let newest = outbox::newest(&connection).map_err(|e| OpenError::sqlite(path, &e))?;
        let marks = Marks::new(newest);
        let readers = Readers::open(path, readers).map_err(|e| OpenError::Thread(e.to_string()))?;
        let writer = Writer::start(connection, marks.clone())
            .map_err(|e| OpenError::Thread(e.to_string()))?;
        Ok(Self {
            writer: Arc::new(writer),
            readers,
            marks,
        })
    }

    /// Finishes the writes that wait and closes the writing connection; later writes are unavailable.
    pub async fn close(&self) {
        let writer = self.writer.clone();
        let _ = tokio::task::spawn_blocking(move || writer.stop()).await;
    }
}

/// The domain's error for one of SQLite's, told apart by its extended result code. Constraints that mean something to a caller are
/// caught beside their statement, by [`is_unique`] and [`is_missing_reference`].
fn error(source: &rusqlite::Error) -> Error {
    match source.sqlite_error_code() {
        Some(
            rusqlite::ErrorCode::DiskFull
            | rusqlite::ErrorCode::DatabaseBusy
            | rusqlite::ErrorCode::DatabaseLocked
            | rusqlite::ErrorCode::SystemIoFailure
            | rusqlite::ErrorCode::ReadOnly
            | rusqlite::ErrorCode::CannotOpen,
        ) => {
            tracing::warn!(error = %source, "the database cannot be used at the moment");
            Error::UNAVAILABLE
        }
        _ => Error::internal(source.to_string()),
    }
}

/// Whether a UNIQUE index other than the primary key refused the row.
fn is_unique(source: &rusqlite::Error) -> bool {
    extended_code(source) == Some(ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// Whether a row that another one refers to is not there.
fn is_missing_reference(source: &rusqlite::Error) -> bool {
    extended_code(source) == Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

fn extended_code(source: &rusqlite::Error) -> Option<i32> {
    source.sqlite_error().map(|code| code.extended_code)
}

#[async_trait]
impl Store for SqliteStore {
    async fn create_status(&self, status: CustomStatus, event: NewEvent) -> Result<()> {
        self.writer
            .write(move |c| custom_status::create(c, &status, &event))
            .await
    }

    async fn update_status(&self, status: CustomStatus, event: NewEvent) -> Result<()> {
        self.writer
            .write(move |c| custom_status::update(c, &status, &event))
            .await
    }

    async fn delete_status(&self, id: StatusId, event: EventOf) -> Result<()> {
        self.writer
            .write(move |c| custom_status::delete(c, &id, event))
            .await
    }

    async fn find_status(&self, id: StatusId) -> Result<Option<CustomStatus>> {
        self.readers
            .read(move |c| custom_status::find(c, &id))
            .await
    }

    async fn find_status_named(&self, name: StatusName) -> Result<Option<CustomStatus>> {
        self.readers
            .read(move |c| custom_status::find_named(c, &name))
            .await
    }

    async fn list_statuses(&self, query: StatusQuery) -> Result<Page<CustomStatus>> {
        self.readers
            .read(move |c| custom_status::list(c, &query))
            .await
    }

    async fn create_user(&self, user: User, password_hash: String) -> Result<()> {
        self.writer
            .write(move |c| users::create(c, &user, &password_hash))
            .await
    }

    async fn find_user(&self, key: UserKey) -> Result<Option<(User, String)>> {
        self.readers.read(move |c| users::find(c, &key)).await
    }

    async fn list_users(&self) -> Result<Vec<User>> {
        self.readers.read(users::list).await
    }

    async fn update_user(&self, id: UserId, patch: UserPatch, at: Timestamp) -> Result<()> {
        self.writer
            .write_access(move |c| users::update(c, &id, &patch, at))
            .await
    }

    async fn list_roles(&self) -> Result<Vec<Role>> {
        self.readers.read(permissions::list_roles).await
    }

    async fn list_permissions(&self) -> Result<Vec<PermissionGrant>> {
        self.readers.read(permissions::list).await
    }

    async fn update_permissions(&self, grants: Vec<PermissionGrant>) -> Result<()> {
        self.writer
            .write_access(move |c| permissions::update(c, &grants))
            .await
    }

    async fn create_login(&self, login: Login) -> Result<()> {
        self.writer.write(move |c| logins::create(c, &login)).await
    }

    async fn find_session(&self, id: LoginId) -> Result<Option<Session>> {
        self.readers
            .read(move |c| logins::find_session(c, &id))
            .await
    }

    async fn list_logins(&self, user: UserId) -> Result<Vec<Login>> {
        self.readers.read(move |c| logins::list(c, &user)).await
    }

    async fn delete_login(&self, id: LoginId) -> Result<bool> {
        self.writer
            .write_access(move |c| logins::delete(c, &id))
            .await
    }

    async fn events_after(&self, cursor: EventId, limit: usize) -> Result<Vec<StoredEvent>> {
        self.readers
            .read(move |c| outbox::after(c, cursor, limit))
            .await
    }

    async fn cursor(&self, consumer: &str) -> Result<EventId> {
        let consumer = consumer.to_owned();
        self.writer
            .write(move |c| outbox::cursor(c, &consumer))
            .await
    }

    async fn advance(&self, consumer: &str, cursor: EventId, parked: Vec<Parked>) -> Result<()> {
        let consumer = consumer.to_owned();
        self.writer
            .write(move |c| outbox::advance(c, &consumer, cursor, &parked))
            .await
    }

    fn committed(&self) -> watch::Receiver<EventId> {
        self.marks.committed()
    }

    fn access_version(&self) -> u64 {
        self.marks.access_version()
    }

    async fn refresh(&self) -> Result<()> {
        self.marks.raise(EventId::default(), true);
        let newest = self.readers.read(outbox::newest).await?;
        self.marks.raise(newest, false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_refresh_that_cannot_read_still_makes_everybody_ask_again_who_may_do_what() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        let store = SqliteStore::open(&path, 1, 0).unwrap();
        let version = store.access_version();
        let other = open_writer(&path, 0).unwrap();
        other
            .execute_batch("ALTER TABLE event RENAME TO elsewhere")
            .unwrap();
        assert!(store.refresh().await.is_err());
        assert!(store.access_version() > version);
    }
}
