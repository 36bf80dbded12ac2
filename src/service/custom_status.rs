//! The rules of the custom statuses: who may change them, and the order of the checks. The store
//! decides which names are taken.
//!
//! The [`Contract`] defines the order of the checks. The documented order is name, type, name in
//! use. A real Rocket.Chat (`insertOrUpdateUserStatus.ts`) checks name, name in use, type.

use crate::app::{App, Contract};
use crate::domain::{
    Actor, Change, CustomStatus, Error, Field, Page, Permission, Problem, Result, StatusId,
    StatusName, StatusQuery, StatusType, What,
};

/// The requested content of a status, not validated yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusDraft {
    /// The name. `None` if the client sent none.
    pub name: Option<String>,
    /// The type. `None` if the client sent none.
    pub status_type: Option<String>,
}

/// Creates a status. Its event is appended in the same transaction, for hooks.
///
/// # Errors
/// `Forbidden`, `Invalid` for the name or the type, `NameTaken`, `Unavailable`.
pub async fn create(app: &App, actor: &Actor, draft: StatusDraft) -> Result<CustomStatus> {
    actor.require(Permission::ManageUserStatus)?;
    let status = check(app, app.ids.status(app.clock.now()), draft).await?;
    let event = actor
        .user
        .by(status.updated_at)
        .event(Change::StatusCreated(status.clone()));
    app.store.create_status(status.clone(), event).await?;
    Ok(status)
}

/// Changes the name and type of a status. Callers without permission also learn that an id is
/// unknown, as in Rocket.Chat (`custom-user-status.ts`), so the lookup comes first.
///
/// # Errors
/// `NotFound`, then as for [`create`].
pub async fn update(
    app: &App,
    actor: &Actor,
    id: StatusId,
    draft: StatusDraft,
) -> Result<CustomStatus> {
    let found = app.store.find_status(id.clone()).await?;
    found.ok_or_else(|| Error::NotFound(What::Status(id.as_str().to_owned())))?;
    actor.require(Permission::ManageUserStatus)?;
    replace(app, actor, id, draft).await
}

/// Like [`update`], for a client that also sends the `previous` values. A value that the client
/// did not change keeps the stored value, even if that was changed concurrently. The permission is
/// checked first here (`insertOrUpdateUserStatus.ts`).
///
/// # Errors
/// `Forbidden`, `NotFound`, then as for [`create`].
pub async fn update_with_previous(
    app: &App,
    actor: &Actor,
    id: StatusId,
    draft: StatusDraft,
    previous: StatusDraft,
) -> Result<CustomStatus> {
    actor.require(Permission::ManageUserStatus)?;
    let name = StatusName::parse(draft.name.clone().unwrap_or_default())?;
    let found = app.store.find_status(id.clone()).await?;
    let stored = found.ok_or_else(|| Error::NotFound(What::Status(id.as_str().to_owned())))?;
    let name = if draft.name == previous.name {
        stored.name
    } else {
        name
    };
    let status_type = if draft.status_type == previous.status_type {
        Some(stored.status_type.as_str().to_owned())
    } else {
        draft.status_type
    };
    let draft = StatusDraft {
        name: Some(name.as_str().to_owned()),
        status_type,
    };
    replace(app, actor, id, draft).await
}

/// Deletes a status.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn delete(app: &App, actor: &Actor, id: StatusId) -> Result<()> {
    actor.require(Permission::ManageUserStatus)?;
    let by = actor.user.by(app.clock.now());
    app.store.delete_status(id, by).await
}

/// Returns one page of the statuses. Every authenticated user may read them.
///
/// # Errors
/// `Unavailable`.
pub async fn list(app: &App, _actor: &Actor, query: StatusQuery) -> Result<Page<CustomStatus>> {
    app.store.list_statuses(query).await
}

async fn replace(
    app: &App,
    actor: &Actor,
    id: StatusId,
    draft: StatusDraft,
) -> Result<CustomStatus> {
    let status = check(app, id, draft).await?;
    let event = actor
        .user
        .by(status.updated_at)
        .event(Change::StatusUpdated(status.clone()));
    app.store.update_status(status.clone(), event).await?;
    Ok(status)
}

async fn check(app: &App, id: StatusId, draft: StatusDraft) -> Result<CustomStatus> {
    let name = StatusName::parse(draft.name.unwrap_or_default())?;
    let status_type = check_type(app.rules.contract, draft.status_type);
    if status_type.is_err()
        && app.rules.contract == Contract::Server
        && is_taken(app, &name, &id).await?
    {
        return Err(Error::NameTaken);
    }
    let status_type = status_type?;
    Ok(CustomStatus {
        id,
        name,
        status_type,
        updated_at: app.clock.now(),
    })
}

fn check_type(contract: Contract, status_type: Option<String>) -> Result<StatusType> {
    let status_type = status_type.unwrap_or_default();
    if status_type.is_empty() && contract == Contract::Documented {
        return Err(Error::invalid(Field::StatusType, Problem::Missing));
    }
    StatusType::parse(status_type)
}

/// Returns whether another status has this name. Only used to choose between two errors; the unique
/// index decides about names.
async fn is_taken(app: &App, name: &StatusName, id: &StatusId) -> Result<bool> {
    Ok(app
        .store
        .find_status_named(name.clone())
        .await?
        .is_some_and(|other| other.id != *id))
}
