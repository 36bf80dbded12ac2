//! The rule that an administrator remains: the last active administrator cannot be deleted,
//! deactivated or demoted.

use super::{ADMIN, Error, Result, User};

/// Checks that an administrator remains after a change of `before` into `after`, or `None` for a
/// deletion. `has_another` returns whether another user is an active administrator, and is called
/// only if it matters.
///
/// # Errors
/// [`Error::LastAdministrator`], and any error of `has_another`.
pub fn require_administrator(
    before: &User,
    after: Option<&User>,
    has_another: impl FnOnce() -> Result<bool>,
) -> Result<()> {
    let administrates = |user: &User| user.active && user.roles.iter().any(|role| role == ADMIN);
    if !administrates(before) || after.is_some_and(administrates) || has_another()? {
        return Ok(());
    }
    Err(Error::LastAdministrator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Profile, Timestamp, UserId, Username};

    fn user(role: &str, active: bool) -> User {
        User {
            id: UserId::new("a"),
            username: Username::stored("ann".to_owned()),
            name: String::new(),
            email: None,
            roles: vec![role.to_owned()],
            active,
            profile: Profile::default(),
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn the_last_active_administrator_stays_one() {
        let admin = user(ADMIN, true);
        for after in [None, Some(user(ADMIN, false)), Some(user("bot", true))] {
            let leave = |another| require_administrator(&admin, after.as_ref(), || Ok(another));
            assert!(leave(true).is_ok(), "another one remains");
            let refused = leave(false).unwrap_err();
            assert!(matches!(refused, Error::LastAdministrator), "{after:?}");
        }
        let unasked = || -> Result<bool> { unreachable!("it makes no difference") };
        require_administrator(&admin, Some(&admin), unasked).unwrap();
        for other in [user(ADMIN, false), user("bot", true)] {
            require_administrator(&other, None, unasked).unwrap();
        }
    }
}
