//! `/dev/requests`: lists recent requests, and records them.

use super::controls::{PREFIX, dev};
use crate::api::Api;
use crate::api::http::query::Query;
use crate::api::http::request::{Head, Request};
use crate::api::http::response::{self, Answer, Response};
use crate::api::wire::date::Rfc3339;
use crate::dev::{Dev, RequestRecord};
use crate::domain::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

#[derive(Serialize)]
struct List {
    requests: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    time: Rfc3339,
    method: String,
    path: String,
    status: u16,
    #[serde(rename = "durationMs")]
    duration_ms: f64,
    #[serde(rename = "userId")]
    user_id: Option<String>,
}

/// `GET /dev/requests`: newest last, at most `limit` of them.
pub(super) async fn list(request: Request) -> Answer {
    let query = Query::parse(request.query(), &["limit"])?;
    let limit = query.number("limit")?;
    let limit = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let requests = dev(&request)?.requests.last(limit).into_iter().map(row);
    response::success(&List {
        requests: requests.collect(),
    })
}

fn row(record: RequestRecord) -> Row {
    Row {
        time: record.at.into(),
        method: record.method,
        path: record.path,
        status: record.status,
        duration_ms: record.took.as_micros() as f64 / 1000.0,
        user_id: record.user,
    }
}

/// A running request that will be listed. Requests to the control routes are not listed: the list
/// is about the client under test.
pub(in crate::api) struct Watched {
    dev: Arc<Dev>,
    at: Timestamp,
    method: String,
    path: String,
}

impl Watched {
    /// Starts recording a request, if dev mode is on.
    pub(in crate::api) fn begin(api: &Api, head: &Head) -> Option<Self> {
        let (dev, path) = (api.dev.as_ref()?, head.path.as_str());
        (!path.starts_with(PREFIX)).then(|| Self {
            dev: dev.clone(),
            at: api.app.clock.now(),
            method: head.method.as_str().chars().take(16).collect(),
            path: RequestRecord::path_of(path, &head.query),
        })
    }

    /// Records the response.
    pub(in crate::api) fn end(self, response: &Response, took: Duration, user: Option<&str>) {
        self.dev.requests.add(RequestRecord {
            at: self.at,
            method: self.method,
            path: self.path,
            status: response.status().as_u16(),
            took,
            user: user.map(str::to_owned),
        });
    }
}
