//! Finds the modules in the folder, names them, and detects changes.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorsign_file_trust::{failure, require};
use doorsign_hook::{Found, HookSource, PostCreateHook};
use tokio::sync::Semaphore;

use crate::Settings;
use crate::file::{ModuleFile, Stamp, candidate, same_name};
use crate::hook::Hook;
use crate::load;

/// The prefix of every name. Alone, it is the name under which problems with the folder are
/// reported.
pub(crate) const KIND: &str = "wasm";

/// A folder whose `.wasm` files are hooks.
///
/// - `Greet.wasm` is the hook `wasm-greet`: lower case, with `-` for everything except `a`–`z` and
///   `0`–`9`. If two files would have the same name, the one found first is the hook and the other
///   is rejected.
/// - Ignored: folders, and names that start with `.` or do not end in `.wasm`.
/// - Rejected: files that other users than root and the running user can change, through their
///   permissions or those of a parent folder (if the folder itself is rejected, there are no
///   hooks), files larger than 8 MiB, and invalid modules.
/// - A changed file is a new hook at the next lookup. Install it by renaming: a file that is still
///   being written is invalid until it is complete.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    settings: Settings,
    permits: Arc<Semaphore>,
    known: HashMap<PathBuf, Known>,
}

/// The result of loading a file.
#[derive(Clone, Debug)]
struct Known {
    stamp: Stamp,
    hook: Result<Arc<Hook>, String>,
}

impl Folder {
    /// Uses the folder at `path`. A missing folder has no hooks and is reported as a problem.
    pub fn new(path: PathBuf, settings: Settings) -> Self {
        Self {
            path,
            settings,
            permits: Arc::new(Semaphore::new(settings.at_once.max(1))),
            known: HashMap::new(),
        }
    }

    /// Lists the hooks, or returns why the folder cannot be used.
    fn found(&mut self) -> Result<Vec<Found>, String> {
        require(&self.path)?;
        let candidates = self
            .candidates()
            .map_err(|error| failure(&self.path, &error))?;
        let mut first = HashMap::<String, PathBuf>::new();
        let mut found = Vec::new();
        for (name, path) in candidates {
            let hook = match first.get(&name) {
                None => self.current(&name, &path),
                Some(other) => Err(same_name(&path, other)),
            };
            first.entry(name.clone()).or_insert(path);
            let hook = hook.map(|hook| hook as Arc<dyn PostCreateHook>);
            found.push(Found { name, hook });
        }
        self.known
            .retain(|path, _| first.values().any(|first| first == path));
        Ok(found)
    }

    /// Lists the files that are or should be hooks: known ones first, then by name.
    fn candidates(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let entries = fs::read_dir(&self.path)?.filter_map(candidate);
        let mut candidates: Vec<_> = entries.collect();
        candidates.sort_by_cached_key(|(_, path)| (!self.known.contains_key(path), path.clone()));
        Ok(candidates)
    }

    /// Returns the hook for the file at `path`, reloaded if it has changed since the last lookup.
    fn current(&mut self, name: &str, path: &Path) -> Result<Arc<Hook>, String> {
        let module = ModuleFile::open(path)?;
        if let Some(known) = self.known.get(path)
            && known.stamp == module.stamp()
        {
            return known.hook.clone();
        }
        let (stamp, hook) = (module.stamp(), self.loaded(name, path, module));
        let known = Known {
            stamp,
            hook: hook.clone(),
        };
        self.known.insert(path.to_owned(), known);
        hook
    }

    fn loaded(&self, name: &str, path: &Path, file: ModuleFile) -> Result<Arc<Hook>, String> {
        let module = load::load(&file.read(path)?, self.settings.memory_max_bytes)
            .map_err(|reason| format!("{}: {reason}", path.display()))?;
        let permits = Arc::clone(&self.permits);
        let hook = Hook::new(name.into(), module, self.settings, permits);
        Ok(Arc::new(hook))
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
