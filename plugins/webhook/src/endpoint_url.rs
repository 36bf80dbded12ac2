//! The URLs that endpoints may have. It resolves no names: what they lead to is judged with every connection.

use std::error::Error;
use std::fmt::{self, Debug, Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::Uri;

use crate::Guard;

/// The longest URL, in bytes.
pub const URL_MAX_BYTES: usize = 2_048;

/// A URL that an endpoint may have: `http` or `https`, a host, perhaps a port, a path and a query; no user, no password
/// and no fragment.
///
/// The host is a name of letters, digits, `-` and `_`, or an address in its usual form that the guard admits. Whether a
/// name leads to such an address is not known before it is dialled.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointUrl {
    uri: Uri,
    text: String,
}

impl EndpointUrl {
    /// The URL that `text` spells.
    ///
    /// # Errors
    ///
    /// One line about what is wrong with it; of the text it has no more than an address.
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
            return Err(UrlError::Syntax); // A path in UTF-8 would be sent as it is.
        }
        let uri: Uri = text.parse().map_err(|_| UrlError::Syntax)?;
        check_authority(&uri)?;
        check_host(uri.host().unwrap_or_default(), guard)?;
        let text = text.to_owned();
        Ok(Self { uri, text })
    }

    /// The whole URL, as it was given. Its path and query may be what a receiver knows us by: not for logs.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The scheme, the host and the port if it was given, as in `https://ci.example.org:8443`: this may be shown.
    pub fn origin(&self) -> String {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        let authority = self.uri.authority().map_or("", |it| it.as_str());
        format!("{scheme}://{authority}")
    }

    pub(crate) fn uri(&self) -> Uri {
        self.uri.clone()
    }
}

/// As the origin, since what follows may be secret.
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
        // Always this machine (RFC 6761), so this can be said before it is dialled.
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

/// The address that a URL's host is, if it is one in the usual form: IPv6 in brackets.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().ok().map(IpAddr::from),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::from),
    }
}

/// Whether browsers and resolvers take a host that ends in this label for an IPv4 address, as `127.1`, `0x7f000001` and
/// `017700000001` are. No top-level domain is a number.
fn is_number(label: &str) -> bool {
    let hex = label
        .strip_prefix("0x")
        .or_else(|| label.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// Why a text is no URL for an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// It is longer than [`URL_MAX_BYTES`].
    Length,
    /// It does not begin with `http://` or `https://`.
    Scheme,
    /// It is no URL otherwise.
    Syntax,
    /// Its host is none.
    Host,
    /// Its host is an address in a form that hides which.
    OddAddress,
    /// It names a user.
    UserInfo,
    /// Its port is none.
    Port,
    /// It has a fragment, which is never sent.
    Fragment,
    /// Its host is this address, which the guard does not admit.
    Refused(IpAddr),
}

impl Display for UrlError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Length => "the URL is longer than 2048 bytes",
            Self::Scheme => "the URL does not begin with http:// or https://",
            Self::Syntax => "the URL is none, or has characters in it that must be percent-encoded",
            Self::Host => "the URL's host is not a name of a-z, 0-9, - and _ (others in their xn-- form), nor an address",
            Self::OddAddress => "the URL's host is an address in an unusual form; write it as 192.0.2.1",
            Self::UserInfo => "the URL has a user or a password in it; the signature tells receivers who sends",
            Self::Port => "the URL's port is not one of 1 to 65535",
            Self::Fragment => "the URL has a fragment (#), which cannot be sent",
            Self::Refused(address) => return not_public(formatter, *address),
        })
    }
}

impl Error for UrlError {}

/// What an operator is told of an address that the guard does not admit.
pub(crate) fn not_public(formatter: &mut Formatter<'_>, address: IpAddr) -> fmt::Result {
    write!(
        formatter,
        "refused: {address} is not a public address; allow its network by `webhook_allow`"
    )
}
