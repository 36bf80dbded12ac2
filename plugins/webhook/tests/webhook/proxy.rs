//! Endpoints with TLS behind an HTTP proxy.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use doorsign_hook::HookError;
use doorsign_webhook::{Proxy, Resolver, Sender};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::receiver::Receiver;
use crate::tls::{HOST, receiver};
use crate::{delivered, endpoint, sender, webhook};

/// A proxy on a free port that records the heads of its requests.
struct TestProxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl TestProxy {
    /// Answers `text` to every request. Connects to the port that it names on this machine if
    /// `text` is a success.
    async fn answering(text: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<Vec<_>>>::default();
        let log = heads.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, text, log.clone()));
            }
        });
        Self { address, heads }
    }

    fn with_user(&self, user: &str) -> Proxy {
        Proxy::parse(&format!("http://{user}{}", self.address)).unwrap()
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, text: &str, log: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1).unwrap().to_owned();
    log.lock().unwrap().push(head);
    let _ = stream.write_all(text.as_bytes()).await;
    if text.starts_with("HTTP/1.1 200") {
        let (_, port) = target.rsplit_once(':').unwrap();
        let address = (Ipv4Addr::LOCALHOST, port.parse().unwrap());
        let mut receiver = TcpStream::connect(address).await.unwrap();
        let _ = copy_bidirectional(&mut stream, &mut receiver).await;
    }
}

const CONNECTED: &str = "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n";

/// Resolves every name to these addresses; to an error if there are none.
fn resolver(addresses: &'static [IpAddr]) -> Resolver {
    Arc::new(move |_| {
        Box::pin(async move {
            match addresses {
                [] => Err(io::Error::other("no such name")),
                addresses => Ok(addresses.to_vec()),
            }
        })
    })
}

async fn outcome(url: &str, sender: Sender) -> Result<(), HookError> {
    delivered(&webhook(endpoint(url), sender)).await
}

fn url(receiver: &Receiver) -> String {
    format!("https://{HOST}:{}/in", receiver.address.port())
}

#[tokio::test]
async fn an_endpoint_with_tls_is_reached_through_the_proxy_by_its_name() {
    // Names of the internet are often unknown behind a proxy.
    const PUBLIC: &[IpAddr] = &[IpAddr::V4(Ipv4Addr::new(9, 9, 9, 9))];
    let (authority, receiver) = receiver(HOST).await;
    let proxy = TestProxy::answering(CONNECTED).await;
    for addresses in [PUBLIC, &[]] {
        let sender = sender()
            .with_roots(authority.as_bytes())
            .unwrap()
            .with_resolver(resolver(addresses))
            .with_proxy(Some(proxy.with_user("ann:p%40ss@")));
        assert_eq!(outcome(&url(&receiver), sender).await, Ok(()));
    }
    assert_eq!(receiver.seen.requests().len(), 2);
    let target = format!("{HOST}:{}", receiver.address.port());
    // `ann:p@ss`
    let expected = format!(
        "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nProxy-Authorization: Basic YW5uOnBAc3M=\r\n\r\n"
    );
    assert_eq!(proxy.heads(), [expected.clone(), expected]);
}

#[tokio::test]
async fn endpoints_without_tls_and_in_allowed_networks_are_reached_directly() {
    const HERE: &[IpAddr] = &[IpAddr::V4(Ipv4Addr::LOCALHOST)];
    let proxy = TestProxy::answering(CONNECTED).await;
    let (authority, with_tls) = receiver(HOST).await;
    let without = Receiver::answering(crate::receiver::NO_CONTENT).await;
    let sender = sender()
        .with_roots(authority.as_bytes())
        .unwrap()
        .with_resolver(resolver(HERE))
        .with_proxy(Some(proxy.with_user("")));
    assert_eq!(outcome(&url(&with_tls), sender.clone()).await, Ok(()));
    assert_eq!(outcome(&without.url(), sender).await, Ok(()));
    assert_eq!(proxy.heads(), [""; 0]);
}

#[tokio::test]
async fn a_forbidden_address_is_not_reached_through_the_proxy_either() {
    const FORBIDDEN: &[IpAddr] = &[IpAddr::V4(Ipv4Addr::new(10, 0, 0, 5))];
    let proxy = TestProxy::answering(CONNECTED).await;
    let sender = sender()
        .with_resolver(resolver(FORBIDDEN))
        .with_proxy(Some(proxy.with_user("")));
    let refused = outcome(&format!("https://{HOST}/in"), sender).await;
    assert!(matches!(refused, Err(HookError::Retry(_))), "{refused:?}");
    assert_eq!(proxy.heads(), [""; 0]);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_reported_without_its_password() {
    for (answer, reason) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "it refuses the user name and password, or needs them (407)",
        ),
        (
            "HTTP/1.1 403 Forbidden\r\n\r\n",
            "it refused the connection with status 403",
        ),
        (
            "SSH-2.0-OpenSSH_9.9\r\n\r\n",
            "it does not answer like an HTTP proxy",
        ),
        ("", "it closed the connection"),
    ] {
        let proxy = TestProxy::answering(answer).await;
        let sender = sender()
            .with_resolver(resolver(&[]))
            .with_proxy(Some(proxy.with_user("ann:s3cret@")));
        let refused = outcome(&format!("https://{HOST}/in"), sender).await;
        let expected = format!(
            "no connection through the proxy {}: {reason}",
            proxy.address
        );
        assert_eq!(refused, Err(HookError::Retry(expected)));
    }
}

#[tokio::test]
async fn a_proxy_that_sends_an_endless_head_is_given_up() {
    let proxy = TestProxy::answering(Box::leak(
        format!("HTTP/1.1 204 OK\r\n{}", "X-Y: z\r\n".repeat(2000)).into_boxed_str(),
    ))
    .await;
    let sender = sender()
        .with_resolver(resolver(&[]))
        .with_proxy(Some(proxy.with_user("")));
    let Err(HookError::Retry(reason)) = outcome(&format!("https://{HOST}/in"), sender).await else {
        panic!("delivered");
    };
    assert!(reason.contains("does not answer like"), "{reason}");
}
