//! The administrator that the first start creates.

use super::StartError;
use crate::app::{App, Ids};
use crate::config::Config;
use crate::domain::{Attribution, Error, Result};
use crate::service::users;

/// The first administrator.
pub struct FirstAdmin {
    /// The login name.
    pub username: String,
    /// The password, if it was generated; it is not stored.
    pub password: Option<String>,
}

/// Creates the administrator if there are no users, and not before `announce` has succeeded: an
/// administrator whose password was not shown would be of no use.
pub(super) async fn create(
    app: &App,
    config: &Config,
    announce: impl FnOnce(&FirstAdmin) -> std::io::Result<()>,
) -> std::result::Result<Option<FirstAdmin>, StartError> {
    if users::exist(app).await.map_err(StartError::Admin)? {
        return Ok(None);
    }
    let (admin, password) = prepare(config).map_err(StartError::Admin)?;
    let new = users::NewUser {
        username: admin.username.clone(),
        name: None,
        email: None,
        roles: vec!["admin".to_owned()],
        password,
    };
    let checked = users::CheckedUser::check(app, new).await;
    let checked = checked.map_err(StartError::Admin)?;
    announce(&admin).map_err(StartError::Announcement)?;
    let attribution = Attribution::server(app.clock.now());
    let created = checked.create(app, attribution).await;
    created.map_err(StartError::Admin)?;
    Ok(Some(admin))
}

/// Returns the administrator to create, and the password.
fn prepare(config: &Config) -> Result<(FirstAdmin, String)> {
    let given = config
        .admin_password
        .as_ref()
        .map(|secret| secret.expose())
        .transpose();
    let given = given.map_err(Error::internal)?.map(str::to_owned);
    let password = given.clone().map_or_else(Ids::password, Ok)?;
    let admin = FirstAdmin {
        username: config.admin_username.clone(),
        password: given.is_none().then(|| password.clone()),
    };
    Ok((admin, password))
}
