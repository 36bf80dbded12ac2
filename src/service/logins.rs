//! Password logins: a user's own, and those of all users for device managers. Personal access
//! tokens have separate rules. Source: compatibility 6.5.

use crate::app::App;
use crate::domain::{
    Actor, Error, LoginId, LoginQuery, LoginRecord, Page, Permission, Requester, Result, What,
};

/// Returns a page of the actor's own logins.
///
/// # Errors
/// `Unavailable`.
pub async fn list_own(app: &App, actor: &Actor, query: LoginQuery) -> Result<Page<LoginRecord>> {
    let own = LoginQuery {
        user: Some(actor.user.id.clone()),
        ..query
    };
    app.store.list_login_records(own).await
}

/// Returns one of the actor's own logins.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn find_own(app: &App, actor: &Actor, id: LoginId) -> Result<LoginRecord> {
    let own = list_own(app, actor, query_for(app, id.clone())).await?;
    first_of(own, &id)
}

/// Ends one of the actor's own logins.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn end_own(app: &App, actor: &Requester, id: LoginId) -> Result<()> {
    find_own(app, actor, id.clone()).await?;
    end(app, actor, id).await
}

/// Returns a page of the logins of all users.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(app: &App, actor: &Actor, query: LoginQuery) -> Result<Page<LoginRecord>> {
    actor.require(Permission::ViewDeviceManagement)?;
    app.store.list_login_records(query).await
}

/// Returns a login of any user.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn find(app: &App, actor: &Actor, id: LoginId) -> Result<LoginRecord> {
    let found = list(app, actor, query_for(app, id.clone())).await?;
    first_of(found, &id)
}

/// Ends a login of any user.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn end_any(app: &App, actor: &Requester, id: LoginId) -> Result<()> {
    actor.require(Permission::LogoutDeviceManagement)?;
    let found = app
        .store
        .list_login_records(query_for(app, id.clone()))
        .await?;
    first_of(found, &id)?;
    end(app, actor, id).await
}

fn query_for(app: &App, id: LoginId) -> LoginQuery {
    LoginQuery {
        id: Some(id),
        ..LoginQuery::all(app.clock.now())
    }
}

fn first_of(page: Page<LoginRecord>, id: &LoginId) -> Result<LoginRecord> {
    let unknown = || Error::NotFound(What::Login(id.as_str().to_owned()));
    page.items.into_iter().next().ok_or_else(unknown)
}

/// Ends a login. Succeeds even if it was ended concurrently.
async fn end(app: &App, actor: &Requester, id: LoginId) -> Result<()> {
    let by = actor.by(app.clock.now());
    app.store.delete_login(id, by).await.map(drop)
}
