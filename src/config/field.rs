//! How a checked text becomes a field of `Config`, and how a field is shown. Does not know what is
//! accepted, or which setting a field belongs to.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use ipnet::IpNet;

use super::ConfigError;
use super::choice::{Contract, LogFormat, Unconnected};
use super::network;
use super::secret::Secret;

/// A field of `Config` that can be set from a checked text and shown as one.
pub(super) trait Field {
    /// `None` if the text cannot become this field's value; the field is then unchanged.
    fn set(&mut self, text: &str) -> Option<()>;
    /// Takes the reason why the file of a secret cannot be read; `None` where there is no secret to be had.
    fn set_unreadable(&mut self, _reason: &ConfigError) -> Option<()> {
        None
    }
    /// The value as `set` would take it; empty if there is none, and never a secret.
    fn show(&self) -> String;
}

macro_rules! parsed_and_printed {
    ($($field:ty),*) => {$(
        impl Field for $field {
            fn set(&mut self, text: &str) -> Option<()> {
                *self = text.parse().ok()?;
                Some(())
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

parsed_and_printed!(u32, u64, usize, String, Contract, LogFormat, Unconnected);

impl Field for SocketAddr {
    fn set(&mut self, text: &str) -> Option<()> {
        *self = preferred(text.to_socket_addrs().ok()?)?;
        Some(())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// The first IPv4 address of a name, as that one works in every container and pastes into every
/// tool; else the first.
fn preferred(addresses: impl Iterator<Item = SocketAddr>) -> Option<SocketAddr> {
    let addresses: Vec<_> = addresses.collect();
    let ipv4 = addresses.iter().find(|address| address.is_ipv4());
    ipv4.or(addresses.first()).copied()
}

impl Field for PathBuf {
    fn set(&mut self, text: &str) -> Option<()> {
        *self = text.into();
        Some(())
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Field for Secret {
    fn set(&mut self, text: &str) -> Option<()> {
        *self = text.into();
        Some(())
    }

    fn set_unreadable(&mut self, reason: &ConfigError) -> Option<()> {
        *self = Self::unreadable(reason);
        Some(())
    }

    fn show(&self) -> String {
        "(hidden)".into()
    }
}

impl<T: Field + for<'a> From<&'a str>> Field for Option<T> {
    fn set(&mut self, text: &str) -> Option<()> {
        *self = (!text.is_empty()).then(|| text.into());
        Some(())
    }

    fn set_unreadable(&mut self, reason: &ConfigError) -> Option<()> {
        self.get_or_insert_with(|| "".into()).set_unreadable(reason)
    }

    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }
}

impl Field for Vec<String> {
    fn set(&mut self, text: &str) -> Option<()> {
        *self = text
            .split(',')
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect();
        Some(())
    }

    fn show(&self) -> String {
        self.join(",")
    }
}

impl Field for Vec<IpNet> {
    fn set(&mut self, text: &str) -> Option<()> {
        *self = network::list(text)?;
        Some(())
    }

    fn show(&self) -> String {
        network::show(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_resolves_to_its_ipv4_address() {
        let mut address = SocketAddr::from(([9, 9, 9, 9], 9));
        address.set("localhost:0").unwrap();
        assert_eq!(address.show(), "127.0.0.1:0");
    }

    #[test]
    fn of_several_addresses_the_first_ipv4_one_is_preferred() {
        let pick = |texts: &[&str]| {
            let picked = preferred(texts.iter().map(|text| text.parse().unwrap()));
            picked.map(|address| address.to_string())
        };
        assert_eq!(
            pick(&["[::1]:1", "10.0.0.1:1", "10.0.0.2:1"]),
            Some("10.0.0.1:1".into())
        );
        assert_eq!(pick(&["[::1]:1", "[::2]:1"]), Some("[::1]:1".into()));
        assert_eq!(pick(&[]), None);
    }
}
