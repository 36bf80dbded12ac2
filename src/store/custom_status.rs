//! What the use cases ask of a database about custom statuses. Knows no SQL.

use crate::domain::{CustomStatus, NewEvent, Page, Result, StatusId, StatusName, StatusQuery};
use async_trait::async_trait;

/// Custom statuses, each change with the event that tells of it. See the [module](super) for what every method promises.
#[async_trait]
pub trait CustomStatuses: Send + Sync {
    /// Adds a status and the event that tells of it.
    ///
    /// # Errors
    /// `NameTaken` when another status has exactly this name.
    async fn create_status(&self, status: CustomStatus, event: NewEvent) -> Result<()>;

    /// Replaces a status's name, type and time, and adds the event.
    ///
    /// # Errors
    /// `NotFound` when there is no status with this id, `NameTaken` when another one has this name.
    async fn update_status(&self, status: CustomStatus, event: NewEvent) -> Result<()>;

    /// Removes a status. `event` is made of the status as it was last.
    ///
    /// # Errors
    /// `NotFound` when there is no status with this id.
    async fn delete_status(&self, id: StatusId, event: EventBuilder) -> Result<()>;

    /// The status with this id.
    async fn find_status(&self, id: StatusId) -> Result<Option<CustomStatus>>;

    /// The status with exactly this name.
    async fn find_status_named(&self, name: StatusName) -> Result<Option<CustomStatus>>;

    /// One page of the statuses that match, with how many match in all, both as of one moment.
    async fn list_statuses(&self, query: StatusQuery) -> Result<Page<CustomStatus>>;
}

/// Makes the event of a status that is only known inside the transaction.
pub type EventBuilder = Box<dyn FnOnce(CustomStatus) -> NewEvent + Send>;
