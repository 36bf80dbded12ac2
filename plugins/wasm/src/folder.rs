//! Which modules are in the folder, what each is called, and whether it has changed. It does not know what is in a
//! module.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorsign_file_trust::require;
use doorsign_hook::{Found, HookSource, PostCreateHook};
use tokio::sync::Semaphore;

use crate::Settings;
use crate::file::{ModuleFile, Stamp, candidate, same_name, told};
use crate::hook::Hook;
use crate::load;

/// What every name begins with; alone it is the name under which trouble with the folder itself is told.
pub(crate) const KIND: &str = "wasm";

/// A folder whose `.wasm` files are hooks.
///
/// - `Greet.wasm` is the hook `wasm-greet`: in lower case, with `-` for everything but `a`–`z` and `0`–`9`. Where two
///   files would have the same name, the one that was there first is the hook, and the other one is refused.
/// - Passed over: folders, and names that begin with `.` or do not end in `.wasm`.
/// - Refused: what anybody but root and the running user can change, by its permissions or those of a folder above it (if
///   that is the folder itself, there are no hooks at all), files of more than 8 MiB, and what is no module that can be run.
/// - A changed file is a new hook at the next look. Put it there by renaming: one that is being written is broken as
///   long as it lasts.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    settings: Settings,
    permits: Arc<Semaphore>,
    known: HashMap<PathBuf, Known>,
}

/// What was made of a file when it was last read.
#[derive(Clone, Debug)]
struct Known {
    stamp: Stamp,
    hook: Result<Arc<Hook>, String>,
}

impl Folder {
    /// The folder at `path`. While it is not there, it has no hooks, and says so.
    pub fn new(path: PathBuf, settings: Settings) -> Self {
        Self {
            path,
            settings,
            permits: Arc::new(Semaphore::new(settings.at_once.max(1))),
            known: HashMap::new(),
        }
    }

    /// What is there, or why the folder cannot be used.
    fn found(&mut self) -> Result<Vec<Found>, String> {
        require(&self.path)?;
        let candidates = self
            .candidates()
            .map_err(|error| told(&self.path, &error))?;
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

    /// The files that are hooks or would be, those of the last look first, then in the order of their names.
    fn candidates(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let entries = fs::read_dir(&self.path)?.filter_map(candidate);
        let mut candidates: Vec<_> = entries.collect();
        candidates.sort_by_cached_key(|(_, path)| (!self.known.contains_key(path), path.clone()));
        Ok(candidates)
    }

    /// The hook for the file at `path`, read anew if it has changed since the last look.
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
