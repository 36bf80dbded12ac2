//! What the server says of itself. Source: Rocket.Chat `apps/meteor/server/api/default/info.ts`; compatibility 8.1.

use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::domain::Permission;
use bytes::Bytes;
use serde::Serialize;
use warp::http::{HeaderValue, header};

/// The Rocket.Chat whose behaviour this is, as everybody may know it.
const VERSION: &str = "8.8";
/// The same, for those who may view statistics.
const FULL_VERSION: &str = "8.8.1";

/// The API in OpenAPI 3.1; a test holds it against [`ROUTES`](crate::api::ROUTES) and the running routes.
const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// The form of events, for readers and hooks alike, as a JSON Schema; tests hold what is told against it.
const EVENT_SCHEMA: &[u8] = include_bytes!("../openapi/event.schema.json");

#[derive(Serialize)]
struct Info {
    version: &'static str,
    #[serde(rename = "minimumClientVersions")]
    minimum_client_versions: ClientVersions,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<Details>,
    success: bool,
}

#[derive(Serialize)]
struct ClientVersions {
    desktop: &'static str,
    mobile: &'static str,
}

#[derive(Serialize)]
struct Details {
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    build: Option<Build>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doorsign: Option<&'static str>,
}

#[derive(Serialize)]
struct Build {
    arch: &'static str,
    platform: &'static str,
}

#[derive(Serialize)]
struct InfoV1 {
    info: Details,
    success: bool,
}

/// `GET /api/info`: nobody has to be logged in; those who may view statistics see more.
pub(in crate::api) async fn info(request: Request) -> Answer {
    let actor = request.actor().await.ok();
    request.count_call(actor.as_deref())?;
    let sees_more = actor.is_some_and(|actor| actor.require(Permission::ViewStatistics).is_ok());
    let build = Build {
        arch: std::env::consts::ARCH,
        platform: std::env::consts::OS,
    };
    let details = Details {
        version: FULL_VERSION,
        build: Some(build),
        doorsign: Some(env!("CARGO_PKG_VERSION")),
    };
    response::ok(&Info {
        version: if sees_more { FULL_VERSION } else { VERSION },
        minimum_client_versions: ClientVersions {
            desktop: "3.9.6",
            mobile: "4.39.0",
        },
        info: sees_more.then_some(details),
        success: true,
    })
}

/// `GET /api/v1/info`, which Rocket.Chat no longer has and some clients still ask for.
pub(in crate::api) async fn info_v1(request: Request) -> Answer {
    let actor = request.actor().await.ok();
    request.count_call(actor.as_deref())?;
    response::ok(&InfoV1 {
        info: Details {
            version: VERSION,
            build: None,
            doorsign: None,
        },
        success: true,
    })
}

/// `GET /api/v1/openapi.json`, as often as one likes.
pub(in crate::api) async fn openapi(request: Request) -> Answer {
    // All readers share one copy.
    let document = response::ready(request.api.openapi.clone());
    Ok(response::counted(document))
}

/// The document of a server that people reach below `base`, where that is a path.
pub(in crate::api) fn openapi_below(base: &str) -> Bytes {
    const SERVER: &str = r#""servers": [{ "url": "/""#;
    if base.is_empty() {
        return Bytes::from_static(OPENAPI.as_bytes());
    }
    // A path of a URL has no character that JSON would escape: the setting does not accept any.
    let server = format!(r#""servers": [{{ "url": "{base}""#);
    OPENAPI.replacen(SERVER, &server, 1).into()
}

/// `GET /api/v1/events.schema`, as often as one likes.
pub(in crate::api) async fn event_schema(_: Request) -> Answer {
    let mut response = response::ready(Bytes::from_static(EVENT_SCHEMA));
    let schema = HeaderValue::from_static("application/schema+json");
    response.headers_mut().insert(header::CONTENT_TYPE, schema);
    Ok(response)
}
