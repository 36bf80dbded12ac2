//! The custom statuses' part of the store contract.

use crate::domain::{By, CustomStatus, NewEvent, Page, Result, StatusId, StatusName, StatusQuery};
use async_trait::async_trait;

/// Custom statuses. Each change appends its event. See the [module](super) for the contract of
/// every method.
#[async_trait]
pub trait CustomStatuses: Send + Sync {
    /// Adds a status and appends the event.
    ///
    /// # Errors
    /// `NameTaken` if another status has exactly this name.
    async fn create_status(&self, status: CustomStatus, event: NewEvent) -> Result<()>;

    /// Replaces the name, type and time of a status, and appends the event.
    ///
    /// # Errors
    /// `NotFound` if the status does not exist, `NameTaken` if another one has this name.
    async fn update_status(&self, status: CustomStatus, event: NewEvent) -> Result<()>;

    /// Deletes a status, and appends the event with its last state.
    ///
    /// # Errors
    /// `NotFound` if the status does not exist.
    async fn delete_status(&self, id: StatusId, by: By) -> Result<()>;

    /// Returns the status with this id.
    async fn find_status(&self, id: StatusId) -> Result<Option<CustomStatus>>;

    /// Returns the status with exactly this name.
    async fn find_status_named(&self, name: StatusName) -> Result<Option<CustomStatus>>;

    /// Returns one page of the matching statuses and the total number of matches, read from one
    /// snapshot.
    async fn list_statuses(&self, query: StatusQuery) -> Result<Page<CustomStatus>>;
}
