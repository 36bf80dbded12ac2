//! Folders whose files are hooks: which files, under which names, who may change them, and how many
//! run at once. How a file is loaded and run is up to a [`Loader`].

#![warn(missing_docs)]

mod permits;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt::{self, Debug, Formatter};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorsign_file_trust::{failure, require};
use doorsign_hook::{Found, HookSource, PostCreateHook};

pub use permits::Permits;

/// The exit code or result that asks for another attempt: `EX_TEMPFAIL` of `sysexits.h`.
pub const RETRY_CODE: i32 = 75;

/// Loads hooks from files of one kind.
pub trait Loader: Send {
    /// The kind of hooks and the prefix of their names, such as `exec`. Alone, it is the name under
    /// which problems with the folder are reported.
    const KIND: &'static str;

    /// What is kept of a file between scans.
    type State: Send;

    /// Returns the part of a file's name that its hook is named after; `None` for a file that is
    /// not a hook. Hidden files are never passed.
    fn stem<'a>(&self, path: &'a Path) -> Option<&'a OsStr>;

    /// Returns the hook `name` of the file at `path`, the same one as long as nothing changed.
    ///
    /// `state` is `None` at the first scan of the file, and then what this function left there.
    ///
    /// # Errors
    ///
    /// Why the file is not usable, in one line that names it.
    fn load(
        &self,
        name: &str,
        path: &Path,
        state: &mut Option<Self::State>,
    ) -> Result<Arc<dyn PostCreateHook>, String>;
}

/// A folder whose files are hooks.
///
/// - `Greet.sh` is the hook `exec-greet-sh`: lower case, with `-` for everything except `a`–`z` and
///   `0`–`9`. If two files would have the same name, the one found first is the hook and the other
///   is rejected.
/// - Rejected: the folder, if other users than root and the running user can change it or one of its
///   parents. It then has no hooks.
pub struct HookFolder<L: Loader> {
    path: PathBuf,
    loader: L,
    /// The files of the last scan, without those rejected for their name.
    known: HashMap<PathBuf, Option<L::State>>,
}

impl<L: Loader> HookFolder<L> {
    /// Uses the folder at `path`. A missing folder has no hooks and is reported as a problem.
    pub fn new(path: PathBuf, loader: impl Into<L>) -> Self {
        Self {
            // Programs run in the folder, so a relative path would point elsewhere.
            path: std::path::absolute(&path).unwrap_or(path),
            loader: loader.into(),
            known: HashMap::new(),
        }
    }

    /// Lists the hooks, or returns why the folder cannot be used.
    fn hooks(&mut self) -> Result<Vec<Found>, String> {
        require(&self.path)?;
        let files = self.files().map_err(|error| failure(&self.path, &error))?;
        let mut known = std::mem::take(&mut self.known);
        let mut owners = HashMap::<String, PathBuf>::new();
        let mut found = Vec::new();
        for (name, path) in files {
            let hook = if let Some(owner) = owners.get(&name) {
                let (path, owner) = (path.display(), owner.display());
                Err(format!("{path}: {owner} already has the same name"))
            } else {
                let mut state = known.remove(&path).flatten();
                let hook = self.loader.load(&name, &path, &mut state);
                self.known.insert(path.clone(), state);
                owners.insert(name.clone(), path);
                hook
            };
            found.push(Found { name, hook });
        }
        Ok(found)
    }

    /// Lists the names and paths of files that are or should be hooks: known ones first, then by
    /// path.
    fn files(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let paths = fs::read_dir(&self.path)?.filter_map(|entry| Some(entry.ok()?.path()));
        let mut files: Vec<_> = paths
            .filter_map(|path| Some((self.name_of(&path)?, path)))
            .collect();
        files.sort_by_cached_key(|(_, path)| (!self.known.contains_key(path), path.clone()));
        Ok(files)
    }

    /// Returns the kind and the stem, with `-` for characters that are not allowed in hook names.
    fn name_of(&self, path: &Path) -> Option<String> {
        if path.file_name()?.as_encoded_bytes().starts_with(b".") {
            return None;
        }
        let stem = self
            .loader
            .stem(path)?
            .to_string_lossy()
            .to_ascii_lowercase();
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        Some(format!(
            "{}-{}",
            L::KIND,
            stem.replace(|c| !is_allowed(c), "-")
        ))
    }
}

impl<L: Loader> HookSource for HookFolder<L> {
    fn kind(&self) -> &'static str {
        L::KIND
    }

    fn scan(&mut self) -> Vec<Found> {
        self.hooks().unwrap_or_else(|reason| {
            self.known.clear();
            let (name, hook) = (L::KIND.to_owned(), Err(reason));
            vec![Found { name, hook }]
        })
    }
}

impl<L: Loader> Debug for HookFolder<L> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple(L::KIND).field(&self.path).finish()
    }
}
