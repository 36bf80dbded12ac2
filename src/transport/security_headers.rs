//! Security headers for browsers.

use warp::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

/// Headers of every response. The policy forbids loading and framing anything. Source: OWASP REST
/// Security Cheat Sheet, "Security Headers". `Cross-Origin-Resource-Policy` does not affect pages
/// named in `cors_origins`: it applies only to requests without CORS (Fetch, "cross-origin resource
/// policy check").
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

/// Header of responses when the site uses https: how long browsers then use only https. Does not
/// include subdomains, which are not this server's to decide.
const HTTPS: (HeaderName, HeaderValue) = (
    STRICT_TRANSPORT_SECURITY,
    HeaderValue::from_static("max-age=31536000"),
);

/// Which security headers responses have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecurityHeaders {
    /// The site uses http.
    Http,
    /// The site uses https.
    Https,
}

impl SecurityHeaders {
    /// Selects the headers for the setting `site_url`.
    #[must_use]
    pub fn of_site(url: Option<&str>) -> Self {
        match url {
            Some(url) if url.starts_with("https://") => Self::Https,
            _ => Self::Http,
        }
    }

    /// Adds the headers to a response.
    pub(crate) fn add(self, headers: &mut HeaderMap) {
        for (name, value) in self.all() {
            headers.insert(name, value);
        }
    }

    /// Returns the headers as lines of a response head.
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
