//! Validates endpoint URLs. Does not resolve names: their addresses are checked at every
//! connection.

use std::fmt::{self, Debug, Formatter};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::Uri;

use crate::Guard;

/// The maximum length of a URL in bytes.
pub const URL_MAX_BYTES: usize = 2_048;

/// A valid endpoint URL: `http` or `https`, a host, and optionally a port, a path and a query. It
/// has no user, password or fragment.
///
/// The host is a name of letters, digits, `-` and `_`, or an address in its usual form that the
/// guard allows. The addresses of a name are checked only when connecting.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointUrl {
    uri: Uri,
    text: String,
}

impl EndpointUrl {
    /// Parses a URL.
    ///
    /// # Errors
    ///
    /// One line about what is wrong; it quotes nothing of the text except an address.
    pub fn parse(text: &str, guard: &Guard) -> Result<Self, UrlError> {
        if text.len() > URL_MAX_BYTES {
            return Err(UrlError::Length);
        }
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return Err(UrlError::Scheme);
        }
        if text.contains('#') {
            return Err(UrlError::Fragment);
        }
        if !text.is_ascii() {
            return Err(UrlError::Syntax); // A path in UTF-8 would be sent unencoded.
        }
        let uri: Uri = text.parse().map_err(|_| UrlError::Syntax)?;
        check_authority(&uri)?;
        check_host(uri.host().unwrap_or_default(), guard)?;
        let text = text.to_owned();
        Ok(Self { uri, text })
    }

    /// Returns the whole URL as given. Do not log it: its path and query may contain a secret.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the scheme, the host and an explicit port, as in `https://ci.example.org:8443`. Safe
    /// to show.
    pub fn origin(&self) -> String {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        let authority = self.uri.authority().map_or("", |it| it.as_str());
        format!("{scheme}://{authority}")
    }

    pub(crate) fn uri(&self) -> Uri {
        self.uri.clone()
    }
}

/// Shows only the origin, because the rest may be secret.
impl Debug for EndpointUrl {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "EndpointUrl({}/…)", self.origin())
    }
}

fn check_authority(uri: &Uri) -> Result<(), UrlError> {
    let authority = uri.authority().ok_or(UrlError::Host)?;
    if authority.as_str().contains('@') {
        return Err(UrlError::UserInfo);
    }
    let has_port = authority.as_str().len() > authority.host().len();
    if has_port && authority.port_u16().is_none_or(|port| port == 0) {
        return Err(UrlError::Port);
    }
    Ok(())
}

fn check_host(host: &str, guard: &Guard) -> Result<(), UrlError> {
    if let Some(address) = literal(host) {
        return admitted(address, guard);
    }
    if !host.split('.').all(is_label) {
        return Err(UrlError::Host);
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    if is_number(last) {
        return Err(UrlError::OddAddress);
    }
    if last.eq_ignore_ascii_case("localhost") {
        // Always this machine (RFC 6761), so it can be rejected before connecting.
        let v6 = admitted(Ipv6Addr::LOCALHOST.into(), guard);
        return v6.or_else(|_| admitted(Ipv4Addr::LOCALHOST.into(), guard));
    }
    Ok(())
}

fn is_label(label: &str) -> bool {
    let usable = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !label.is_empty() && label.bytes().all(usable)
}

fn admitted(address: IpAddr, guard: &Guard) -> Result<(), UrlError> {
    let admitted = guard.admits(address);
    admitted.then_some(()).ok_or(UrlError::Refused(address))
}

/// Returns the address in a URL's host, if it has the usual form: IPv6 in brackets.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().ok().map(IpAddr::from),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::from),
    }
}

/// Returns whether browsers and resolvers parse a host that ends in this label as an IPv4 address,
/// such as `127.1`, `0x7f000001` or `017700000001`. No top-level domain is a number.
fn is_number(label: &str) -> bool {
    let hex = label
        .strip_prefix("0x")
        .or_else(|| label.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// Why a text is not a valid endpoint URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is longer than [`URL_MAX_BYTES`].
    #[error("the URL is longer than 2048 bytes")]
    Length,
    /// It does not start with `http://` or `https://`.
    #[error("the URL must start with http:// or https://")]
    Scheme,
    /// It is not a valid URL.
    #[error("the URL is invalid, or has characters that must be percent-encoded")]
    Syntax,
    /// Its host is invalid.
    #[error(
        "the URL's host must be an IP address or a name of a-z, 0-9, - and _ (use the xn-- form for other characters)"
    )]
    Host,
    /// Its host is an address in an unusual form.
    #[error("the URL's host is an IP address in an unusual form; write it like 192.0.2.1")]
    OddAddress,
    /// It contains a user name.
    #[error(
        "the URL must not contain a user or password; receivers identify the sender by its signature"
    )]
    UserInfo,
    /// Its port is invalid.
    #[error("the URL's port must be from 1 to 65535")]
    Port,
    /// It has a fragment, which is never sent.
    #[error("the URL must not have a fragment (#), which cannot be sent")]
    Fragment,
    /// Its host is this address, which the guard does not allow.
    #[error("refused: {0} is not a public address; allow its network with `webhook_allow`")]
    Refused(IpAddr),
}
