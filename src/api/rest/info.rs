//! Information about the server. Source: Rocket.Chat `apps/meteor/server/api/default/info.ts`;
//! compatibility 8.1.

use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::domain::Permission;
use bytes::Bytes;
use serde::Serialize;
use warp::http::{HeaderValue, header};

/// The version of the marketplace's API in the emulated version. There is no marketplace here.
const MARKETPLACE_API_VERSION: &str = "1.66.0";

/// The JSON Schema of events, for readers and hooks. Tests validate the sent events against it.
const EVENT_SCHEMA: &[u8] = include_bytes!("../openapi/event.schema.json");

#[derive(Serialize)]
struct Info<'a> {
    version: &'a str,
    #[serde(rename = "minimumClientVersions")]
    minimum_client_versions: ClientVersions,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<Details<'a>>,
}

#[derive(Serialize)]
struct ClientVersions {
    desktop: &'static str,
    mobile: &'static str,
}

#[derive(Serialize)]
struct Details<'a> {
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    build: Option<Build>,
    #[serde(
        rename = "marketplaceApiVersion",
        skip_serializing_if = "Option::is_none"
    )]
    marketplace_api_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<Commit<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doorsign: Option<&'static str>,
}

#[derive(Serialize)]
struct Build {
    arch: &'static str,
    platform: &'static str,
}

/// The emulated release. Clients expect the object; every other key of it is optional.
#[derive(Serialize)]
struct Commit<'a> {
    tag: &'a str,
}

#[derive(Serialize)]
struct InfoV1<'a> {
    info: Details<'a>,
}

/// Returns a version without its last part, as everyone may see it.
fn shortened(version: &str) -> &str {
    version.rsplit_once('.').map_or(version, |(short, _)| short)
}

/// `GET /api/info`: requires no login; users who may view statistics see more.
pub(in crate::api) async fn info(request: Request) -> Answer {
    let actor = request.actor().await.ok();
    request.count_call(actor.as_deref())?;
    let sees_more = actor.is_some_and(|actor| actor.require(Permission::ViewStatistics).is_ok());
    let full = request.api.rocketchat_version.as_str();
    let build = Build {
        arch: std::env::consts::ARCH,
        platform: std::env::consts::OS,
    };
    let details = Details {
        version: full,
        build: Some(build),
        marketplace_api_version: Some(MARKETPLACE_API_VERSION),
        commit: Some(Commit { tag: full }),
        doorsign: Some(env!("CARGO_PKG_VERSION")),
    };
    response::success(&Info {
        version: if sees_more { full } else { shortened(full) },
        minimum_client_versions: ClientVersions {
            desktop: "3.9.6",
            mobile: "4.39.0",
        },
        info: sees_more.then_some(details),
    })
}

/// `GET /api/v1/info`, which Rocket.Chat no longer has but some clients still request.
pub(in crate::api) async fn info_v1(request: Request) -> Answer {
    let actor = request.actor().await.ok();
    request.count_call(actor.as_deref())?;
    response::success(&InfoV1 {
        info: Details {
            version: shortened(&request.api.rocketchat_version),
            build: None,
            marketplace_api_version: None,
            commit: None,
            doorsign: None,
        },
    })
}

/// `GET /api/v1/openapi.json`, without a rate limit.
pub(in crate::api) async fn openapi(request: Request) -> Answer {
    // All readers share one copy.
    let document = response::ready(request.api.openapi.clone());
    Ok(response::counted(document))
}

/// `GET /api/v1/events.schema`, without a rate limit.
pub(in crate::api) async fn event_schema(_: Request) -> Answer {
    let mut response = response::ready(Bytes::from_static(EVENT_SCHEMA));
    let schema = HeaderValue::from_static("application/schema+json");
    response.headers_mut().insert(header::CONTENT_TYPE, schema);
    Ok(response)
}
