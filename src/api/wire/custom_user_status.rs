//! Custom statuses as JSON, alone and in pages, and as EJSON.

use crate::api::wire::date::{Ejson, Rfc3339};
use crate::domain::{CustomStatus, Page, Timestamp};
use serde::Serialize;

/// A custom status, with its date as JSON or, for realtime methods, as EJSON.
#[derive(Serialize)]
pub(in crate::api) struct CustomUserStatus<'a, Date = Rfc3339> {
    _id: &'a str,
    name: &'a str,
    #[serde(rename = "statusType")]
    status_type: &'static str,
    #[serde(rename = "_updatedAt")]
    updated_at: Date,
}

/// A custom status in results of realtime methods.
pub(in crate::api) type StatusRecord<'a> = CustomUserStatus<'a, Ejson>;

impl<'a, Date: From<Timestamp>> From<&'a CustomStatus> for CustomUserStatus<'a, Date> {
    fn from(status: &'a CustomStatus) -> Self {
        Self {
            _id: status.id.as_str(),
            name: status.name.as_str(),
            status_type: status.status_type.as_str(),
            updated_at: status.updated_at.into(),
        }
    }
}

/// The response to `create` and `update`.
#[derive(Serialize)]
pub(in crate::api) struct StatusReply<'a> {
    #[serde(rename = "customUserStatus")]
    custom_user_status: CustomUserStatus<'a>,
}

impl<'a> From<&'a CustomStatus> for StatusReply<'a> {
    fn from(status: &'a CustomStatus) -> Self {
        Self {
            custom_user_status: status.into(),
        }
    }
}

/// The response to `list`: one page.
#[derive(Serialize)]
pub(in crate::api) struct StatusPage<'a> {
    statuses: Vec<CustomUserStatus<'a>>,
    count: usize,
    offset: u64,
    total: u64,
    success: bool,
}

impl<'a> StatusPage<'a> {
    pub(in crate::api) fn new(page: &'a Page<CustomStatus>, offset: u64) -> Self {
        let statuses: Vec<_> = page.items.iter().map(CustomUserStatus::from).collect();
        Self {
            count: statuses.len(),
            statuses,
            offset,
            total: page.total,
            success: true,
        }
    }
}
