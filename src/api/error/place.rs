//! The places where Rocket.Chat tells a failure in words of its own, which the same failure does not have elsewhere.

use super::told::{Details, Told};
use crate::domain::Error;

/// A route, or a few, with words of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Place {
    /// `custom-user-status.delete`: an unknown id.
    DeleteStatus,
}

/// The words of `place` for `error`; `None` where it has none of its own.
pub(super) fn tell(place: Place, error: &Error) -> Option<Told> {
    match (place, error) {
        (Place::DeleteStatus, Error::NotFound(_)) => Some(
            Told::failure(
                "Custom_User_Status_Error_Invalid_User_Status",
                "Invalid user status",
            )
            .details(Details {
                method: Some("deleteCustomUserStatus"),
                ..Details::default()
            }),
        ),
        _ => None,
    }
}
