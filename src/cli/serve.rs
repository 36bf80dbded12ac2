//! `doorsign serve`: the server at the terminal. What it prints to standard output is for people; the log goes to standard error.

use super::{Outcome, print};
use crate::app::SystemClock;
use crate::config::{Config, SecretSource};
use crate::folder::Folder;
use crate::logging;
use crate::server::{FirstAdmin, Server};
use doorsign_hook::PostCreateHook;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

pub(super) fn run(config: Config, hooks: Vec<Arc<dyn PostCreateHook>>) -> Outcome {
    let _log = logging::start(&config)?;
    // A panic is a line of the log like any other, in its format.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a bug")));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    let served = runtime.block_on(serve(config, hooks));
    // A hook that never comes back must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// One processor is left to the writer, the hashing of passwords and the kernel. On two processors that serves a list from memory a
/// sixth faster than two workers, which mostly wake each other, and creates as fast.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| (processors.get() - 1).max(1))
}

async fn serve(config: Config, hooks: Vec<Arc<dyn PostCreateHook>>) -> Outcome {
    if let Some(path) = &config.ready_file
        && !Folder::is_in_use(&config.data)
    {
        // One that is left over from a server that was killed names a port that nobody answers.
        let _ = std::fs::remove_file(path);
    }
    let signals = (SignalKind::interrupt(), SignalKind::terminate());
    let signals = signal(signals.0)
        .and_then(|first| Ok((first, signal(signals.1)?)))
        .map_err(|e| e.to_string())?;
    // Bound first: a start that fails here must not have made an administrator whose password nobody was shown.
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|e| format!("cannot listen on {}: {e}", config.listen))?;
    let server = Server::open(config.clone(), Arc::new(SystemClock), hooks)
        .await
        .map_err(|e| e.to_string())?;
    let url = url(listener.local_addr().map_err(|e| e.to_string())?);
    print(&greeting(&url, &config, server.first_admin.as_ref()))?;
    if let Some(path) = &config.ready_file {
        // The socket listens already: who reads the file and comes at once is answered.
        write_whole(path, &url)
            .map_err(|e| format!("cannot write the ready file {}: {e}", path.display()))?;
    }
    let (version, data) = (env!("CARGO_PKG_VERSION"), config.data.display());
    tracing::info!(version, url, %data, contract = %config.contract, "listening");
    server.run(listener, stop(signals)).await;
    if let Some(path) = &config.ready_file {
        let _ = std::fs::remove_file(path);
    }
    Ok(())
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

/// Comes back with the first signal, and ends the process with the second.
async fn stop((mut interrupt, mut terminate): (Signal, Signal)) {
    let first = either(&mut interrupt, &mut terminate).await;
    tracing::info!(
        signal = first,
        "stopping: open requests have ten seconds; a second signal stops at once"
    );
    tokio::spawn(async move {
        let second = either(&mut interrupt, &mut terminate).await;
        std::process::exit(128 + second);
    });
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) -> i32 {
    tokio::select! {
        _ = interrupt.recv() => SignalKind::interrupt().as_raw_value(),
        _ = terminate.recv() => SignalKind::terminate().as_raw_value(),
    }
}

/// Nobody sees a part of the text: the file appears whole or not at all.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    std::fs::write(&part, text)?;
    std::fs::rename(&part, path)
}

fn greeting(url: &str, config: &Config, first_admin: Option<&FirstAdmin>) -> String {
    let username = first_admin.map_or(&config.admin_username, |admin| &admin.username);
    let made_up = first_admin.and_then(|admin| admin.password.as_deref());
    let told = match (first_admin, made_up) {
        (Some(_), Some(password)) => {
            format!(
                "The administrator {username} was created with the password {password}, shown this once.\n"
            )
        }
        (Some(_), None) => {
            format!("The administrator {username} was created with the password given.\n")
        }
        (None, _) => String::new(),
    };
    let hint = match (made_up, &config.admin_password_source) {
        (Some(_), _) | (None, Some(SecretSource::File(_))) => "",
        _ => ", with the administrator's password in DOORSIGN_ADMIN_PASSWORD",
    };
    format!(
        "doorsign {} listens on {url}, with its data in {}.\n{told}\nTry it, in another terminal{hint}:\n\n{}\n{}\n\n",
        env!("CARGO_PKG_VERSION"),
        config.data.display(),
        login_line(url, username, &password_in_shell(config, made_up)),
        create_line(url),
    )
}

/// Sets `$ID` and `$TOKEN` in the shell it is pasted into. The body is a form, because curl encodes any password for one.
fn login_line(url: &str, username: &str, password: &str) -> String {
    let username = quoted(&format!("user={username}"));
    format!(
        "eval \"$(curl -s {url}/api/v1/login --data-urlencode {username} --data-urlencode {password} \
         | sed -nE 's/.*\"userId\":\"([^\"]+)\",\"authToken\":\"([^\"]+)\".*/ID=\\1 TOKEN=\\2/p')\""
    )
}

fn create_line(url: &str) -> String {
    format!(
        "curl -s {url}/api/v1/custom-user-status.create -H \"X-User-Id: $ID\" -H \"X-Auth-Token: $TOKEN\" \
         -H 'Content-Type: application/json' -d '{{\"name\":\"caught up\",\"statusType\":\"busy\"}}'"
    )
}

/// How a shell writes the password's field: the password itself only when it was made up here, and shown above anyway.
fn password_in_shell(config: &Config, made_up: Option<&str>) -> String {
    match (made_up, &config.admin_password_source) {
        (Some(password), _) => format!("password={password}"),
        (None, Some(SecretSource::File(path))) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            let path = quoted(&path.display().to_string());
            format!("\"password=$(cat {path})\"")
        }
        _ => "\"password=$DOORSIGN_ADMIN_PASSWORD\"".to_owned(),
    }
}

/// One word of a shell's line, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
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
