//! The list of hooks: those compiled in, and the sources of others.

mod consumer;
mod event;
mod webhooks;

pub use consumer::HookConsumer;
pub use webhooks::Webhooks;

use crate::config::Config;
use doorsign_audit_log::AuditLog;
use doorsign_hook::{HookSource, PostCreateHook};
use std::sync::Arc;
use std::time::Duration;

/// Returns the compiled-in hooks that the configuration enables. A new plugin is a folder, a
/// dependency and a line here.
///
/// # Errors
/// The reason a hook cannot be opened, in one line.
pub fn configured(config: &Config) -> std::io::Result<Vec<Arc<dyn PostCreateHook>>> {
    let mut hooks: Vec<Arc<dyn PostCreateHook>> = Vec::new();
    if let Some(path) = &config.audit_log {
        hooks.push(Arc::new(AuditLog::open(path, config.audit_log_max_bytes)?));
    }
    #[cfg(not(feature = "wasm"))]
    if config.wasm_folder.is_some() {
        let reason = "wasm_folder is set, but this build has no WebAssembly support";
        return Err(std::io::Error::other(reason));
    }
    Ok(hooks)
}

/// Returns the configured sources of hooks that are found at run time.
#[must_use]
pub fn sources(config: &Config) -> Vec<Box<dyn HookSource>> {
    let mut sources: Vec<Box<dyn HookSource>> = Vec::new();
    if let Some(folder) = &config.exec_folder {
        let settings = doorsign_exec::Settings {
            limit: Duration::from_secs(config.exec_seconds.into()),
            at_once: config.exec_at_once,
            memory_max_bytes: config.exec_memory_mib << 20,
        };
        sources.push(Box::new(doorsign_exec::Folder::new(
            folder.clone(),
            settings,
        )));
    }
    #[cfg(feature = "wasm")]
    if let Some(folder) = &config.wasm_folder {
        let settings = doorsign_wasm::Settings {
            limit: Duration::from_secs(config.wasm_seconds.into()),
            memory_max_bytes: usize::try_from(config.wasm_memory_mib << 20).unwrap_or(usize::MAX),
            ..doorsign_wasm::Settings::default()
        };
        sources.push(Box::new(doorsign_wasm::Folder::new(
            folder.clone(),
            settings,
        )));
    }
    sources
}
