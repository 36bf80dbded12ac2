//! The URL under which a client reaches this server, for links in responses.

use super::origin::Authority;
use crate::config::Config;
use std::borrow::Cow;
use warp::http::{HeaderMap, HeaderName, header};

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Finds the URL for each request.
pub(in crate::api) struct SiteUrl {
    /// The setting `site_url`.
    configured: Option<String>,
    /// The address that the server listens on.
    listener: String,
}

/// Whether the sender of the headers is one of `trusted_proxies`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Sender {
    Proxy,
    Client,
}

impl SiteUrl {
    pub(in crate::api) fn new(config: &Config, listener: String) -> Self {
        let configured = config.site_url.clone();
        Self {
            configured,
            listener,
        }
    }

    /// Returns the URL without any request.
    pub(in crate::api) fn fixed(&self) -> &str {
        self.configured.as_deref().unwrap_or(&self.listener)
    }

    /// Returns the URL for a request with these headers: the setting; otherwise what a trusted
    /// proxy forwards; otherwise the request's `Host`. An invalid or missing host means the address
    /// that the server listens on.
    pub(in crate::api) fn of(&self, sender: Sender, headers: &HeaderMap) -> Cow<'_, str> {
        match &self.configured {
            Some(configured) => configured.into(),
            None => self.requested(sender, headers),
        }
    }

    /// Returns the URL by which the client reached this server, whatever the setting is.
    pub(in crate::api) fn requested(&self, sender: Sender, headers: &HeaderMap) -> Cow<'_, str> {
        let text = |name: HeaderName| headers.get(name)?.to_str().ok();
        let forwarded = |name| match sender {
            Sender::Proxy => text(name).map(first),
            Sender::Client => None,
        };
        let host = forwarded(FORWARDED_HOST).or_else(|| text(header::HOST));
        let scheme = match forwarded(FORWARDED_PROTO) {
            Some(proto) if proto.eq_ignore_ascii_case("https") => "https",
            _ => "http",
        };
        match host.and_then(Authority::parse) {
            Some(Authority { host, port: None }) => format!("{scheme}://{host}").into(),
            Some(Authority {
                host,
                port: Some(port),
            }) => format!("{scheme}://{host}:{port}").into(),
            None => self.listener.as_str().into(),
        }
    }
}

/// Returns the first of several values. Each further proxy appends its own.
fn first(values: &str) -> &str {
    values.split(',').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::Sender::{Client, Proxy};
    use super::*;

    fn url(site_url: Option<&str>, sender: Sender, headers: &[(&'static str, &str)]) -> String {
        let mut config = Config::defaults_in("data".into());
        config.site_url = site_url.map(str::to_owned);
        let site = SiteUrl::new(&config, "http://127.0.0.1:3000".to_owned());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        site.of(sender, &map).into_owned()
    }

    #[test]
    fn the_url_is_the_setting_or_what_a_trusted_proxy_forwards_or_the_host() {
        let host = ("host", "door.lan:3000");
        let proto = ("x-forwarded-proto", "https");
        let forwarded = ("x-forwarded-host", "Chat.example.org");
        let chain = ("x-forwarded-host", "chat.example.org:8443, inner");
        for (site_url, sender, headers, expected) in [
            (
                Some("https://a.example"),
                Proxy,
                &[host, proto, forwarded][..],
                "https://a.example",
            ),
            (
                None,
                Proxy,
                &[host, proto, forwarded],
                "https://chat.example.org",
            ),
            (
                None,
                Proxy,
                &[host, proto, chain],
                "https://chat.example.org:8443",
            ),
            (None, Proxy, &[host, proto], "https://door.lan:3000"),
            (
                None,
                Proxy,
                &[host, ("x-forwarded-proto", "javascript")],
                "http://door.lan:3000",
            ),
            (
                None,
                Client,
                &[host, proto, forwarded],
                "http://door.lan:3000",
            ),
            (
                None,
                Client,
                &[("host", "a\"><script>")],
                "http://127.0.0.1:3000",
            ),
            (
                None,
                Client,
                &[("host", "user@a.example")],
                "http://127.0.0.1:3000",
            ),
            (None, Client, &[], "http://127.0.0.1:3000"),
        ] {
            assert_eq!(url(site_url, sender, headers), expected, "{headers:?}");
        }
    }
}
