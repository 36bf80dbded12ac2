//! Whether the server can do its work.

use crate::app::App;
use crate::domain::Result;

/// Checks that the database can be read, and that it does not refuse every write.
///
/// # Errors
/// `Broken` for a damaged or removed database; `Unavailable`.
pub async fn check(app: &App) -> Result<()> {
    app.store.check().await
}
