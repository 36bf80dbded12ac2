//! What the commands that serve have in common: the runtime, the socket, signals, the ready file, the line to paste. Knows no store
//! and no user.

use super::signals::Signals;
use super::{Outcome, print, reap, reload};
use crate::config::{Config, Loaded};
use crate::logging;
use crate::server::Server;
use crate::transport::files;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};

/// Runs `serving` to its end, with the log and the runtime of a server.
pub(super) fn on_runtime(config: &Config, serving: impl Future<Output = Outcome>) -> Outcome {
    let _log = logging::start(config)?;
    files::allow_connections(config.max_connections);
    // A panic is a line of the log like any other, in its format.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a bug")));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    runtime.spawn(reap::run());
    let served = runtime.block_on(async {
        survive_file_size_limit();
        serving.await
    });
    // A hook that never comes back must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// Makes a write beyond the limit of `ulimit -f` fail with an error, which becomes a 503. By default the signal kills the process. A handler, not
/// "ignore": programs that hooks start would inherit that.
pub(super) fn survive_file_size_limit() {
    // The handler stays when the stream is dropped.
    if let Err(error) = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())) {
        tracing::warn!(%error, "a limit on file sizes (ulimit -f) would end the process");
    }
}

/// Removes a ready file that a killed server has left: it names an address that nobody answers, or somebody else.
pub(super) fn remove_stale_ready_file(config: &Config) {
    if let Some(path) = &config.ready_file {
        let _ = std::fs::remove_file(path);
    }
}

/// One processor is left to the writer, the hashing of passwords and the kernel. On two processors that serves a list from memory a
/// sixth faster than two workers, which mostly wake each other, and creates as fast.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| (processors.get() - 1).max(1))
}

/// A place to serve at: the socket is bound, and signals are waited for.
pub(super) struct Place {
    /// How somebody on this machine reaches it.
    pub(super) url: String,
    listener: TcpListener,
    signals: Signals,
}

impl Place {
    /// Takes the place that the settings name.
    pub(super) async fn take(config: &Config) -> Result<Self, String> {
        let signals = Signals::install().map_err(|e| e.to_string())?;
        let listener = listen(config.listen)
            .map_err(|e| format!("cannot listen on {}: {e}", config.listen))?;
        let url = url(listener.local_addr().map_err(|e| e.to_string())?);
        Ok(Self {
            url,
            listener,
            signals,
        })
    }

    /// Tells people and programs that `server` is there, and serves until a signal comes. `loaded`: the settings as they were read.
    pub(super) async fn serve(
        self,
        server: Server,
        config: &Config,
        loaded: Loaded,
        greeting: &str,
    ) -> Outcome {
        print(greeting)?;
        if let Some(path) = &config.ready_file {
            // The socket listens already: who reads the file and comes at once is answered.
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

/// Connections that may wait to be accepted: after a restart everybody comes at once.
const BACKLOG: u32 = 4096;

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // The connections of a server that has just stopped hold its address for a while.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The address as somebody on this machine reaches it: "every address" is none to connect to.
fn url(mut address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    format!("http://{address}")
}

/// Writes a file that appears whole or not at all. Follows no symbolic link: one that is planted under either name is replaced.
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

/// Creates a status, for whom `$ID` and `$TOKEN` stand in the shell it is pasted into.
pub(super) fn create_line(url: &str) -> String {
    format!(
        "curl -s {url}/api/v1/custom-user-status.create -H \"X-User-Id: $ID\" -H \"X-Auth-Token: $TOKEN\" \
         -H 'Content-Type: application/json' -d '{{\"name\":\"caught up\",\"statusType\":\"busy\"}}'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_told_as_this_machine() {
        let told = |address: &str| url(address.parse().unwrap());
        assert_eq!(told("0.0.0.0:80"), "http://127.0.0.1:80");
        assert_eq!(told("[::]:80"), "http://[::1]:80");
        assert_eq!(told("192.0.2.1:80"), "http://192.0.2.1:80");
    }
}
