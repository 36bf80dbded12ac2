//! A process that has ended, and its output.

use crate::support::in_time;
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A process that has ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Passes when the process ended with 0 and without an error message. Returns its standard
    /// output.
    #[track_caller]
    pub fn succeeded(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        self.stdout
    }

    /// Passes when the process ended with `code` and exactly one line. Returns the line without
    /// `doorsign: `.
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
    // The process may have ended without reading its input.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = in_time("its end", child.wait_with_output()).await;
    output.unwrap().into()
}

/// Pastes lines into a shell in another folder, as a user with this environment would.
pub async fn paste(lines: &str, environment: &[(&str, &str)]) -> Ended {
    let mut bash = Command::new("bash");
    bash.env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(environment.iter().copied())
        .current_dir("/")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    ended(bash, lines).await
}
