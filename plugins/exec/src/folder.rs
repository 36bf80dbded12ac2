//! Finds the hook programs in the folder and names them.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorsign_file_trust::{failure, require};
use doorsign_hook::{Found, HookSource, PostCreateHook};
use tokio::sync::Semaphore;

use crate::Settings;
use crate::program::Program;

/// The prefix of every name. Alone, it is the name under which problems with the folder are
/// reported.
const KIND: &str = "exec";

/// A folder whose executable files are hooks.
///
/// - `Greet.sh` is the hook `exec-greet-sh`: lower case, with `-` for everything except `a`–`z` and
///   `0`–`9`. If two files would have the same name, the one found first is the hook and the other
///   is rejected.
/// - Ignored: folders, other files that are not executable, and names that start with `.` or end in
///   `~`.
/// - Rejected: scripts and programs without execute permission, and files that other users than
///   root and the running user can change, through their permissions or those of a parent folder.
///   If the folder itself is rejected, there are no hooks.
/// - A changed file needs no reload, because the program is started for each event.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    settings: Settings,
    permits: Arc<Semaphore>,
    known: HashMap<String, Arc<Program>>,
}

impl Folder {
    /// Uses the folder at `path`. A missing folder has no hooks and is reported as a problem.
    pub fn new(path: PathBuf, settings: Settings) -> Self {
        Self {
            // Programs run in the folder, so a relative path would point elsewhere.
            path: std::path::absolute(&path).unwrap_or(path),
            settings,
            permits: Arc::new(Semaphore::new(settings.at_once.max(1))),
            known: HashMap::new(),
        }
    }

    /// Returns the hook for the file at `path`, reusing the one of the last lookup.
    fn program(&self, name: &str, path: PathBuf) -> Arc<Program> {
        let known = self.known.get(name).filter(|known| known.is_at(&path));
        known.cloned().unwrap_or_else(|| {
            let permits = Arc::clone(&self.permits);
            Arc::new(Program::new(name.into(), path, self.settings, permits))
        })
    }

    /// Lists the files that are or should be hooks: known ones first, then by name.
    fn candidates(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let entries = fs::read_dir(&self.path)?.filter_map(candidate);
        let mut candidates: Vec<_> = entries.collect();
        candidates.sort_by_cached_key(|(name, path)| {
            let known = self.known.get(name).is_some_and(|known| known.is_at(path));
            (!known, path.clone())
        });
        Ok(candidates)
    }

    /// Lists the hooks, or returns why the folder cannot be used.
    fn found(&mut self) -> Result<Vec<Found>, String> {
        require(&self.path)?;
        let candidates = self.candidates();
        let candidates = candidates.map_err(|error| failure(&self.path, &error))?;
        let mut programs = HashMap::new();
        let mut found = Vec::new();
        for (name, path) in candidates {
            let hook = self.checked(&name, &path, &programs);
            if let Ok(program) = &hook {
                programs.insert(name.clone(), Arc::clone(program));
            }
            let hook = hook.map(|program| program as Arc<dyn PostCreateHook>);
            found.push(Found { name, hook });
        }
        self.known = programs;
        Ok(found)
    }

    /// Returns the hook for a file that may be one, unless `programs` already has its name.
    fn checked(
        &self,
        name: &str,
        path: &Path,
        programs: &HashMap<String, Arc<Program>>,
    ) -> Result<Arc<Program>, String> {
        if let Some(other) = programs.get(name) {
            let (path, other) = (path.display(), other.path().display());
            return Err(format!("{path}: {other} already has the same name"));
        }
        let file = fs::metadata(path).map_err(|error| failure(path, &error))?;
        if !is_executable(&file) {
            let path = path.display();
            return Err(format!("{path} is not executable; run chmod +x {path}"));
        }
        require(path)?;
        Ok(self.program(name, path.to_owned()))
    }
}

impl HookSource for Folder {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn look(&mut self) -> Vec<Found> {
        self.found().unwrap_or_else(|reason| {
            self.known.clear();
            let (name, hook) = (KIND.to_owned(), Err(reason));
            vec![Found { name, hook }]
        })
    }
}

/// Returns the name and path of an entry that is a program or should be one, or of a link to such a
/// file.
fn candidate(entry: io::Result<DirEntry>) -> Option<(String, PathBuf)> {
    let path = entry.ok()?.path();
    let file = path.file_name()?;
    let bytes = file.as_encoded_bytes();
    if bytes.starts_with(b".") || bytes.ends_with(b"~") {
        return None;
    }
    let found = fs::metadata(&path).ok()?;
    let is_candidate = found.is_file() && (is_executable(&found) || looks_executable(&path));
    is_candidate.then(|| (name_of(file), path.clone()))
}

fn is_executable(found: &fs::Metadata) -> bool {
    found.permissions().mode() & 0o111 != 0
}

/// Returns whether a file starts like a script or a program, so that its missing permission is
/// probably a mistake.
fn looks_executable(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4).read_to_end(&mut start));
    read.is_ok() && (start.starts_with(b"#!") || start == b"\x7fELF")
}

/// Returns `exec-` and the file name, with `-` for characters that are not allowed in hook names.
fn name_of(file: &OsStr) -> String {
    let file = file.to_string_lossy().to_ascii_lowercase();
    let usable = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    format!("{KIND}-{}", file.replace(|letter| !usable(letter), "-"))
}
