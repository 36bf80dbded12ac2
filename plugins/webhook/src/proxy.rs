//! The HTTP proxy through which endpoints with TLS are reached.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A proxy that opens connections by `CONNECT` (RFC 9110, section 9.3.6).
///
/// The proxy resolves the names and connects, so it, not the guard, decides which addresses of a
/// name are allowed.
#[derive(Clone)]
pub struct Proxy {
    /// Host and port.
    pub(crate) address: Arc<str>,
    /// The value of `Proxy-Authorization`. Never shown.
    pub(crate) authorization: Option<Arc<str>>,
}

impl Proxy {
    /// Parses `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`, with special characters of the
    /// user and the password percent-encoded.
    ///
    /// # Errors
    ///
    /// [`ProxyError`], which quotes nothing of the text.
    pub fn parse(url: &str) -> Result<Self, ProxyError> {
        let rest = url.strip_prefix("http://").ok_or(ProxyError)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, address) = match rest.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, rest),
        };
        let (host, port) = address.rsplit_once(':').ok_or(ProxyError)?;
        if host.is_empty() || port.parse::<u16>().is_err() {
            return Err(ProxyError);
        }
        Ok(Self {
            address: address.into(),
            authorization: user.map(basic).transpose()?,
        })
    }
}

/// The credentials of RFC 7617, section 2.
fn basic(user: &str) -> Result<Arc<str>, ProxyError> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let mut pair = decoded(name)?;
    pair.push(b':');
    pair.extend(decoded(password)?);
    Ok(format!("Basic {}", STANDARD.encode(pair)).into())
}

/// Decodes percent-encoded bytes (RFC 3986, section 2.1).
fn decoded(text: &str) -> Result<Vec<u8>, ProxyError> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or(ProxyError)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(ProxyError);
        }
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| ProxyError)?);
        bytes.extend(rest.as_bytes());
    }
    Ok(bytes)
}

/// Hides the user and the password.
impl Debug for Proxy {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "Proxy({})", self.address)
    }
}

/// The text is not the URL of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not the URL of a proxy: expected http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with special characters percent-encoded"
)]
pub struct ProxyError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_become_basic_credentials_and_are_hidden() {
        let proxy = Proxy::parse("http://ann:p%40ss%3a@proxy.example.com:3128/").unwrap();
        assert_eq!(&*proxy.address, "proxy.example.com:3128");
        // `ann:p@ss:`
        assert_eq!(proxy.authorization.as_deref(), Some("Basic YW5uOnBAc3M6"));
        assert_eq!(format!("{proxy:?}"), "Proxy(proxy.example.com:3128)");
        let open = Proxy::parse("http://[::1]:3128").unwrap();
        assert!(open.authorization.is_none() && &*open.address == "[::1]:3128");
    }

    #[test]
    fn other_urls_are_refused_without_quoting_them() {
        for url in [
            "",
            "proxy:3128",
            "https://proxy:3128",
            "http://proxy",
            "http://:3128",
            "http://proxy:99999",
            "http://ann:hunter2%zz@proxy:3128",
            "http://ann:hunter2%@proxy:3128",
            "http://ann:hunter2%+f@proxy:3128",
        ] {
            let refused = Proxy::parse(url).unwrap_err().to_string();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }
}
