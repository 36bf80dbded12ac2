//! The `Content-Security-Policy` of the web pages.

use std::borrow::Cow;
use warp::http::HeaderValue;

/// Returns the policy of pages: only our own scripts, styles, pictures and calls, and no markup from
/// scripts. `ancestors` are the origins whose pages may frame ours.
pub(in crate::api) fn policy(ancestors: &[String]) -> HeaderValue {
    let ancestors: Cow<'_, str> = match ancestors {
        [] => "'none'".into(),
        some => some.join(" ").into(),
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
}
