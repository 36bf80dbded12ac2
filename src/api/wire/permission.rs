//! Permissions as JSON.

use crate::api::wire::date::{Ejson, Rfc3339};
use crate::domain::{PermissionGrant, Timestamp};
use serde::Serialize;

/// A permission with the roles that grant it (`IPermission`), with its date as JSON or, for
/// streams, as EJSON.
#[derive(Serialize)]
pub(in crate::api) struct PermissionRow<'a, Date = Rfc3339> {
    _id: &'a str,
    roles: &'a [String],
    #[serde(rename = "_updatedAt")]
    updated_at: Date,
}

/// A permission in streams.
pub(in crate::api) type PermissionRecord<'a> = PermissionRow<'a, Ejson>;

impl<'a, Date: From<Timestamp>> From<&'a PermissionGrant> for PermissionRow<'a, Date> {
    fn from(grant: &'a PermissionGrant) -> Self {
        Self {
            _id: &grant.permission,
            roles: &grant.roles,
            updated_at: grant.updated_at.into(),
        }
    }
}

/// The response to `permissions.listAll`. Permissions are never removed.
#[derive(Serialize)]
pub(in crate::api) struct PermissionChanges<'a> {
    pub(in crate::api) update: Vec<PermissionRow<'a>>,
    pub(in crate::api) remove: [(); 0],
}

/// The response to `permissions.update`.
#[derive(Serialize)]
pub(in crate::api) struct PermissionList<'a> {
    pub(in crate::api) permissions: Vec<PermissionRow<'a>>,
}
