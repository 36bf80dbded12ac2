//! Sets up a folder with hooks, a server on it, and a client for its administrator.

use super::http::Connection;
use super::receiver;
use super::server::Server;
use std::error::Error;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::process::Command;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A program that only reads its event.
const PROGRAM: &str = "#!/bin/sh\nread -r event\n";
/// A module that only reads its event.
const MODULE: &str = r#"(module
  (import "doorsign_v1" "event_len" (func $len (result i32)))
  (import "doorsign_v1" "event_read" (func $read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "on_event")
    (drop (call $read (i32.const 0) (i32.const 0) (call $len)))))"#;

/// A kind of hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    AuditLog,
    Webhook,
    Exec,
    Wasm,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::AuditLog => "audit log",
            Self::Webhook => "webhook",
            Self::Exec => "exec",
            Self::Wasm => "wasm",
        }
    }
}

/// A server's folder and its hooks.
pub struct Setup {
    program: PathBuf,
    folder: tempfile::TempDir,
    receiver: SocketAddr,
}

/// A client that acts as the administrator.
pub struct Client {
    connection: Connection,
    head: String,
    created: usize,
}

impl Setup {
    pub async fn new(program: &Path) -> Outcome<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        for hooks in ["exec", "wasm"] {
            std::fs::create_dir(folder.path().join(hooks))?;
        }
        Ok(Self {
            program: program.to_owned(),
            folder,
            receiver: receiver::start().await?,
        })
    }

    /// Adds a hook to its folder. The audit log is enabled when the server starts; a webhook is
    /// added to the running server.
    pub fn add(&self, kind: Kind, n: usize) -> Outcome<()> {
        let folder = self.folder.path();
        match kind {
            Kind::AuditLog => std::fs::write(folder.join("audited"), "")?,
            Kind::Webhook => {}
            Kind::Exec => {
                let path = folder.join("exec").join(format!("bench{n}"));
                std::fs::write(&path, PROGRAM)?;
                std::fs::set_permissions(path, PermissionsExt::from_mode(0o755))?;
            }
            Kind::Wasm => {
                let path = folder.join("wasm").join(format!("bench{n}.wasm"));
                std::fs::write(path, wat::parse_str(MODULE)?)?;
            }
        }
        Ok(())
    }

    /// Starts the server.
    pub async fn serve(&self) -> Outcome<Server> {
        let mut arguments = vec!["--exec-folder", "exec", "--wasm-folder", "wasm"];
        arguments.extend(["--webhook-allow", "127.0.0.0/8"]);
        if self.folder.path().join("audited").exists() {
            arguments.extend(["--audit-log", "audit.jsonl"]);
        }
        Server::start(&self.program, &arguments, self.folder.path()).await
    }

    /// Creates an administrator client for `server`.
    pub async fn client(&self, server: &Server) -> Outcome<Client> {
        let token = Command::new(&self.program)
            .args([
                "--data", "data", "token", "create", "admin", "--name", "bench",
            ])
            .current_dir(self.folder.path())
            .output()
            .await?;
        let headers = String::from_utf8(token.stdout)?.replace('\n', "\r\n");
        Ok(Client {
            connection: Connection::open(&server.address).await?,
            head: format!("Host: {}\r\n{headers}", server.address),
            created: 0,
        })
    }

    /// Waits for a hook and returns its name.
    pub async fn hook(&self, client: &mut Client, kind: Kind, n: usize) -> Outcome<String> {
        let name = match kind {
            Kind::AuditLog => "audit-log".to_owned(),
            Kind::Webhook => {
                let body = format!(r#"{{"name":"bench{n}","url":"http://{}/"}}"#, self.receiver);
                client.post("webhooks.add", &body).await?;
                format!("webhook-bench{n}")
            }
            Kind::Exec => format!("exec-bench{n}"),
            Kind::Wasm => format!("wasm-bench{n}"),
        };
        while client.lag_of(&name).await?.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(name)
    }
}

impl Client {
    /// Creates statuses one after the other and returns how long each took, in milliseconds.
    pub async fn create(&mut self, count: usize, apart: Option<Duration>) -> Outcome<Vec<f64>> {
        let mut took = Vec::with_capacity(count);
        for _ in 0..count {
            self.created += 1;
            let body = format!(
                r#"{{"name":"status {}","statusType":"busy"}}"#,
                self.created
            );
            let began = Instant::now();
            self.post("custom-user-status.create", &body).await?;
            took.push(began.elapsed().as_secs_f64() * 1000.0);
            if let Some(apart) = apart {
                tokio::time::sleep(apart).await;
            }
        }
        Ok(took)
    }

    /// Waits until all hooks have received every event.
    pub async fn caught_up(&mut self) -> Outcome<()> {
        while self.hooks().await?.iter().any(|hook| hook["lag"] != 0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Waits until `count` hooks run.
    pub async fn wait_for_hooks(&mut self, count: usize) -> Outcome<()> {
        while self.hooks().await?.len() < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Returns how many events a hook has not received yet.
    pub async fn lag(&mut self, hook: &str) -> Outcome<u64> {
        let lag_of = self.lag_of(hook).await?;
        lag_of.ok_or_else(|| format!("unknown hook {hook}").into())
    }

    async fn lag_of(&mut self, name: &str) -> Outcome<Option<u64>> {
        let hooks = self.hooks().await?;
        let hook = hooks.iter().find(|hook| hook["name"] == name);
        Ok(hook.and_then(|hook| hook["lag"].as_u64()))
    }

    async fn hooks(&mut self) -> Outcome<Vec<serde_json::Value>> {
        let request = format!("GET /api/v1/hooks.list HTTP/1.1\r\n{}\r\n", self.head);
        let body = self.exchange(&request).await?;
        Ok(body["hooks"].as_array().cloned().unwrap_or_default())
    }

    pub async fn post(&mut self, route: &str, body: &str) -> Outcome<serde_json::Value> {
        let (head, length) = (&self.head, body.len());
        let request = format!(
            "POST /api/v1/{route} HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.exchange(&request).await
    }

    async fn exchange(&mut self, request: &str) -> Outcome<serde_json::Value> {
        let answer = self.connection.exchange(request.as_bytes()).await?;
        match answer.status {
            200 => Ok(serde_json::from_slice(answer.body)?),
            status => Err(format!("{status}: {}", String::from_utf8_lossy(answer.body)).into()),
        }
    }
}
