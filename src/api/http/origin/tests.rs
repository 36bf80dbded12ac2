use super::*;

/// Returns the kind of page that `headers` name, at a server whose public URL is `site_url`.
fn page(listed: &[&str], site_url: &str, headers: &[(&'static str, &str)]) -> Page {
    let listed: Vec<_> = listed.iter().map(|origin| (*origin).to_owned()).collect();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    Origins::new(&listed, site_url).page(&map)
}

const SITE: &str = "https://door.example.org";

fn from(listed: &[&str], origin: &str) -> Page {
    let host = ("host", "chat.example.org");
    page(listed, SITE, &[host, ("origin", origin)])
}

#[test]
fn only_pages_of_the_server_and_listed_pages_may_call() {
    let none = page(&[], SITE, &[("host", "chat.example.org")]);
    assert_eq!(none, Page::No, "no browser");
    for own in [
        "https://chat.example.org",
        "http://chat.example.org",
        "https://CHAT.example.org:443",
        "https://door.example.org",
        "https://door.example.org:443",
    ] {
        assert_eq!(from(&[], own), Page::Own, "{own}");
    }
    for foreign in [
        "https://evil.example.org",
        "null",
        "",
        "https://chat.example.org.evil.org",
        "https://door.example.org:8443",
        "file://",
    ] {
        assert_eq!(from(&[], foreign), Page::Foreign, "{foreign}");
        let other = from(&["https://page.example.org"], foreign);
        assert_eq!(other, Page::Foreign, "{foreign}");
        assert_eq!(from(&["*"], foreign), Page::Listed, "{foreign}");
    }
    for listed in ["https://page.example.org", "https://page.example.org:443/"] {
        let page = from(&[listed], "https://page.example.org");
        assert_eq!(page, Page::Listed, "{listed}");
    }
}

#[test]
fn a_site_url_and_a_host_may_name_the_default_port_and_a_path() {
    let origin = ("origin", "https://chat.example");
    for (site_url, host) in [
        ("http://127.0.0.1:3000", "chat.example:443"),
        ("https://chat.example:443", "127.0.0.1:3000"),
        ("https://Chat.Example/doorsign", "127.0.0.1:3000"),
    ] {
        let page = page(&[], site_url, &[("host", host), origin]);
        assert_eq!(page, Page::Own, "{site_url} {host}");
    }
}

#[test]
fn sec_fetch_site_is_trusted_when_a_proxy_changed_the_host() {
    let page_with = |site| {
        let headers = [
            ("host", "upstream"),
            ("origin", "https://chat.example"),
            site,
        ];
        page(&[], SITE, &headers)
    };
    assert_eq!(page_with(("sec-fetch-site", "same-origin")), Page::Own);
    for other in ["same-site", "cross-site", "none"] {
        assert_eq!(
            page_with(("sec-fetch-site", other)),
            Page::Foreign,
            "{other}"
        );
    }
}

#[test]
fn two_origin_headers_are_foreign() {
    let own = ("origin", "https://chat.example");
    let page = page(&[], SITE, &[("host", "chat.example"), own, own]);
    assert_eq!(page, Page::Foreign);
}
