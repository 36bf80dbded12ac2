//! Discovers the hooks that exist now: in folders, and from the webhooks in the database.

use crate::app::App;
use crate::domain::{Hook, HookKind, Result, Webhook};
use crate::hooks::registry::Webhooks;
use doorsign_hook::{Found, HookSource, PostCreateHook};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A discovered hook, or the reason why it is unusable.
pub(super) struct DiscoveredHook {
    pub(super) name: String,
    pub(super) kind: HookKind,
    pub(super) hook: std::result::Result<Arc<dyn PostCreateHook>, String>,
}

impl DiscoveredHook {
    pub(super) fn compiled(hook: &Arc<dyn PostCreateHook>) -> Self {
        Self {
            name: hook.name().to_owned(),
            kind: HookKind::BuiltIn,
            hook: Ok(hook.clone()),
        }
    }
}

/// The hooks built from webhooks by the last scan, keyed by name, with the row and secrets they
/// were built from.
pub(super) type Endpoints = HashMap<String, (Webhook, Vec<String>, Arc<dyn PostCreateHook>)>;

/// Where hooks are found, besides the database.
pub(super) struct Folders {
    /// Taken out while they are being read.
    sources: Vec<Box<dyn HookSource>>,
    pub(super) endpoints: Endpoints,
}

impl Folders {
    pub(super) fn new(sources: Vec<Box<dyn HookSource>>) -> Self {
        Self {
            sources,
            endpoints: HashMap::new(),
        }
    }

    /// Returns whether hooks can appear or disappear without a notification.
    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.endpoints.is_empty()
    }

    /// Lists the hooks in folders, on a blocking thread.
    pub(super) async fn scan(&mut self) -> Vec<DiscoveredHook> {
        if self.sources.is_empty() {
            return Vec::new();
        }
        let mut sources = std::mem::take(&mut self.sources);
        let scan = tokio::task::spawn_blocking(move || {
            let hooks = sources.iter_mut().flat_map(|source| all_of(&mut **source));
            (hooks.collect(), sources)
        });
        let Ok((hooks, sources)) = scan.await else {
            return Vec::new(); // Panics are caught, so the runtime is shutting down.
        };
        self.sources = sources;
        hooks
    }
}

/// Lists the hooks of `source`. A panic there is a bug and affects only this scan of this source.
fn all_of(source: &mut dyn HookSource) -> Vec<DiscoveredHook> {
    let name = source.kind();
    let kind = HookKind::named(name).unwrap_or(HookKind::BuiltIn);
    let found = catch_unwind(AssertUnwindSafe(|| source.scan()));
    let found = found.unwrap_or_else(|_| {
        let hook = Err("a bug prevents reading the folder; retrying".to_owned());
        let name = name.to_owned();
        vec![Found { name, hook }]
    });
    found
        .into_iter()
        .map(|found| DiscoveredHook {
            name: found.name,
            kind,
            hook: found.hook,
        })
        .collect()
}

/// Returns whether this is a folder of hooks rather than a hook. An unusable folder is listed under
/// the name of its kind.
pub(super) fn is_folder(hook: &Hook) -> bool {
    let kind = matches!(hook.kind, HookKind::Exec | HookKind::Wasm);
    kind && hook.name == hook.kind.as_str()
}

/// Lists the webhooks in the database. A webhook whose row and secrets are unchanged keeps its
/// hook.
pub(super) async fn endpoints(
    app: &App,
    webhooks: &Webhooks,
    known: &mut Endpoints,
) -> Result<Vec<DiscoveredHook>> {
    let now = app.clock.now();
    let (mut found, mut kept) = (Vec::new(), HashMap::new());
    for webhook in app.store.list_webhooks().await? {
        let secrets: Vec<String> = webhook.secrets_at(now).map(str::to_owned).collect();
        let same = known
            .remove(&webhook.hook())
            .filter(|(row, in_force, _)| *row == webhook && *in_force == secrets);
        let hook = match same {
            Some((_, _, hook)) => Ok(hook),
            None => webhooks.hook(&webhook, now),
        };
        let name = webhook.hook();
        if let Ok(hook) = &hook {
            kept.insert(name.clone(), (webhook, secrets, hook.clone()));
        }
        let kind = HookKind::Webhook;
        found.push(DiscoveredHook { name, kind, hook });
    }
    *known = kept;
    Ok(found)
}

/// Returns whether the webhook behind the hook `name` still exists and was not replaced. Always
/// `true` for other hooks.
pub(super) async fn is_current(app: &App, known: &Endpoints, name: &str) -> Result<bool> {
    match known.get(name) {
        Some((webhook, ..)) => Ok(app.store.list_webhooks().await?.contains(webhook)),
        None => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder whose first scan panics.
    struct Folder(&'static str, bool);

    impl HookSource for Folder {
        fn kind(&self) -> &'static str {
            self.0
        }

        fn scan(&mut self) -> Vec<Found> {
            assert!(!std::mem::take(&mut self.1), "a bug");
            let (name, hook) = (format!("{}-hook", self.0), Err("as it is".to_owned()));
            vec![Found { name, hook }]
        }
    }

    #[tokio::test]
    async fn a_panic_in_one_folder_affects_one_scan_of_that_folder() {
        let mut folders = Folders::new(vec![
            Box::new(Folder("exec", true)),
            Box::new(Folder("wasm", false)),
        ]);
        let mut names = async || {
            let hooks = folders.scan().await.into_iter();
            hooks.map(|hook| hook.name).collect::<Vec<_>>()
        };
        assert_eq!(names().await, ["exec", "wasm-hook"]);
        assert_eq!(names().await, ["exec-hook", "wasm-hook"]);
    }
}
