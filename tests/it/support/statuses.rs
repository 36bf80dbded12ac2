//! Lists custom statuses.

use crate::support::{Client, Reply};

/// The list under these parameters.
pub async fn list(client: &Client, parameters: &[(&str, &str)]) -> Reply {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    client
        .get(&format!("custom-user-status.list?{query}"))
        .await
}
