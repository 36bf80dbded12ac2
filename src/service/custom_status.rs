//! The rules of the custom statuses: who may change them, what is checked and in which order. Which names are taken is the store's
//! to say.
//!
//! The order of the checks is the contract's, see [`Contract`]: documented order is name, type, name in use; the order of a real
//! Rocket.Chat (`insertOrUpdateUserStatus.ts`) is name, name in use, type.

use crate::app::{App, Contract};
use crate::domain::{
    Actor, Change, CustomStatus, Error, Field, NewEvent, Page, Permission, Problem, Result,
    StatusId, StatusName, StatusQuery, StatusType, Timestamp, What,
};

/// What a client asks a status to be; nothing of it is checked yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusDraft {
    /// The name; `None` when the client sent none.
    pub name: Option<String>,
    /// The type; `None` when the client sent none.
    pub status_type: Option<String>,
}

/// Creates a status. Whoever waits for hooks: its event is in the same transaction.
///
/// # Errors
/// `Forbidden`, `Invalid` for the name or the type, `NameTaken`, `Unavailable`.
pub async fn create(app: &App, actor: &Actor, draft: StatusDraft) -> Result<CustomStatus> {
    actor.require(Permission::ManageUserStatus)?;
    let status = check(app, app.ids.status(app.clock.now()), draft).await?;
    let event = event(
        actor,
        status.updated_at,
        Change::StatusCreated(status.clone()),
    );
    app.store.create_status(status.clone(), event).await?;
    Ok(status)
}

/// Gives a status another name and type. That an id is unknown is told even to those who may not change anything, as Rocket.Chat
/// does (`custom-user-status.ts`); so it is looked up first.
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

/// As [`update`], for a client that says what it has seen: what it leaves as it has `seen` it stays as it is stored, even if somebody
/// else has changed that meanwhile. The permission comes first here (`insertOrUpdateUserStatus.ts`).
///
/// # Errors
/// `Forbidden`, `NotFound`, then as for [`create`].
pub async fn update_seen(
    app: &App,
    actor: &Actor,
    id: StatusId,
    draft: StatusDraft,
    seen: StatusDraft,
) -> Result<CustomStatus> {
    actor.require(Permission::ManageUserStatus)?;
    let name = StatusName::parse(draft.name.clone().unwrap_or_default())?;
    let found = app.store.find_status(id.clone()).await?;
    let stored = found.ok_or_else(|| Error::NotFound(What::Status(id.as_str().to_owned())))?;
    let name = if draft.name == seen.name {
        stored.name
    } else {
        name
    };
    let status_type = if draft.status_type == seen.status_type {
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
    let (at, actor, actor_name) = (
        app.clock.now(),
        actor.user.id.clone(),
        actor.user.username.clone(),
    );
    let event = move |status| NewEvent {
        at,
        actor,
        actor_name,
        change: Change::StatusDeleted(status),
    };
    app.store.delete_status(id, Box::new(event)).await
}

/// One page of the statuses; whoever is logged in may read them.
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
    let event = event(
        actor,
        status.updated_at,
        Change::StatusUpdated(status.clone()),
    );
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
        return Err(Error::Invalid {
            field: Field::StatusType,
            problem: Problem::Missing,
        });
    }
    StatusType::parse(status_type)
}

/// Whether another status has this name. Asked only to choose between two refusals; a name is won at the unique index.
async fn is_taken(app: &App, name: &StatusName, id: &StatusId) -> Result<bool> {
    Ok(app
        .store
        .find_status_named(name.clone())
        .await?
        .is_some_and(|other| other.id != *id))
}

fn event(actor: &Actor, at: Timestamp, change: Change) -> NewEvent {
    NewEvent {
        at,
        actor: actor.user.id.clone(),
        actor_name: actor.user.username.clone(),
        change,
    }
}
