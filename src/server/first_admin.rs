//! The administrator that the first start creates.

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

/// Creates the administrator if there are no users.
pub(super) async fn create(app: &App, config: &Config) -> Result<Option<FirstAdmin>> {
    if users::exist(app).await? {
        return Ok(None);
    }
    let given = config
        .admin_password
        .as_ref()
        .map(|secret| secret.expose())
        .transpose();
    let given = given.map_err(Error::internal)?.map(str::to_owned);
    let password = given.clone().map_or_else(Ids::password, Ok)?;
    let username = config.admin_username.clone();
    let new = users::NewUser {
        username: username.clone(),
        name: None,
        email: None,
        roles: vec!["admin".to_owned()],
        password: password.clone(),
    };
    let attribution = Attribution::server(app.clock.now());
    users::create_by(app, attribution, new).await?;
    Ok(Some(FirstAdmin {
        username,
        password: given.is_none().then_some(password),
    }))
}
