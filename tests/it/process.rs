//! doorsign as a process of its own: started as a user would start it, in a folder and an environment that hold nothing else, and
//! ended by signals. Knows no route.

use crate::support::Client;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub const PASSWORD: &str = "correct-horse \"battery\" & 'staple' $HOME 100%";

/// The part of [`PASSWORD`] that looks the same however it is encoded: where this is not, no password is.
pub const PASSWORD_START: &str = "correct-horse";

/// Far longer than anything here takes: a process that hangs fails its test and does not stop the others.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder to start doorsign in; its data lies in `data` below it.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A home whose data folder holds a database with the administrator `admin` and [`PASSWORD`], and no server.
    pub async fn with_data() -> Self {
        let home = Self::new();
        home.serve(&[], &[("DOORSIGN_ADMIN_PASSWORD", PASSWORD)])
            .await
            .end()
            .await;
        home
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// `doorsign ARGS` with these variables, on this home's data and a free port unless they say otherwise.
    pub fn command(&self, args: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorsign"));
        command
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .envs([
                ("DOORSIGN_DATA", "data"),
                ("DOORSIGN_LISTEN", "127.0.0.1:0"),
            ])
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs `doorsign ARGS` to its end.
    pub async fn run(&self, args: &[&str]) -> Ended {
        ended(self.command(args, &[]), "").await
    }

    /// Runs `doorsign ARGS` to its end with `input` on its standard input.
    pub async fn run_with_input(&self, args: &[&str], input: &str) -> Ended {
        ended(self.command(args, &[]), input).await
    }

    /// Starts `doorsign ARGS`, which serves, and waits for its greeting.
    pub async fn serve(&self, args: &[&str], environment: &[(&str, &str)]) -> Process {
        Process::start(self.command(args, environment)).await
    }
}

/// A process that has ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Passes when the process ended well and said nothing on standard error; gives its output.
    #[track_caller]
    pub fn succeeded(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        self.stdout
    }

    /// Passes when the process ended with `code` and exactly one line, which it gives without `doorsign: `.
    #[track_caller]
    pub fn refused(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        let line = self.stderr.strip_suffix('\n').unwrap_or_default();
        let reason = line.strip_prefix("doorsign: ").unwrap_or_default();
        assert!(!reason.is_empty() && !reason.contains('\n'), "{self:?}");
        reason.to_owned()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs `command` to its end with `input` on its standard input.
pub async fn ended(mut command: Command, input: &str) -> Ended {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // One that does not read its input may be gone already.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    output.expect("ended in time").unwrap().into()
}

/// A server in a process of its own, killed when dropped.
pub struct Process {
    child: Child,
    pub url: String,
    /// What it printed before it served.
    pub greeting: String,
    stdout: BufReader<ChildStdout>,
    log: watch::Receiver<String>,
    reading: JoinHandle<()>,
}

impl Process {
    async fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (log, reading) = follow(child.stderr.take().unwrap());
        let mut greeting = String::new();
        let greeted = async {
            // The create line is the greeting's last but for an empty one.
            while !greeting.contains("custom-user-status.create") {
                if stdout.read_line(&mut greeting).await.unwrap() == 0 {
                    panic!("it ended: {}", *log.borrow());
                }
            }
            stdout.read_line(&mut greeting).await.unwrap();
        };
        let greeted = tokio::time::timeout(PATIENCE, greeted).await;
        greeted.expect("a greeting in time");
        let (_, url) = greeting.split_once("listens on ").unwrap();
        let url = url.split(',').next().unwrap().to_owned();
        Self {
            child,
            url,
            greeting,
            stdout,
            log,
            reading,
        }
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    pub fn anon(&self) -> Client {
        Client::new(self.address(), None)
    }

    /// Somebody with the user id and token that the two header lines of `doorsign token create` hold.
    pub fn with_headers(&self, lines: &str) -> Client {
        let value = |name: &str| {
            let line = lines.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().to_owned()
        };
        let credentials = (value("X-User-Id: "), value("X-Auth-Token: "));
        Client::new(self.address(), Some(credentials))
    }

    /// Somebody who has logged in with a password.
    pub async fn login(&self, username: &str, password: &str) -> Client {
        let body = serde_json::json!({"user": username, "password": password});
        let reply = self.anon().post("login", body).await.expect(200).json();
        let part = |name: &str| reply["data"][name].as_str().unwrap().to_owned();
        Client::new(self.address(), Some((part("userId"), part("authToken"))))
    }

    /// The made-up password that the greeting shows, if it shows one.
    pub fn shown_password(&self) -> Option<&str> {
        let (_, rest) = self.greeting.split_once("with the password ")?;
        rest.split_once(", shown this once").map(|(shown, _)| shown)
    }

    /// Waits until the log satisfies `enough`, and gives it.
    pub async fn logged(&self, enough: impl FnMut(&String) -> bool) -> String {
        let mut log = self.log.clone();
        let logged = tokio::time::timeout(PATIENCE, log.wait_for(enough)).await;
        logged.expect("logged in time").unwrap().clone()
    }

    /// Sends a signal: `TERM`, `INT` or `KILL`.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        let mut kill = Command::new("kill");
        let sent = kill.args(["-s", name, &id]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended; standard output is what came after the greeting.
    pub async fn wait(mut self) -> Ended {
        let mut stdout = String::new();
        let ended = async {
            self.stdout.read_to_string(&mut stdout).await.unwrap();
            (&mut self.reading).await.unwrap();
            self.child.wait().await.unwrap()
        };
        let status = tokio::time::timeout(PATIENCE, ended).await;
        Ended {
            code: status.expect("ended in time").code(),
            stdout,
            stderr: self.log.borrow().clone(),
        }
    }

    /// Asks it to stop, and waits until it has.
    pub async fn end(self) -> Ended {
        self.signal("TERM").await;
        self.wait().await
    }

    /// Ends it as a power cut would.
    pub async fn kill(self) {
        self.signal("KILL").await;
        self.wait().await;
    }
}

/// Reads to the end in the background, so that the writer never waits and the reader sees what has come so far.
fn follow(
    stream: impl tokio::io::AsyncRead + Send + Unpin + 'static,
) -> (watch::Receiver<String>, JoinHandle<()>) {
    let (sender, receiver) = watch::channel(String::new());
    let mut stream = BufReader::new(stream);
    let reading = tokio::spawn(async move {
        let mut line = String::new();
        while stream.read_line(&mut line).await.unwrap() > 0 {
            sender.send_modify(|log| log.push_str(&line));
            line.clear();
        }
    });
    (receiver, reading)
}
