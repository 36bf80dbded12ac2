//! Names with forbidden addresses, on real sockets. The ranges are tested in `guard`.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorsign_hook::HookError;
use doorsign_webhook::{EndpointUrl, Guard, Resolver, Sender};

use crate::receiver::{NO_CONTENT, Receiver};
use crate::{delivered, endpoint, local, sender, webhook};

/// Returns one address per lookup, and the last one for all further lookups.
fn resolver(addresses: &[&str]) -> Resolver {
    let addresses: Vec<IpAddr> = addresses.iter().map(|it| it.parse().unwrap()).collect();
    let asked = AtomicUsize::new(0);
    Arc::new(move |host| {
        assert_eq!(host, "ci.example.org");
        let index = asked
            .fetch_add(1, Ordering::Relaxed)
            .min(addresses.len() - 1);
        let found = addresses[index];
        Box::pin(async move { Ok(vec![found]) })
    })
}

fn refused(address: &str) -> Result<(), HookError> {
    Err(HookError::Retry(format!(
        "refused: {address} is not a public address; allow its network with `webhook_allow`"
    )))
}

#[tokio::test]
async fn a_name_with_a_private_address_is_not_dialled() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let url = format!("http://ci.example.org:{}/in", receiver.address.port());
    for address in ["127.0.0.1", "::ffff:127.0.0.1", "::1"] {
        let sender = Sender::new(Guard::new(Vec::new())).with_resolver(resolver(&[address]));
        let webhook = webhook(endpoint(&url), sender);
        assert_eq!(delivered(&webhook).await, refused(address));
    }
    assert_eq!(receiver.seen.connections(), 0);
}

#[tokio::test]
async fn a_name_is_checked_at_each_connection() {
    let receiver = Receiver::serving(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let answer = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, answer.as_bytes())
            .await
            .unwrap();
    })
    .await;
    let url = format!("http://ci.example.org:{}/in", receiver.address.port());
    let rebound = sender().with_resolver(resolver(&["127.0.0.1", "127.0.0.3"]));
    let webhook = webhook(endpoint(&url), rebound);
    assert_eq!(delivered(&webhook).await, Ok(()));
    assert_eq!(delivered(&webhook).await, refused("127.0.0.3"));
}

/// The URL was accepted while its network was allowed; the setting has changed since.
#[tokio::test]
async fn results_of_the_system_resolver_are_checked_too() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let url = format!("http://localhost:{}/in", receiver.address.port());
    EndpointUrl::parse(&url, &local()).unwrap();
    let strict = webhook(endpoint(&url), Sender::new(Guard::new(Vec::new())));
    let Err(HookError::Retry(reason)) = delivered(&strict).await else {
        panic!("delivered");
    };
    assert!(reason.starts_with("refused: "), "{reason}");
    assert_eq!(receiver.seen.connections(), 0);
    let allowing = webhook(endpoint(&url), sender());
    assert_eq!(delivered(&allowing).await, Ok(()));
}

#[tokio::test]
async fn an_unknown_name_is_retried() {
    let unknown: Resolver =
        Arc::new(|_| Box::pin(async { Err(std::io::Error::other("no such\nname")) }));
    let webhook = webhook(
        endpoint("http://ci.example.org/"),
        sender().with_resolver(unknown),
    );
    let reason = "cannot resolve the host name: no such name".to_owned();
    assert_eq!(delivered(&webhook).await, Err(HookError::Retry(reason)));
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_refuses() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let url = format!("http://ci.example.org:{}/in", receiver.address.port());
    let found: [IpAddr; 2] = ["127.0.0.2".parse().unwrap(), receiver.address.ip()];
    let both: Resolver = Arc::new(move |_| Box::pin(async move { Ok(found.to_vec()) }));
    let webhook = webhook(endpoint(&url), sender().with_resolver(both));
    assert_eq!(delivered(&webhook).await, Ok(()));
}
