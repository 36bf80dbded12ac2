//! Which files of the folder are modules, and which have changed.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use doorsign_hook::PostCreateHook;
use doorsign_hook_folder::{HookFolder, Loader, Permits};

use crate::Settings;
use crate::file::{ModuleFile, Stamp};
use crate::hook::Hook;
use crate::load;

/// A folder whose `.wasm` files are hooks.
///
/// - `Greet.wasm` is the hook `wasm-greet`.
/// - Ignored: folders, and names that start with `.` or do not end in `.wasm`.
/// - Rejected: files that other users than root and the running user can change, through their
///   permissions or those of a parent folder, files larger than 8 MiB, and invalid modules.
/// - A changed file is a new hook at the next scan. Install it by renaming: a file that is still
///   being written is invalid until it is complete.
pub type Folder = HookFolder<Modules>;

/// Turns module files into hooks.
#[derive(Debug)]
pub struct Modules {
    settings: Settings,
    permits: Permits,
}

impl From<Settings> for Modules {
    fn from(settings: Settings) -> Self {
        let permits = Permits::new(settings.at_once, settings.limit);
        Self { settings, permits }
    }
}

impl Modules {
    fn hook(&self, name: &str, path: &Path, file: ModuleFile) -> Result<Arc<Hook>, String> {
        let module = load::load(&file.read(path)?, self.settings.memory_max_bytes)
            .map_err(|reason| format!("{}: {reason}", path.display()))?;
        let permits = self.permits.clone();
        Ok(Arc::new(Hook::new(name, module, self.settings, permits)))
    }
}

impl Loader for Modules {
    const KIND: &'static str = "wasm";

    /// The version of the file and the result of loading it.
    type State = (Stamp, Result<Arc<Hook>, String>);

    fn stem<'a>(&self, path: &'a Path) -> Option<&'a OsStr> {
        let is_module = path.extension() == Some(OsStr::new(Self::KIND)) && path.is_file();
        path.file_stem().filter(|_| is_module)
    }

    fn load(
        &self,
        name: &str,
        path: &Path,
        state: &mut Option<Self::State>,
    ) -> Result<Arc<dyn PostCreateHook>, String> {
        let file = ModuleFile::open(path)?;
        let stamp = file.stamp();
        let known = state.take().filter(|(known, _)| *known == stamp);
        let (_, hook) = state.insert(known.unwrap_or_else(|| (stamp, self.hook(name, path, file))));
        hook.clone().map(|hook| hook as _)
    }
}
