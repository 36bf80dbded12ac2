//! The import of many people: every row is checked first, then all are created or none.

use super::{
    Invitee, IssuedLink, MAY_INVITE, as_seen_by, check_invitee, new_link, unknown_password,
};
use crate::app::App;
use crate::domain::{
    Caller, Email, Error, Field, InvitationKind, InvitedUser, Problem, Result, User, UserKey,
    Username,
};
use std::collections::HashSet;

/// Maximum number of rows. All of them are one transaction, during which nothing else is written.
pub const MOST_ROWS: usize = 1000;

/// Whether an import changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// Checks only.
    DryRun,
    /// Creates all users, if no row is refused.
    Create,
}

/// A row of an import.
pub struct ImportRow {
    /// Its line in the file.
    pub line: usize,
    /// The user.
    pub invitee: Invitee,
}

/// What becomes of a row.
pub struct ImportedRow {
    /// Its line in the file.
    pub line: usize,
    /// The username as given.
    pub username: String,
    /// The result.
    pub outcome: RowOutcome,
}

/// The result of a row.
pub enum RowOutcome {
    /// The user can be created, or was created: then there is a link.
    Create(Option<IssuedLink>),
    /// There is a user of that name already, who stays as is. So an import can be repeated.
    Skip,
    /// The row is refused.
    Refused(Error),
}

/// The result of an import.
pub struct Import {
    /// The rows, in their order.
    pub rows: Vec<ImportedRow>,
    /// Number of users created.
    pub created: usize,
}

impl Import {
    /// Returns whether a row is refused. Then no user is created.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let refused = |row: &ImportedRow| matches!(row.outcome, RowOutcome::Refused(_));
        self.rows.iter().any(refused)
    }
}

/// Checks every row, and creates the users with an invitation each, unless a row is refused.
///
/// # Errors
/// `Forbidden`, `Unavailable`, and `Invalid` for a name that was taken between check and creation.
/// Other errors are those of their rows.
pub async fn import(
    app: &App,
    caller: Caller<'_>,
    rows: Vec<ImportRow>,
    mode: ImportMode,
) -> Result<Import> {
    caller.require(MAY_INVITE)?;
    let (mut import, users) = check(app, caller, rows).await?;
    if mode == ImportMode::DryRun || import.is_refused() || users.is_empty() {
        return Ok(import);
    }
    let (mut links, mut invited) = (Vec::new(), Vec::new());
    for user in users {
        let (link, invitation) = new_link(app, caller, &user, InvitationKind::Invitation)?;
        links.push(link);
        invited.push(InvitedUser { user, invitation });
    }
    let hash = unknown_password(app).await?;
    let by = caller.attribution(app.clock.now());
    // A name can only be taken here if another client took it meanwhile.
    let created = app.store.invite_users(invited, hash, by).await;
    created.map_err(|failed| as_seen_by(caller, failed))?;
    import.hand_out(links);
    Ok(import)
}

impl Import {
    /// Gives the links to the rows of their users.
    fn hand_out(&mut self, links: Vec<IssuedLink>) {
        self.created = links.len();
        let mut links = links.into_iter();
        for row in &mut self.rows {
            if let RowOutcome::Create(link) = &mut row.outcome {
                *link = links.next();
            }
        }
    }
}

/// Returns the result of every row, and the users to create.
async fn check(app: &App, caller: Caller<'_>, rows: Vec<ImportRow>) -> Result<(Import, Vec<User>)> {
    let (mut checked, mut users, mut seen) = (Vec::new(), Vec::new(), Seen::default());
    for ImportRow { line, invitee } in rows {
        let username = invitee.username.clone();
        let outcome = match find(app, caller, invitee, &mut seen).await {
            Ok(Some(user)) => {
                users.push(user);
                RowOutcome::Create(None)
            }
            Ok(None) => RowOutcome::Skip,
            Err(failed @ (Error::Invalid { .. } | Error::Forbidden { .. })) => {
                RowOutcome::Refused(failed)
            }
            Err(failed) => return Err(failed),
        };
        checked.push(ImportedRow {
            line,
            username,
            outcome,
        });
    }
    let (rows, created) = (checked, 0);
    Ok((Import { rows, created }, users))
}

/// The names in the rows so far.
#[derive(Default)]
struct Seen {
    usernames: HashSet<String>,
    addresses: HashSet<String>,
}

/// Returns the user of a row; `None` if the user exists.
async fn find(
    app: &App,
    caller: Caller<'_>,
    invitee: Invitee,
    seen: &mut Seen,
) -> Result<Option<User>> {
    let user = check_invitee(app, caller, invitee).await?;
    let username = user.username.as_str();
    if !seen.usernames.insert(Username::key(username)) {
        let taken = Problem::Taken(username.to_owned());
        return Err(Error::invalid(Field::Username, taken));
    }
    let by_name = UserKey::Username(username.to_owned());
    if app.store.find_user(by_name).await?.is_some() {
        return Ok(None);
    }
    if let Some(address) = user.email.as_ref().map(Email::as_str) {
        let by_address = UserKey::Email(address.to_owned());
        let is_new = seen.addresses.insert(Username::key(address));
        if !is_new || app.store.find_user(by_address).await?.is_some() {
            let taken = Problem::Taken(address.to_owned());
            return Err(as_seen_by(caller, Error::invalid(Field::Email, taken)));
        }
    }
    Ok(Some(user))
}
