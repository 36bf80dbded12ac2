//! Checks that only root and the running user can change a file, like OpenSSH's `StrictModes`.
//!
//! The rules, for the path itself and every parent up to `/`:
//!
//! - Its owner is root or the user that the process runs as.
//! - Neither its group nor others may write to it. Exception: the private group of the owner or of
//!   the running user, whose id equals the user's. Debian, Ubuntu and others give every user such a
//!   group, and make new files writable by it (umask 002). A Kubernetes volume with `fsGroup: 1000`
//!   belongs to `root:1000` and has mode 2775.
//! - Files on a read-only mount are accepted with any mode. Kubernetes mounts a `ConfigMap`
//!   read-only with mode 0777.
//! - A parent with the sticky bit, such as `/tmp`, may be writable: only the owner of an entry can
//!   replace it, and the owner is checked as well.
//! - Symbolic links are followed one by one, and the folders that hold them are checked too.
//!
//! The walk goes from `/` down. Once checked, a part can be changed only by root and the running
//! user. No other user can therefore replace the file between the check and its use.
//!
//! Source: `safe_path` in OpenSSH's `misc.c`. It has no exception for sticky folders and private
//! groups (Debian's OpenSSH has one for these), and does not check the folders that hold symbolic
//! links.

#![warn(missing_docs)]

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{StatVfs, StatVfsMountFlags};

/// Write permission of the group.
const BY_GROUP: u32 = 0o020;
/// Write permission of others.
const BY_OTHERS: u32 = 0o002;
/// Only the owner of an entry may rename or remove it.
const STICKY: u32 = 0o1000;
/// Maximum number of symbolic links followed, as on Linux (`MAXSYMLINKS`).
const MAX_LINKS: usize = 40;

/// The result for a path whose every part can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file or a folder.
    Present,
    /// Nothing yet; the first part of the path that does not exist.
    Missing(PathBuf),
}

/// Checks `path` and every parent. A relative path starts in the current folder.
///
/// # Errors
///
/// Who can change it and how to fix that, in one line; or the system's error.
pub fn check(path: &Path) -> Result<Found, String> {
    let path = std::path::absolute(path).map_err(|error| failure(path, &error))?;
    Walk::to(&path).run()
}

/// Like [`check`], for a path that must exist.
///
/// # Errors
///
/// As [`check`], and what to create.
pub fn require(path: &Path) -> Result<(), String> {
    match check(path)? {
        Found::Present => Ok(()),
        Found::Missing(part) => Err(format!("{} does not exist: create it", part.display())),
    }
}

/// Checks an open file, so that the checked file is the one that is read. Check its parents with
/// [`check`].
///
/// # Errors
///
/// As [`check`].
pub fn check_open(file: &File, path: &Path) -> Result<Metadata, String> {
    let found = file.metadata().map_err(|error| failure(path, &error))?;
    check_owner(path, &found)?;
    check_mode(path, &found, || rustix::fs::fstatvfs(file))?;
    Ok(found)
}

/// A walk from `/` to a path.
struct Walk {
    /// The current path; checked up to here.
    at: PathBuf,
    rest: VecDeque<OsString>,
    links: usize,
}

impl Walk {
    fn to(path: &Path) -> Self {
        let mut walk = Self {
            at: PathBuf::from("/"),
            rest: VecDeque::new(),
            links: 0,
        };
        walk.prepend(path);
        walk
    }

    /// Prepends `path` to the remaining parts.
    fn prepend(&mut self, path: &Path) {
        if path.is_absolute() {
            self.at = PathBuf::from("/");
        }
        for component in path.components().rev() {
            if let Component::Normal(_) | Component::ParentDir = component {
                self.rest.push_front(component.as_os_str().to_owned());
            }
        }
    }

    fn run(mut self) -> Result<Found, String> {
        let root = fs::symlink_metadata("/").map_err(|error| failure(Path::new("/"), &error))?;
        check_owner(&self.at, &root)?;
        self.check_mode(&root)?;
        while let Some(name) = self.rest.pop_front() {
            if name == OsStr::new("..") {
                self.at.pop(); // Links in it are already resolved.
                continue;
            }
            self.at.push(name);
            match fs::symlink_metadata(&self.at) {
                Ok(found) => self.step(&found)?,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Ok(Found::Missing(self.at));
                }
                Err(error) => return Err(failure(&self.at, &error)),
            }
        }
        Ok(Found::Present)
    }

    /// Checks the current part and follows it if it is a link.
    fn step(&mut self, found: &Metadata) -> Result<(), String> {
        check_owner(&self.at, found)?;
        if !found.is_symlink() {
            return self.check_mode(found);
        }
        self.links += 1;
        if self.links > MAX_LINKS {
            let at = self.at.display();
            return Err(format!("{at}: too many symbolic links"));
        }
        let target = fs::read_link(&self.at).map_err(|error| failure(&self.at, &error))?;
        self.at.pop();
        self.prepend(&target);
        Ok(())
    }

    fn check_mode(&self, found: &Metadata) -> Result<(), String> {
        let is_parent = found.is_dir() && !self.rest.is_empty();
        if is_parent && found.mode() & STICKY != 0 {
            return Ok(());
        }
        check_mode(&self.at, found, || rustix::fs::statvfs(&self.at))
    }
}

fn check_owner(path: &Path, found: &Metadata) -> Result<(), String> {
    let (owner, own) = (found.uid(), rustix::process::geteuid().as_raw());
    if owner == 0 || owner == own {
        return Ok(());
    }
    let path = path.display();
    Err(format!(
        "{path} belongs to user {owner}, and doorsign runs as user {own}: chown {own} {path}, or run doorsign as user {owner}"
    ))
}

/// Checks the mode. `mount` returns the mount flags of the file system.
fn check_mode(
    path: &Path,
    found: &Metadata,
    mount: impl FnOnce() -> rustix::io::Result<StatVfs>,
) -> Result<(), String> {
    let own = rustix::process::geteuid().as_raw();
    if !others_may_write(found.mode(), found.uid(), found.gid(), own) {
        return Ok(());
    }
    let is_read_only = |mount: StatVfs| mount.f_flag.contains(StatVfsMountFlags::RDONLY);
    if mount().is_ok_and(is_read_only) {
        return Ok(());
    }
    let path = path.display();
    Err(format!(
        "{path} can be written to by other users: chmod go-w {path}"
    ))
}

/// Returns whether the mode lets anyone but root, the owner and the `own` user write to a file of
/// `owner` and `group`.
fn others_may_write(mode: u32, owner: u32, group: u32, own: u32) -> bool {
    let is_private_group = group == owner || group == own;
    let by_group = if is_private_group { 0 } else { BY_GROUP };
    mode & (by_group | BY_OTHERS) != 0
}

/// An error of the file system with the path that it is about, in one line.
pub fn failure(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::others_may_write;

    #[test]
    fn the_private_group_of_the_owner_or_the_running_user_may_write() {
        for (mode, owner, group, others_may) in [
            (0o755, 0, 100, false),
            (0o775, 1000, 1000, false),
            (0o775, 1000, 100, true),
            (0o2775, 0, 1000, false), // A Kubernetes volume with `fsGroup`.
            (0o2775, 0, 1001, true),
            (0o2777, 0, 1000, true),
        ] {
            let found = others_may_write(mode, owner, group, 1000);
            assert_eq!(found, others_may, "{mode:o} {owner}:{group}");
        }
    }
}
