//! Which paths are trusted. Tests that need a second user run only as root.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use doorsign_file_trust::{Found, check, check_open};
use tempfile::TempDir;

/// A user that owns nothing on the machine.
const STRANGER: u32 = 54_321;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A folder `a/b` with the file `c`, all trusted.
fn place() -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().canonicalize().unwrap().join("a/b/c");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "").unwrap();
    for (part, bits) in path.ancestors().zip([0o644, 0o755, 0o755]) {
        mode(part, bits);
    }
    (root, path)
}

/// Gives `path` to another user. Returns `false` without the permission to do so.
fn is_given_away(path: &Path) -> bool {
    chown(path, Some(STRANGER), None).is_ok()
}

#[test]
fn a_path_that_only_its_owner_can_change_is_trusted_even_below_a_sticky_folder() {
    let (_root, path) = place();
    assert_eq!(check(&path), Ok(Found::Present));
    assert_eq!(check(path.parent().unwrap()), Ok(Found::Present));
    mode(path.ancestors().nth(2).unwrap(), 0o1777);
    assert_eq!(check(&path), Ok(Found::Present));
    assert!(check_open(&File::open(&path).unwrap(), &path).is_ok());
}

#[test]
fn a_part_that_group_or_others_can_write_to_is_rejected_at_every_level() {
    let (_root, path) = place();
    for part in path.ancestors().take(3) {
        let (good, shown) = (fs::metadata(part).unwrap().permissions(), part.display());
        let reason = format!("{shown} can be written to by other users: chmod go-w {shown}");
        mode(part, good.mode() | 0o002);
        assert_eq!(check(&path), Err(reason.clone()));
        mode(part, good.mode() | 0o020);
        let group = fs::metadata(part).unwrap().gid();
        if chown(part, None, Some(STRANGER)).is_ok() {
            assert_eq!(check(&path), Err(reason));
            chown(part, None, Some(group)).unwrap();
        }
        fs::set_permissions(part, good).unwrap();
    }
    assert_eq!(check(&path), Ok(Found::Present));
    mode(&path, 0o646);
    assert!(check_open(&File::open(&path).unwrap(), &path).is_err());
}

#[test]
fn the_private_group_of_the_owner_may_write() {
    let (_root, path) = place();
    let found = fs::metadata(&path).unwrap();
    for part in path.ancestors().take(3) {
        mode(part, 0o775);
    }
    let is_private = found.uid() == found.gid();
    assert_eq!(check(&path).is_ok(), is_private);
}

#[test]
fn a_world_writable_folder_is_rejected_even_if_it_is_sticky() {
    let (_root, path) = place();
    let folder = path.parent().unwrap();
    mode(folder, 0o1777);
    assert!(check(folder).is_err());
    assert_eq!(check(&path), Ok(Found::Present));
}

#[test]
fn a_part_of_another_user_is_rejected_at_every_level() {
    let (_root, path) = place();
    for part in path.ancestors().take(3) {
        if !is_given_away(part) {
            return;
        }
        let reason = check(&path).unwrap_err();
        let expected = format!("{} belongs to user {STRANGER}, ", part.display());
        assert!(reason.starts_with(&expected), "{reason}");
        assert!(reason.contains("chown "), "{reason}");
        chown(part, Some(0), None).unwrap();
    }
    chown(&path, Some(STRANGER), None).unwrap();
    assert!(check_open(&File::open(&path).unwrap(), &path).is_err());
}

#[test]
fn links_are_followed_and_the_folders_that_hold_them_are_checked() {
    let (_root, path) = place();
    let beside = path.ancestors().nth(2).unwrap().join("links");
    fs::create_dir(&beside).unwrap();
    mode(&beside, 0o755);
    for target in [path.clone(), PathBuf::from("../b/c")] {
        let link = beside.join("link");
        let _ = fs::remove_file(&link);
        symlink(&target, &link).unwrap();
        assert_eq!(check(&link), Ok(Found::Present), "{}", target.display());
        mode(&beside, 0o777);
        assert!(check(&link).is_err(), "{}", target.display());
        mode(&beside, 0o755);
        mode(path.parent().unwrap(), 0o757);
        assert!(check(&link).is_err(), "{}", target.display());
        mode(path.parent().unwrap(), 0o755);
    }
    symlink("loop", beside.join("loop")).unwrap();
    let reason = check(&beside.join("loop")).unwrap_err();
    assert!(reason.ends_with("too many symbolic links"), "{reason}");
}

#[test]
fn a_link_of_another_user_is_rejected_with_any_target() {
    let (_root, path) = place();
    let sticky = path.ancestors().nth(2).unwrap();
    mode(sticky, 0o1777);
    let link = sticky.join("link");
    symlink(&path, &link).unwrap();
    assert_eq!(check(&link), Ok(Found::Present));
    if std::os::unix::fs::lchown(&link, Some(STRANGER), None).is_ok() {
        assert!(check(&link).is_err());
    }
}

#[test]
fn the_first_part_that_is_missing_is_named() {
    let (_root, path) = place();
    let folder = path.parent().unwrap();
    let missing = Found::Missing(folder.join("x"));
    assert_eq!(check(&folder.join("x/y/z")), Ok(missing));
    assert!(check(&path.join("x")).is_err(), "below a file");
    symlink("x", folder.join("dangling")).unwrap();
    let missing = Found::Missing(folder.join("x"));
    assert_eq!(check(&folder.join("dangling")), Ok(missing));
    mode(folder, 0o777);
    assert!(check(&folder.join("x/y/z")).is_err());
}

/// Kubernetes mounts a `ConfigMap` like this: the folder belongs to root, has mode 0777, and is
/// mounted read-only. The test runs again in its own mount namespace. Without the permission to
/// create one, it checks nothing.
#[test]
fn a_read_only_mount_is_trusted_with_any_mode() {
    const FOLDER: &str = "DOORSIGN_TEST_READ_ONLY_FOLDER";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let hook = Path::new(&folder).join("hook");
        assert_eq!(check(Path::new(&folder)), Ok(Found::Present));
        assert_eq!(check(&hook), Ok(Found::Present));
        assert!(check_open(&File::open(&hook).unwrap(), &hook).is_ok());
        return;
    }
    let (_root, path) = place();
    let folder = path.parent().unwrap();
    let in_namespace = |script: &str| {
        Command::new("unshare")
            .args(["--mount", "sh", "-ec", script])
            .env(FOLDER, folder)
            .env("TEST", std::env::current_exe().unwrap())
            .output()
    };
    let mount = format!("mount -t tmpfs -o mode=0777 none \"${FOLDER}\"; ");
    if !in_namespace(&mount).is_ok_and(|output| output.status.success()) {
        return;
    }
    let script = mount
        + &format!(
            "touch \"${FOLDER}/hook\"; chmod 666 \"${FOLDER}/hook\"; mount -o remount,ro \"${FOLDER}\"; "
        )
        + "exec \"$TEST\" --exact a_read_only_mount_is_trusted_with_any_mode";
    let output = in_namespace(&script).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("1 passed"), "{said}");
}
