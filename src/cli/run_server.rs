//! Shared by the commands that run a server: the runtime, the start, the ready file, the stop.

use super::listener::{listen, resolve, url};
use super::output::{Outcome, print};
use super::signals::{Signals, survive_file_size_limit};
use super::{command_run, reap, reload};
use crate::config::{Compat, Config, Loaded};
use crate::server::logging;
use crate::server::{Server, StartError};
use crate::transport::files;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long a server that ran beside a command may take to stop. Nothing that it holds is needed
/// any more, and the caller waits for the exit code.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Runs the server that `open` opens until a signal arrives. `greeting` returns the text for the
/// terminal, given the server's URL, `config` and the server. `loaded`: the settings as read.
pub(super) fn run<Opening: Future<Output = Result<Server, StartError>>>(
    config: &Config,
    loaded: Loaded,
    open: impl FnOnce(Config) -> Opening,
    greeting: impl AsyncFnOnce(&str, &Config, &Server) -> Outcome<String>,
) -> Outcome {
    on_runtime(config, async {
        files::allow_connections(config.max_connections);
        // Bind first: a start that fails here must not have created an administrator.
        let bound = BoundListener::bind(config).await?;
        let server = open(config.clone()).await?;
        let greeting = greeting(&bound.url, config, &server).await?;
        bound.serve(server, config, loaded, &greeting).await
    })
}

/// Runs the server that `open` opens while `command` runs. Returns the exit code of the command.
pub(super) fn run_beside<Opening: Future<Output = Result<Server, StartError>>>(
    config: &Config,
    command: &[OsString],
    open: impl FnOnce(Config) -> Opening,
) -> Outcome<ExitCode> {
    on_runtime(config, async {
        let bound = BoundListener::bind(config).await?;
        let server = open(config.clone()).await?;
        bound.serve_beside(server, config, command).await
    })
}

/// Runs `serving` with the log and the runtime of a server.
fn on_runtime<T>(config: &Config, serving: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let _log = logging::start(config)?;
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

/// The line of the greeting about the release whose responses are sent; empty for the default.
pub(super) const fn compat_line(compat: Compat) -> &'static str {
    match compat {
        Compat::Eight => "",
        Compat::Nine => "It responds like Rocket.Chat 9.0 where 8 and 9 differ (compat 9).\n",
    }
}

/// Removes the ready file of a killed server: its address is dead or belongs to another program.
pub(super) fn remove_stale_ready_file(config: &Config) {
    if let Some(path) = &config.ready_file {
        let _ = std::fs::remove_file(path);
    }
}

/// One CPU stays free for the writer, password hashing and the kernel. On two CPUs, one worker
/// serves lists from memory a sixth faster than two workers, which mostly wake each other, and
/// creates as fast.
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

    /// Prints the greeting, writes the ready file, and serves until a signal arrives. `loaded`: the
    /// settings as read.
    async fn serve(
        self,
        server: Server,
        config: &Config,
        loaded: Loaded,
        greeting: &str,
    ) -> Outcome {
        print(greeting)?;
        self.write_ready_file(config)?;
        self.log_listening(&server, config);
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

    /// Serves while `command` runs. Returns its exit code.
    async fn serve_beside(
        self,
        server: Server,
        config: &Config,
        command: &[OsString],
    ) -> Outcome<ExitCode> {
        self.write_ready_file(config)?;
        self.log_listening(&server, config);
        let stop = CancellationToken::new();
        let serving = server.run(self.listener, stop.cancelled());
        let stopping = async {
            stop.cancelled().await;
            tokio::time::sleep(STOP_TIMEOUT).await;
        };
        let serving = async {
            tokio::select! {
                () = serving => {}
                () = stopping => {}
            }
        };
        let running = async {
            let code = command_run::run(command, &self.url, self.signals).await;
            stop.cancel();
            code
        };
        let (code, ()) = tokio::join!(running, serving);
        remove_stale_ready_file(config);
        code
    }

    fn log_listening(&self, server: &Server, config: &Config) {
        let (version, data) = (env!("CARGO_PKG_VERSION"), server.data());
        let (listen, contract, compat) = (&config.listen, config.contract, config.compat);
        tracing::info!(version, url = self.url, listen, %data, %contract, %compat, "listening");
    }

    /// Writes the ready file, if the settings name one. The socket listens already, so a client
    /// that reads the file and connects at once is served.
    fn write_ready_file(&self, config: &Config) -> Outcome {
        let Some(path) = &config.ready_file else {
            return Ok(());
        };
        write_whole(path, &self.url)
            .map_err(|e| format!("cannot write the ready file {}: {e}", path.display()).into())
    }
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
