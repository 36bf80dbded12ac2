//! Describes why a request failed, in one line for the operator.

use std::error::Error;
use std::io;

use hyper_util::client::legacy;

use crate::dialer::DialError;

/// The maximum length of a reason in characters: some quote a certificate.
const REASON_MAX: usize = 300;

/// Describes a failed request. Libraries wrap errors in layers; the first layer that we know is the
/// most specific.
pub(crate) fn reason(error: &legacy::Error) -> String {
    let first: &(dyn Error + 'static) = error;
    let layers = || std::iter::successors(Some(first), |layer| inner(*layer));
    let known = layers().find_map(known);
    let deepest = || {
        layers()
            .last()
            .map_or_else(String::new, ToString::to_string)
    };
    one_line(&known.unwrap_or_else(deepest))
}

/// Returns the next layer. An `io::Error` reports the source of the error it wraps, which would
/// skip that error.
fn inner<'a>(layer: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = layer
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => Some(wrapped),
        None => layer.source(),
    }
}

fn known(layer: &(dyn Error + 'static)) -> Option<String> {
    if let Some(dial) = layer.downcast_ref::<DialError>() {
        return Some(dial.to_string());
    }
    if let Some(tls) = layer.downcast_ref::<rustls::Error>() {
        return Some(format!("TLS: {tls}"));
    }
    layer.downcast_ref().and_then(of_http)
}

fn of_http(error: &hyper::Error) -> Option<String> {
    if error.is_parse() {
        return Some(format!("cannot parse the response: {error}"));
    }
    let closed = error.is_incomplete_message() || error.is_canceled() || error.is_closed();
    closed.then(|| "the connection was closed before a response arrived".into())
}

fn one_line(text: &str) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(REASON_MAX).map(printable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_short_line() {
        assert_eq!(one_line("a\r\nb\u{1b}"), "a  b ");
        assert_eq!(one_line(&"ä".repeat(1_000)).chars().count(), REASON_MAX);
    }
}
