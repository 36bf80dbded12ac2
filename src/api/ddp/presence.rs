//! The methods by which a client tells how its connection is. Source: Rocket.Chat `ee/packages/presence`; reference 6.3.

use super::method::{Call, Outcome, result};

/// `[]`: whether a connection was changed. A call over REST has none.
pub(super) async fn of_connection(call: Call<'_>) -> Outcome {
    match call.caller() {
        Some(_) => result(&false),
        None => Ok(None),
    }
}

/// `[]`: nothing. That a client is still there is known by any frame that it sends.
pub(super) async fn ping(_: Call<'_>) -> Outcome {
    Ok(None)
}
