//! Opens a connection through a proxy: `CONNECT` and its response.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Proxy;
use crate::dialer::DialError;

/// How many bytes the head of the proxy's response may take.
const HEAD_MAX_BYTES: usize = 8 * 1024;

/// Connects to `target`, a host and a port, through `proxy`.
pub(crate) async fn open(proxy: &Proxy, target: &str) -> Result<TcpStream, DialError> {
    let failed = |error| DialError::Proxy(proxy.address.clone(), error);
    let connected = TcpStream::connect(&*proxy.address).await;
    let mut stream = connected.map_err(|error| failed(ProxyFailure::Io(error)))?;
    let _ = stream.set_nodelay(true);
    let request = request(proxy, target);
    let sent = stream.write_all(request.as_bytes()).await;
    sent.map_err(|error| failed(ProxyFailure::Io(error)))?;
    answer(&mut stream).await.map_err(failed)?;
    Ok(stream)
}

fn request(proxy: &Proxy, target: &str) -> String {
    let authorization = match &proxy.authorization {
        Some(value) => format!("Proxy-Authorization: {value}\r\n"),
        None => String::new(),
    };
    format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n")
}

/// Reads the head of the response, byte by byte: what follows it belongs to the connection.
async fn answer(stream: &mut TcpStream) -> Result<(), ProxyFailure> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_MAX_BYTES {
            return Err(ProxyFailure::NotHttp);
        }
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(ProxyFailure::Closed);
            }
            Err(error) => return Err(ProxyFailure::Io(error)),
        }
    }
    match status(&head).ok_or(ProxyFailure::NotHttp)? {
        200..=299 => Ok(()),
        407 => Err(ProxyFailure::Unauthorized),
        status => Err(ProxyFailure::Status(status)),
    }
}

fn status(head: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(head).ok()?.lines().next()?;
    let mut words = line.split(' ');
    let is_http = words.next()?.starts_with("HTTP/1.");
    let status = words.next()?.parse().ok()?;
    is_http.then_some(status)
}

/// Why a proxy opens no connection. Never contains credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProxyFailure {
    /// No connection to the proxy.
    #[error("{0}")]
    Io(io::Error),
    /// It closed the connection before it answered.
    #[error("it closed the connection")]
    Closed,
    /// It does not speak HTTP.
    #[error("it does not answer like an HTTP proxy")]
    NotHttp,
    /// It wants other credentials.
    #[error("it refuses the user name and password, or needs them (407)")]
    Unauthorized,
    /// It refused the connection with this status.
    #[error("it refused the connection with status {0}")]
    Status(u16),
}
