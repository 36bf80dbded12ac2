//! `/dev/requests`: what was asked lately, and how a request comes to stand in that list.

use super::{PREFIX, dev};
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
    success: bool,
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
    response::ok(&List {
        requests: requests.collect(),
        success: true,
    })
}

fn row(seen: RequestRecord) -> Row {
    Row {
        time: seen.at.into(),
        method: seen.method,
        path: seen.path,
        status: seen.status,
        duration_ms: seen.took.as_micros() as f64 / 1000.0,
        user_id: seen.user,
    }
}

/// A request on its way, of which the list will tell. The control routes' own are not in it: it is about the client that is tested.
pub(in crate::api) struct Watched {
    dev: Arc<Dev>,
    at: Timestamp,
    method: String,
    path: String,
}

impl Watched {
    /// Watches a request, in dev mode.
    pub(in crate::api) fn begin(api: &Api, head: &Head) -> Option<Self> {
        let (dev, path) = (api.dev.as_ref()?, head.path.as_str());
        (!path.starts_with(PREFIX)).then(|| Self {
            dev: dev.clone(),
            at: api.app.clock.now(),
            method: head.method.as_str().chars().take(16).collect(),
            path: RequestRecord::path_of(path, &head.query),
        })
    }

    /// It was answered so.
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
