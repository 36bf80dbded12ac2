//! The actor that a user becomes during a request.

use super::{Error, Grants, Login, LoginKind, Permission, Result, User};

/// The actor of a request: an active user with a live login and the permissions of its roles.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The user.
    pub user: User,
    /// The login that the request used.
    pub login: Login,
    /// The permissions granted by the user's roles.
    pub grants: Grants,
}

impl Actor {
    /// Succeeds if the actor holds `permission`.
    ///
    /// # Errors
    /// [`Error::Forbidden`] otherwise.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.grants.contains(permission) {
            Ok(())
        } else {
            Err(Error::Forbidden { needs: permission })
        }
    }

    /// Succeeds unless the user must change the password first. Personal access tokens do not
    /// depend on the password, so they always pass.
    ///
    /// # Errors
    /// [`Error::PasswordChangeRequired`].
    pub fn require_password_settled(&self) -> Result<()> {
        let by_password = matches!(self.login.kind, LoginKind::Password);
        if by_password && self.user.profile.require_password_change {
            return Err(Error::PasswordChangeRequired);
        }
        Ok(())
    }
}
