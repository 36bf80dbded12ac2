//! Which URLs an endpoint may have. Resolves no names.

use doorsign_webhook::{EndpointUrl, Guard, URL_MAX_BYTES, UrlError};

fn public() -> Guard {
    Guard::new(Vec::new())
}

fn refused(url: &str) -> UrlError {
    let refused = EndpointUrl::parse(url, &public());
    refused.map_or_else(|error| error, |url| panic!("{url:?} was taken"))
}

#[test]
fn ordinary_urls_are_kept_unchanged() {
    for url in [
        "https://ci.example.org",
        "https://ci.example.org/",
        "http://CI.example.org:8080/a/b?token=c&d=%20",
        "https://hooks_1.xn--bcher-kva.example/in",
        "http://intranet/in",
        "http://1.1.1.1:1/",
        "https://[2606:4700::1111]/",
        "https://3com.example/",
        "https://example.org?a",
        "https://example.org/%23",
    ] {
        assert_eq!(EndpointUrl::parse(url, &public()).unwrap().as_str(), url);
    }
}

#[test]
fn invalid_endpoint_urls_are_rejected() {
    for (url, error) in [
        ("", UrlError::Scheme),
        ("ci.example.org", UrlError::Scheme),
        ("ftp://ci.example.org/", UrlError::Scheme),
        ("HTTPS://ci.example.org/", UrlError::Scheme),
        ("file:///etc/passwd", UrlError::Scheme),
        (" https://ci.example.org/", UrlError::Scheme),
        ("https://ci.example.org/#top", UrlError::Fragment),
        ("https://ci.example.org/a b", UrlError::Syntax),
        ("https://ci.example.org/\r\nx: y", UrlError::Syntax),
        ("https://bücher.example/", UrlError::Syntax),
        ("https://ci.example.org/ä", UrlError::Syntax),
        ("https://", UrlError::Syntax),
        ("https:///in", UrlError::Syntax),
        ("https://evil.example\\@ci.example.org/", UrlError::Syntax),
        ("https://user:password@ci.example.org/", UrlError::UserInfo),
        ("https://1.1.1.1@127.0.0.1/", UrlError::UserInfo),
        ("https://ci.example.org:/", UrlError::Port),
        ("https://ci.example.org:0/", UrlError::Port),
        ("https://ci.example.org:65536/", UrlError::Port),
        ("https://ci.example.org./", UrlError::Host),
        ("https://.example.org/", UrlError::Host),
        ("https://ci..example.org/", UrlError::Host),
        ("https://ci.example.org%2eevil.example/", UrlError::Syntax),
        ("https://ci.example.org,evil.example/", UrlError::Host),
        ("http://127.0.0.1./", UrlError::Host),
        ("http://localhost./", UrlError::Host),
        ("http://[fe80::1%25eth0]/", UrlError::Host),
        ("http://[::1/", UrlError::Syntax),
        ("http://[127.0.0.1]/", UrlError::Host),
    ] {
        assert_eq!(refused(url), error, "{url}");
    }
    let long = format!("https://ci.example.org/{}", "a".repeat(URL_MAX_BYTES));
    assert_eq!(refused(&long), UrlError::Length);
}

#[test]
fn forbidden_addresses_are_rejected_in_every_spelling() {
    for (host, address) in [
        ("127.0.0.1", "127.0.0.1"),
        ("10.0.0.5", "10.0.0.5"),
        ("169.254.169.254", "169.254.169.254"),
        ("0.0.0.0", "0.0.0.0"),
        ("[::]", "::"),
        ("[::1]", "::1"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        ("[0:0:0:0:0:FFFF:7F00:1]", "::ffff:127.0.0.1"),
        ("[fd00:ec2::254]", "fd00:ec2::254"),
        ("localhost", "127.0.0.1"),
        ("LocalHost", "127.0.0.1"),
        ("ci.localhost", "127.0.0.1"),
    ] {
        let error = UrlError::Refused(address.parse().unwrap());
        assert_eq!(refused(&format!("http://{host}:8080/in")), error, "{host}");
    }
    for host in [
        "2130706433",
        "0x7f000001",
        "0X7F.1",
        "127.1",
        "0",
        "0177.0.0.01",
        "1.2.3.4.5",
        "a.0x",
        "017700000001",
    ] {
        assert_eq!(
            refused(&format!("http://{host}/")),
            UrlError::OddAddress,
            "{host}"
        );
    }
}

#[test]
fn addresses_of_allowed_networks_are_accepted() {
    let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()]);
    for host in ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost"] {
        EndpointUrl::parse(&format!("http://{host}/"), &guard).unwrap();
    }
    let loopback_v6 = Guard::new(vec!["::1/128".parse().unwrap()]);
    EndpointUrl::parse("http://localhost/", &loopback_v6).unwrap();
    EndpointUrl::parse("http://127.0.0.1/", &loopback_v6).unwrap_err();
    // An unusual spelling is useless where the address itself is allowed.
    EndpointUrl::parse("http://2130706433/", &guard).unwrap_err();
}

#[test]
fn debug_hides_the_path_of_a_url() {
    let url = EndpointUrl::parse("https://ci.example.org:8443/s3cret?s3cret", &public()).unwrap();
    assert_eq!(url.origin(), "https://ci.example.org:8443");
    assert!(!format!("{url:?}").contains("s3cret"));
    let error = refused("https://s3cret:s3cret@ci.example.org/s3cret");
    assert!(!error.to_string().contains("s3cret"));
}

#[test]
fn an_error_names_the_remedy() {
    assert_eq!(
        refused("http://10.0.0.5/").to_string(),
        "refused: 10.0.0.5 is not a public address; allow its network with `webhook_allow`"
    );
}
