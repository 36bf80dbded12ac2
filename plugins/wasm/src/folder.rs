//! Which modules are in the folder, what each is called, and whether it has changed. It does not know what is in a
//! module.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, DirEntry, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorsign_hook::{Found, HookSource, PostCreateHook};
use tokio::sync::Semaphore;

use crate::Settings;
use crate::hook::Hook;
use crate::load;

/// What every name begins with; alone it is the name under which trouble with the folder itself is told.
const KIND: &str = "wasm";

/// The largest file that is read. Modules of compilers are far smaller once their debug information is stripped.
const FILE_MAX_BYTES: u64 = 8 << 20;

/// A folder whose `.wasm` files are hooks.
///
/// - `Greet.wasm` is the hook `wasm-greet`: in lower case, with `-` for everything but `a`–`z` and `0`–`9`. Where two
///   files would have the same name, the one that was there first is the hook, and the other one is refused.
/// - Passed over: folders, and names that begin with `.` or do not end in `.wasm`.
/// - Refused: what others than its owner and its group may write to (if that is the folder, there are no hooks at
///   all), files of more than 8 MiB, and what is no module that can be run.
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

/// By what a change of a file is seen: device, inode, length, and seconds and nanoseconds of its two times.
type Stamp = (u64, u64, u64, [i64; 4]);

impl Folder {
    /// The folder at `path`, which need not be there yet: until then it has no hooks.
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
        match fs::metadata(&self.path) {
            Ok(folder) => refuse_writable(&self.path, &folder)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(told(&self.path, &error)),
        }
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
        let read = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (found, file) = read.map_err(|error| told(path, &error))?;
        refuse_writable(path, &found)?;
        let stamp = stamp_of(&found);
        match self.known.get(path) {
            Some(known) if known.stamp == stamp => known.hook.clone(),
            _ => {
                let hook = self.loaded(name, path, file);
                let known = Known {
                    stamp,
                    hook: hook.clone(),
                };
                self.known.insert(path.to_owned(), known);
                hook
            }
        }
    }

    fn loaded(&self, name: &str, path: &Path, file: File) -> Result<Arc<Hook>, String> {
        let mut bytes = Vec::new();
        file.take(FILE_MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| told(path, &error))?;
        if bytes.len() as u64 > FILE_MAX_BYTES {
            return Err(format!("{}: larger than 8 MiB", path.display()));
        }
        let module = load::load(&bytes, self.settings.memory_max_bytes)
            .map_err(|reason| format!("{}: {reason}", path.display()))?;
        let permits = Arc::clone(&self.permits);
        Ok(Arc::new(Hook::new(
            name.into(),
            module,
            self.settings,
            permits,
        )))
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

/// Name and path of an entry that is a file of that kind, or a link to one.
fn candidate(entry: io::Result<DirEntry>) -> Option<(String, PathBuf)> {
    let path = entry.ok()?.path();
    let is_hidden = path.file_name()?.as_encoded_bytes().starts_with(b".");
    let is_module = path.extension() == Some(OsStr::new(KIND)) && path.is_file();
    let name = name_of(path.file_stem()?);
    (is_module && !is_hidden).then_some((name, path))
}

/// `wasm-` and the name of the file, with what a hook's name may not have turned to `-`.
fn name_of(stem: &OsStr) -> String {
    let stem = stem.to_string_lossy().to_ascii_lowercase();
    let usable = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    format!("{KIND}-{}", stem.replace(|letter| !usable(letter), "-"))
}

fn stamp_of(found: &Metadata) -> Stamp {
    let times = [
        found.mtime(),
        found.mtime_nsec(),
        found.ctime(),
        found.ctime_nsec(),
    ];
    (found.dev(), found.ino(), found.len(), times)
}

/// Whoever may write to it would be told of every event. The group may: to let it is a decision, or, where each user
/// has a group of their own, means nothing.
fn refuse_writable(path: &Path, found: &Metadata) -> Result<(), String> {
    if found.permissions().mode() & 0o002 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(format!(
        "{path} can be written to by others: chmod o-w {path}"
    ))
}

fn same_name(path: &Path, other: &Path) -> String {
    let (path, other) = (path.display(), other.display());
    format!("{path}: {other} has the same name already")
}

fn told(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}
