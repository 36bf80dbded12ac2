//! Which files of the folder are hook programs.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use doorsign_file_trust::{failure, require};
use doorsign_hook::PostCreateHook;
use doorsign_hook_folder::{HookFolder, Loader, Permits};

use crate::Settings;
use crate::program::Program;

/// A folder whose executable files are hooks.
///
/// - Ignored: folders, other files that are not executable, and names that start with `.` or end in
///   `~`.
/// - Rejected: scripts and programs without execute permission, and files that other users than
///   root and the running user can change, through their permissions or those of a parent folder.
/// - A changed file needs no reload, because the program is started for each event.
pub type Folder = HookFolder<Programs>;

/// Turns executable files into hooks.
#[derive(Debug)]
pub struct Programs {
    settings: Settings,
    permits: Permits,
}

impl From<Settings> for Programs {
    fn from(settings: Settings) -> Self {
        let permits = Permits::new(settings.at_once, settings.limit);
        Self { settings, permits }
    }
}

impl Loader for Programs {
    const KIND: &'static str = "exec";

    type State = Arc<Program>;

    fn stem<'a>(&self, path: &'a Path) -> Option<&'a OsStr> {
        let name = path.file_name()?;
        let found = fs::metadata(path).ok()?;
        let is_program = found.is_file() && (is_executable(&found) || looks_executable(path));
        (is_program && !name.as_encoded_bytes().ends_with(b"~")).then_some(name)
    }

    fn load(
        &self,
        name: &str,
        path: &Path,
        state: &mut Option<Arc<Program>>,
    ) -> Result<Arc<dyn PostCreateHook>, String> {
        let found = fs::metadata(path).map_err(|error| failure(path, &error))?;
        if !is_executable(&found) {
            let path = path.display();
            return Err(format!("{path} is not executable; run chmod +x {path}"));
        }
        require(path)?;
        let program = state.get_or_insert_with(|| {
            let permits = self.permits.clone();
            Arc::new(Program::new(name, path, self.settings, permits))
        });
        Ok(Arc::clone(program) as _)
    }
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
