//! The headers that tell a browser to do nothing with a response but read it. Does not know what the
//! response says.

use warp::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

/// What every response has. The policy: nothing is loaded or framed. Source: OWASP REST Security Cheat Sheet, "Security Headers".
/// `Cross-Origin-Resource-Policy` does not concern pages named in `cors_origins`: it applies to requests without CORS alone (Fetch,
/// "cross-origin resource policy check").
const ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
];
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What responses have where people reach the server by https: how long browsers use https alone once
/// they have seen it. Other names below this one are not this server's to decide about.
const HTTPS: (HeaderName, HeaderValue) = (
    STRICT_TRANSPORT_SECURITY,
    HeaderValue::from_static("max-age=31536000"),
);

/// Which of these headers the responses of a server have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecurityHeaders {
    /// People reach the server by http.
    Http,
    /// People reach the server by https.
    Https,
}

impl SecurityHeaders {
    /// Those of a server whose setting `site_url` is this.
    #[must_use]
    pub fn of_site(url: Option<&str>) -> Self {
        match url {
            Some(url) if url.starts_with("https://") => Self::Https,
            _ => Self::Http,
        }
    }

    /// Adds them to a response.
    pub(crate) fn add(self, headers: &mut HeaderMap) {
        for (name, value) in self.all() {
            headers.insert(name, value);
        }
    }

    /// Them as lines of a head.
    pub(crate) fn lines(self) -> String {
        self.all()
            .map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap_or_default()))
            .collect()
    }

    fn all(self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let https = (self == Self::Https).then_some(HTTPS);
        ALWAYS.into_iter().chain(https)
    }
}
