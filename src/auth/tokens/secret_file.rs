//! The file that holds the token signing secret, one line of base64url. Owns how it is created and
//! when it is rejected.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The output length of SHA-256; RFC 7518 section 3.2 forbids shorter keys.
pub(super) const SECRET_BYTES: usize = 32;

/// The size in bytes from which a file is refused, such as a device that never ends.
const LARGEST: u64 = 64 * 1024;

/// Reads the secret from `path`. Creates the file if it does not exist.
///
/// # Errors
/// When group or others have access to the file, or when it does not hold a complete secret.
pub(super) fn read_or_create(path: &Path) -> io::Result<Vec<u8>> {
    if !path.exists() {
        create(path, |aside, path| std::fs::hard_link(aside, path))?;
    }
    read(path)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let refuse = |problem: &str| Err(io::Error::new(ErrorKind::InvalidData, problem));
    let file = File::open(path)?;
    // Check the open file rather than the path, which could name another file by now.
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        return refuse("the secret is accessible to group or others; run `chmod 600` on it");
    }
    let mut text = String::new();
    if file.take(LARGEST).read_to_string(&mut text)? as u64 == LARGEST {
        return refuse("too large; restore it, or remove it for a new secret");
    }
    // The decoder's own error would reveal a byte of the secret.
    match URL_SAFE_NO_PAD.decode(text.trim()) {
        Ok(secret) if secret.len() >= SECRET_BYTES => Ok(secret),
        _ => refuse("not 32 bytes in base64url; restore it, or remove it for a new secret"),
    }
}

/// Removes the temporary files of an interrupted creation. The caller ensures that no other process
/// is creating the secret.
pub(super) fn remove_leftovers(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let beginning = [name.as_encoded_bytes(), ASIDE.as_bytes()].concat();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(&beginning) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The infix between the file's name and the random suffix of a temporary file.
const ASIDE: &str = ".new-";

/// Creates the file under a random temporary name and then links it into place. A crash leaves no
/// partial secret under the real name. Of two processes that create it at once, the second reads
/// the secret of the first. Where the file system has no hard links (FAT, on memory cards), the
/// file is written in place; the next start rejects a partial one.
fn create(path: &Path, link: impl FnOnce(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    let mut random = [0; SECRET_BYTES + 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let (secret, suffix) = random.split_at(SECRET_BYTES);
    let path = std::path::absolute(path)?;
    let mut aside = path.clone().into_os_string();
    aside.push(ASIDE);
    aside.push(URL_SAFE_NO_PAD.encode(suffix));
    let aside = std::path::PathBuf::from(aside);
    write(&aside, secret)?;
    let linked = link(&aside, &path);
    std::fs::remove_file(&aside)?;
    let in_place = match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => write(&path, secret),
        in_place => in_place,
    };
    match in_place {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    File::open(path.parent().unwrap_or(&path))?.sync_all()
}

/// Writes a file that must not exist yet. Removes it if writing fails.
fn write(path: &Path, secret: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let written =
        writeln!(file, "{}", URL_SAFE_NO_PAD.encode(secret)).and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(std::fs::remove_file(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn hard_link(aside: &Path, path: &Path) -> io::Result<()> {
        std::fs::hard_link(aside, path)
    }

    fn no_links(_: &Path, _: &Path) -> io::Result<()> {
        // The error that Linux returns on FAT.
        Err(ErrorKind::PermissionDenied.into())
    }

    #[test]
    fn the_secret_is_created_once_with_mode_600_and_reused() {
        for link in [hard_link, no_links] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("token-secret");
            create(&path, link).unwrap();
            let secret = read_or_create(&path).unwrap();
            assert_eq!(secret.len(), SECRET_BYTES);
            // A second process starting at the same moment gets this far and must use the first
            // secret.
            create(&path, link).unwrap();
            assert_eq!(read_or_create(&path).unwrap(), secret);
            let made = std::fs::metadata(&path).unwrap();
            assert_eq!(made.permissions().mode() & 0o777, 0o600);
            assert_eq!(made.len(), 44, "43 characters for 32 bytes, and a newline");
            let files = std::fs::read_dir(folder.path()).unwrap().count();
            assert_eq!(files, 1, "no temporary file is left");
        }
    }

    #[test]
    fn only_files_of_an_interrupted_creation_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token-secret");
        for name in [
            "token-secret",
            "token-secret.new-b0e7iW2hRzE",
            "token-secret.backup",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        remove_leftovers(&path).unwrap();
        assert!(path.exists() && folder.path().join("token-secret.backup").exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn every_file_gets_its_own_secret() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] =
            ["a", "b"].map(|name| read_or_create(&folder.path().join(name)).unwrap());
        assert_ne!(one, other);
    }

    #[test]
    fn a_bad_secret_file_is_rejected_but_never_quoted_or_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token-secret");
        let good = URL_SAFE_NO_PAD.encode(SECRET);
        for (content, mode, expected) in [
            ("", 0o600, "base64url"),
            (&good[..42], 0o600, "base64url"),
            (&(good.clone() + "!"), 0o600, "base64url"),
            (&good, 0o640, "chmod 600"),
            (&good, 0o604, "chmod 600"),
            (&good, 0o620, "chmod 600"),
        ] {
            std::fs::write(&path, content).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = read_or_create(&path).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains(&good[..8]), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        }
    }
}
