//! Why a server did not start.

use crate::domain::Error;
use crate::store::OpenError;
use std::path::PathBuf;

/// Why a server did not start, in one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error("cannot use the data folder {0}: {1}")]
    Folder(PathBuf, std::io::Error),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(OpenError),
    /// The signing secret cannot be read.
    #[error("cannot use the token secret: {0}")]
    Secret(std::io::Error),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// A hook cannot be opened.
    #[error("cannot start a hook: {0}")]
    Hook(String),
    /// The first administrator cannot be created.
    #[error("cannot create the administrator: {0}")]
    Admin(Error),
    /// The password of the first administrator cannot be shown.
    #[error("cannot show the administrator's password, so there is no administrator yet: {0}")]
    Announcement(std::io::Error),
    /// The database failed while starting.
    #[error("cannot start: {0}")]
    Failed(Error),
}
