//! Which web pages may open a live connection: browsers ask nobody before they do, but say which page it is. Those of this server itself
//! may, and those that the setting `cors_origins` names. What is no browser says nothing. Knows no page.

use crate::api::cors::Cors;
use warp::http::uri::{Authority, Uri};
use warp::http::{HeaderMap, header};

/// Whether the page that `headers` name, if any, may connect to the server that is reached by `site_url`, or as its `Host` says.
pub(super) fn may_connect(cors: &Cors, headers: &HeaderMap, site_url: &str) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let own = |authority: Option<Authority>| authority.is_some() && authority == site(origin);
    cors.allows(origin) || own(host.and_then(|host| host.parse().ok())) || own(site(site_url))
}

/// Host and port of a URL. Which scheme it has depends on who stands between.
fn site(url: &str) -> Option<Authority> {
    url.parse::<Uri>().ok()?.authority().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use warp::http::HeaderValue;

    fn may(origins: &[&str], origin: Option<&str>) -> bool {
        let origins: Vec<_> = origins.iter().map(|origin| (*origin).to_owned()).collect();
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("chat.example.org"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        may_connect(&Cors::new(&origins), &headers, "https://door.example.org")
    }

    #[test]
    fn pages_of_the_server_itself_and_those_named_may_connect_and_no_others() {
        assert!(may(&[], None), "no browser");
        for own in [
            "https://chat.example.org",
            "http://chat.example.org",
            "https://door.example.org",
        ] {
            assert!(may(&[], Some(own)), "{own}");
        }
        for foreign in [
            "https://evil.example.org",
            "null",
            "",
            "https://chat.example.org.evil.org",
            "https://chat.example.org:8443",
        ] {
            assert!(!may(&[], Some(foreign)), "{foreign}");
            assert!(
                !may(&["https://page.example.org"], Some(foreign)),
                "{foreign}"
            );
            assert!(may(&["*"], Some(foreign)), "{foreign}");
        }
        assert!(may(
            &["https://page.example.org"],
            Some("https://page.example.org")
        ));
    }
}
