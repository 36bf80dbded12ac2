//! The cookies of a request. Source: RFC 6265, 5.4.

use warp::http::{HeaderMap, header};

/// Returns the value of the first cookie with this name.
pub(in crate::api) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut cookies = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='));
    let (_, value) = cookies.find(|(found, _)| *found == name)?;
    Some(value)
}
