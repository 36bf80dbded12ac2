//! HTTP for the API: requests, bodies, query strings, responses, origins and rate limits. It does
//! not depend on any route.

pub(in crate::api) mod body;
pub(in crate::api) mod client_address;
pub(in crate::api) mod coercion;
pub(in crate::api) mod content_type;
pub(in crate::api) mod cookies;
pub(in crate::api) mod directory_query;
pub(in crate::api) mod fields;
pub(in crate::api) mod gzip;
pub(in crate::api) mod headers;
pub(in crate::api) mod html;
pub(in crate::api) mod json;
pub(in crate::api) mod language;
pub(in crate::api) mod list_cache;
pub(in crate::api) mod list_query;
pub(in crate::api) mod multipart;
pub(in crate::api) mod origin;
pub(in crate::api) mod page_policy;
pub(in crate::api) mod path;
pub(in crate::api) mod query;
pub(in crate::api) mod rate_limit;
pub(in crate::api) mod rate_limits;
pub(in crate::api) mod readiness;
pub(in crate::api) mod realtime;
pub(in crate::api) mod remaining_body;
pub(in crate::api) mod request;
pub(in crate::api) mod request_id;
pub(in crate::api) mod response;
pub(in crate::api) mod session_cookie;
pub(in crate::api) mod site_url;
pub(crate) mod time_zone;
pub(in crate::api) mod unreadable_body;
pub(in crate::api) mod user_selector;
