//! Shared by the commands that run a server: the runtime, the socket, signals, the ready file, the lines to paste.

use super::signals::Signals;
use super::{Outcome, print, reap, reload};
use crate::config::{Config, Loaded};
use crate::server::logging;
use crate::server::{Server, StartError};
use crate::transport::files;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};

/// Runs the server that `open` opens until a signal arrives. `greeting` returns the text for the terminal, given the server's URL,
/// `config` and the server. `loaded`: the settings as read.
pub(super) fn run<Opening: Future<Output = Result<Server, StartError>>>(
    config: &Config,
    loaded: Loaded,
    open: impl FnOnce(Config) -> Opening,
    greeting: impl FnOnce(&str, &Config, &Server) -> Outcome<String>,
) -> Outcome {
    on_runtime(config, async {
        // Bind first: a start that fails here must not have created an administrator whose password was never shown.
        let bound = BoundListener::bind(config).await?;
        let server = open(config.clone()).await?;
        let greeting = greeting(&bound.url, config, &server)?;
        bound.serve(server, config, loaded, &greeting).await
    })
}

/// Runs `serving` with the log and the runtime of a server.
fn on_runtime(config: &Config, serving: impl Future<Output = Outcome>) -> Outcome {
    let _log = logging::start(config)?;
    files::allow_connections(config.max_connections);
    // Log a panic in the format of the log.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a bug")));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .enable_all()
        .build()?;
    runtime.spawn(reap::run());
    let served = runtime.block_on(async {
        survive_file_size_limit();
        serving.await
    });
    // A hook that hangs must not keep the process alive.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// Makes a write beyond the limit of `ulimit -f` fail with an error, which becomes a 503, instead of killing the process. Installs a
/// handler instead of ignoring the signal, because programs of hooks would inherit the latter.
pub(super) fn survive_file_size_limit() {
    // The handler stays when the stream is dropped.
    if let Err(error) = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())) {
        tracing::warn!(%error, "a limit on file sizes (ulimit -f) would end the process");
    }
}

/// Removes the ready file of a killed server: its address is dead or belongs to another program.
pub(super) fn remove_stale_ready_file(config: &Config) {
    if let Some(path) = &config.ready_file {
        let _ = std::fs::remove_file(path);
    }
}

/// One CPU stays free for the writer, password hashing and the kernel. On two CPUs, one worker serves lists from memory a sixth faster
/// than two workers, which mostly wake each other, and creates as fast.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| (processors.get() - 1).max(1))
}

/// A bound socket with installed signal handlers, ready to serve.
struct BoundListener {
    /// URL for clients on this machine.
    url: String,
    listener: TcpListener,
    signals: Signals,
}

impl BoundListener {
    /// Binds the address of the settings.
    async fn bind(config: &Config) -> Outcome<Self> {
        let signals = Signals::install()?;
        let listener = resolve(&config.listen)
            .and_then(listen)
            .map_err(|e| format!("cannot listen on {}: {e}", config.listen))?;
        let url = url(listener.local_addr()?);
        Ok(Self {
            url,
            listener,
            signals,
        })
    }

    /// Prints the greeting, writes the ready file, and serves until a signal arrives. `loaded`: the settings as read.
    async fn serve(
        self,
        server: Server,
        config: &Config,
        loaded: Loaded,
        greeting: &str,
    ) -> Outcome {
        print(greeting)?;
        if let Some(path) = &config.ready_file {
            // The socket listens already, so a client that reads the file and connects at once is served.
            write_whole(path, &self.url)
                .map_err(|e| format!("cannot write the ready file {}: {e}", path.display()))?;
        }
        let (version, data) = (env!("CARGO_PKG_VERSION"), server.data());
        tracing::info!(version, url = self.url, %data, contract = %config.contract, "listening");
        let broken = server.broken();
        let stopped = self.signals.stopped(move || reload::reload(&loaded));
        let serving = server.run(self.listener, stopped);
        tokio::pin!(serving);
        tokio::select! {
            () = &mut serving => {}
            () = broken => {
                remove_stale_ready_file(config);
                serving.await;
            }
        }
        remove_stale_ready_file(config);
        Ok(())
    }
}

/// Connections that may wait to be accepted: after a restart, all clients reconnect at once.
const BACKLOG: u32 = 4096;

/// The address that `listen` names: the first IPv4 one, as that one works in every container and pastes into every tool; else the
/// first.
pub(super) fn resolve(listen: &str) -> std::io::Result<SocketAddr> {
    preferred(listen.to_socket_addrs()?).ok_or_else(|| std::io::ErrorKind::NotFound.into())
}

fn preferred(addresses: impl Iterator<Item = SocketAddr>) -> Option<SocketAddr> {
    let addresses: Vec<_> = addresses.collect();
    let ipv4 = addresses.iter().find(|address| address.is_ipv4());
    ipv4.or(addresses.first()).copied()
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // The connections of a server that just stopped block its address for a while.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The URL for clients on this machine: an unspecified address cannot be connected to.
fn url(mut address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    format!("http://{address}")
}

/// Writes a file atomically. Does not follow symbolic links: one with either name is replaced.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).open(&part)?;
    file.write_all(text.as_bytes())?;
    std::fs::rename(&part, path)
}

/// Shell line that creates a custom status with the credentials `$ID` and `$TOKEN`.
pub(super) fn create_line(url: &str) -> String {
    let body = r#"{"name":"caught up","statusType":"busy"}"#;
    post_line(url, "custom-user-status.create", body)
}

/// Shell lines that set the own status and show the statuses of all users.
pub(super) fn status_lines(url: &str) -> String {
    let body = r#"{"status":"busy","message":"caught up"}"#;
    let set = post_line(url, "users.setStatus", body);
    format!("{set}\n{}", call_line(url, "users.presence"))
}

fn post_line(url: &str, route: &str, body: &str) -> String {
    let call = call_line(url, route);
    format!("{call} -H 'Content-Type: application/json' -d '{body}'")
}

fn call_line(url: &str, route: &str) -> String {
    format!("curl -sw '\\n' {url}/api/v1/{route} -H \"X-User-Id: $ID\" -H \"X-Auth-Token: $TOKEN\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unspecified_address_becomes_loopback() {
        let shown = |address: &str| url(address.parse().unwrap());
        assert_eq!(shown("0.0.0.0:80"), "http://127.0.0.1:80");
        assert_eq!(shown("[::]:80"), "http://[::1]:80");
        assert_eq!(shown("192.0.2.1:80"), "http://192.0.2.1:80");
    }

    #[test]
    fn a_host_name_resolves_to_its_ipv4_address() {
        let address = resolve("localhost:0").unwrap();
        assert_eq!(address.to_string(), "127.0.0.1:0");
        assert!(resolve("no such host:80").is_err());
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
