//! A server with many users, the rules about them, and clients.

use super::Outcome;
use super::crowd::Crowd;
use super::http::Connection;
use super::server::Server;
use super::subscriber::Target;
use rusqlite::{Connection as Database, OpenFlags};
use std::path::Path;
use std::process::Command;

/// Users with a status.
pub const PEOPLE: usize = 1000;
/// How many of them are hidden from a user, who is not the one whose requests are measured.
const HIDDEN: usize = 100;
/// A clock tick of `/proc/PID/stat` on Linux.
const TICK_MICROS: f64 = 10_000.0;

/// Copies the administrator to [`PEOPLE`] further users without a password, who are busy.
const USERS: &str = "BEGIN;
    CREATE TEMP TABLE many AS
        WITH RECURSIVE n(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 1000)
        SELECT one.* FROM n, (SELECT * FROM user LIMIT 1) AS one;
    UPDATE many SET id = 'user' || rowid, username = 'user' || rowid, username_key = 'user' || rowid, password_hash = '',
                    email = NULL, email_key = NULL;
    INSERT INTO user SELECT * FROM many;
    INSERT INTO user_role SELECT id, 'user' FROM many;
    INSERT INTO presence SELECT id, 'offline', 1 FROM many;
    INSERT INTO claim SELECT id, 'manual', 'busy', 'Lunch', NULL FROM many;
    COMMIT";

/// The rules of visibility on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    None,
    Hundred,
}

impl Rules {
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "no rule",
            Self::Hundred => "100 rules",
        }
    }
}

/// A measured server.
pub struct Subject {
    server: Server,
    /// The headers of the administrator, who changes statuses, and of the user who reads.
    admin: String,
    viewer: String,
    viewer_token: String,
    changes: usize,
    _folder: tempfile::TempDir,
}

impl Subject {
    /// Starts `program` on a new folder; `None` if it does not know the rules.
    pub async fn start(program: &Path, rules: Rules) -> Outcome<Option<Self>> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let path = folder.path();
        let arguments = ["serve", "--rate-limit-calls", "0"];
        Server::start(program, &arguments, path)
            .await?
            .stop()
            .await?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let database = Database::open_with_flags(path.join("data/doorsign.db"), flags)?;
        database.execute_batch(USERS)?;
        drop(database);
        let admin = token(program, path, "admin")?;
        // No rule is about the last user.
        let viewer = token(program, path, "user1000")?;
        let server = Server::start(program, &arguments, path).await?;
        let viewer_token = viewer.split("X-Auth-Token: ").nth(1).unwrap_or_default();
        let subject = Self {
            viewer_token: viewer_token.trim().to_owned(),
            server,
            admin,
            viewer,
            changes: 0,
            _folder: folder,
        };
        let is_there = rules == Rules::None || subject.hide().await?;
        Ok(is_there.then_some(subject))
    }

    /// Hides people from `user999`. Returns whether the server knows such rules.
    async fn hide(&self) -> Outcome<bool> {
        let setting = "settings/Accounts_StatusVisibility_Admin_Enabled";
        if self.post(setting, r#"{"value":true}"#).await? != 200 {
            return Ok(false);
        }
        for number in 1..=HIDDEN {
            let body = format!(
                r#"{{"userId":"user{number}","data":{{"statusVisibilityDeniedByAdmin":["user999"]}}}}"#
            );
            match self.post("users.update", &body).await? {
                200 => {}
                status => return Err(format!("users.update: {status}").into()),
            }
        }
        Ok(true)
    }

    /// Changes the status of a person, who has a rule if there are any.
    pub async fn change(&mut self) -> Outcome<()> {
        self.changes += 1;
        let body = format!(
            r#"{{"userId":"user1","status":"busy","message":"change {}"}}"#,
            self.changes
        );
        match self.post("users.setStatus", &body).await? {
            200 => Ok(()),
            status => Err(format!("users.setStatus: {status}").into()),
        }
    }

    /// A request of the viewer, as bytes to send.
    pub fn viewer_request(&self, route: &str) -> String {
        let (address, viewer) = (&self.server.address, &self.viewer);
        format!("GET /api/v1/{route} HTTP/1.1\r\nHost: {address}\r\n{viewer}\r\n")
    }

    pub async fn connect(&self) -> Outcome<Connection> {
        Ok(Connection::open(&self.server.address).await?)
    }

    /// Connects listeners, all of them the viewer.
    pub async fn crowd(&self, size: usize) -> Outcome<Crowd> {
        let target = Target {
            address: self.server.address.clone(),
            prefix: String::new(),
            token: self.viewer_token.clone(),
            event: "user-status",
        };
        Ok(Crowd::gather(target, size).await?)
    }

    /// Returns the CPU time that the server has used, in microseconds.
    pub fn cpu_micros(&self) -> Outcome<f64> {
        let pid = self.server.process.id().ok_or("the server has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name in parentheses may contain spaces. User and system time are fields 14 and 15.
        let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
        let ticks = fields.split_ascii_whitespace().skip(11).take(2);
        let ticks: Result<Vec<f64>, _> = ticks.map(str::parse).collect();
        Ok(ticks?.iter().sum::<f64>() * TICK_MICROS)
    }

    pub async fn stop(self) -> Outcome<()> {
        self.server.stop().await
    }

    async fn post(&self, route: &str, body: &str) -> Outcome<u16> {
        let (address, admin, length) = (&self.server.address, &self.admin, body.len());
        let request = format!(
            "POST /api/v1/{route} HTTP/1.1\r\nHost: {address}\r\n{admin}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        // The server closes idle connections while others are measured.
        let mut connection = self.connect().await?;
        Ok(connection.exchange(request.as_bytes()).await?.status)
    }
}

/// Returns the two header lines of a new token.
fn token(program: &Path, folder: &Path, user: &str) -> Outcome<String> {
    let mut command = Command::new(program);
    command.args(["--data", "data", "token", "create", user, "--name", "bench"]);
    let output = command.current_dir(folder).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?.replace('\n', "\r\n"))
}
