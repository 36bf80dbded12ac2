//! Signals of a running server. SIGTERM, SIGINT and SIGQUIT stop it gracefully, SIGHUP reloads the
//! settings, SIGUSR1 and SIGUSR2 do nothing. A server that runs beside a command passes them all on.

use std::io::{IsTerminal, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Handlers for all signals that would otherwise end the process.
pub(super) struct Signals {
    stop: [Signal; 3],
    hangup: Signal,
    user: [Signal; 2],
    /// Whether the process was started on a terminal.
    has_terminal: bool,
}

/// The request of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Request {
    /// Stop; the number of the signal.
    Stop(i32),
    /// Reload the settings.
    Reload,
}

impl Signals {
    /// Installs the handlers.
    pub(super) fn install() -> Result<Self> {
        Ok(Self {
            stop: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::quit())?,
            ],
            hangup: signal(SignalKind::hangup())?,
            user: [
                signal(SignalKind::user_defined1())?,
                signal(SignalKind::user_defined2())?,
            ],
            has_terminal: std::io::stdin().is_terminal(),
        })
    }

    /// Resolves with the first signal that asks for a stop; the next one ends the process. `reload`
    /// runs with every SIGHUP.
    pub(super) async fn stopped(mut self, reload: impl Fn() + Send + Sync + 'static) {
        let signal = self.next_stop(&reload).await;
        tracing::info!(
            signal,
            "stopping: open requests have ten seconds; a second signal exits at once"
        );
        tokio::spawn(async move {
            let second = self.next_stop(&reload).await;
            std::process::exit(128 + second);
        });
    }

    /// Resolves with the number of the next signal, whichever it is.
    pub(super) async fn next_number(&mut self) -> i32 {
        let ([interrupt, terminate, quit], [one, two]) = (&mut self.stop, &mut self.user);
        let kind = tokio::select! {
            _ = interrupt.recv() => SignalKind::interrupt(),
            _ = terminate.recv() => SignalKind::terminate(),
            _ = quit.recv() => SignalKind::quit(),
            _ = self.hangup.recv() => SignalKind::hangup(),
            _ = one.recv() => SignalKind::user_defined1(),
            _ = two.recv() => SignalKind::user_defined2(),
        };
        kind.as_raw_value()
    }

    async fn next_stop(&mut self, reload: impl Fn()) -> i32 {
        loop {
            match self.next().await {
                Request::Stop(signal) => return signal,
                Request::Reload => reload(),
            }
        }
    }

    async fn next(&mut self) -> Request {
        let ([interrupt, terminate, quit], [one, two]) = (&mut self.stop, &mut self.user);
        loop {
            tokio::select! {
                _ = interrupt.recv() => return stop(SignalKind::interrupt()),
                _ = terminate.recv() => return stop(SignalKind::terminate()),
                _ = quit.recv() => return stop(SignalKind::quit()),
                _ = self.hangup.recv() => return hangup(self.has_terminal),
                _ = one.recv() => tracing::info!("ignored SIGUSR1"),
                _ = two.recv() => tracing::info!("ignored SIGUSR2"),
            }
        }
    }
}

/// The request of SIGHUP. A closed terminal sends it, too, and is no longer a terminal.
fn hangup(has_terminal: bool) -> Request {
    if has_terminal && !std::io::stdin().is_terminal() {
        stop(SignalKind::hangup())
    } else {
        Request::Reload
    }
}

fn stop(signal: SignalKind) -> Request {
    Request::Stop(signal.as_raw_value())
}

/// Makes a write beyond the limit of `ulimit -f` fail with an error, which becomes a 503, instead
/// of killing the process. Installs a handler instead of ignoring the signal, because programs of
/// hooks would inherit the latter.
pub(super) fn survive_file_size_limit() {
    // The handler stays when the stream is dropped.
    if let Err(error) = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())) {
        tracing::warn!(%error, "a limit on file sizes (ulimit -f) would end the process");
    }
}
