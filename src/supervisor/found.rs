//! What hooks there are at the moment: in folders, and of the webhooks of the database. Knows nothing of what runs.

use crate::app::App;
use crate::domain::{HookKind, Result, Webhook};
use doorsign_hook::{HookSource, PostCreateHook};
use std::collections::HashMap;
use std::sync::Arc;

/// A hook that is there, or the reason why there is none.
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) kind: HookKind,
    pub(super) hook: std::result::Result<Arc<dyn PostCreateHook>, String>,
}

impl Seen {
    pub(super) fn compiled(hook: &Arc<dyn PostCreateHook>) -> Self {
        Self {
            name: hook.name().to_owned(),
            kind: HookKind::BuiltIn,
            hook: Ok(hook.clone()),
        }
    }
}

/// The hooks made of webhooks at the last look, by name, with the row and the secrets that they were made of.
pub(super) type Endpoints = HashMap<String, (Webhook, Vec<String>, Arc<dyn PostCreateHook>)>;

/// Where hooks are found beside the database.
pub(super) struct Folders {
    /// Taken away while they are looked at.
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

    /// Whether nothing can come or go by itself.
    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.endpoints.is_empty()
    }

    /// Looks, on a thread that may block.
    pub(super) async fn look(&mut self) -> Vec<Seen> {
        if self.sources.is_empty() {
            return Vec::new();
        }
        let mut sources = std::mem::take(&mut self.sources);
        let looking = tokio::task::spawn_blocking(move || {
            let seen = sources.iter_mut().flat_map(|source| all_of(&mut **source));
            (seen.collect(), sources)
        });
        let Ok((seen, sources)) = looking.await else {
            tracing::error!("a folder of hooks cannot be looked at any more");
            return Vec::new();
        };
        self.sources = sources;
        seen
    }
}

fn all_of(source: &mut dyn HookSource) -> Vec<Seen> {
    let kind = HookKind::named(source.kind()).unwrap_or(HookKind::BuiltIn);
    let found = source.look().into_iter();
    found
        .map(|found| Seen {
            name: found.name,
            kind,
            hook: found.hook,
        })
        .collect()
}

/// The webhooks of the database. One whose row and secrets are as before is the same hook again.
pub(super) async fn endpoints(app: &App, known: &mut Endpoints) -> Result<Vec<Seen>> {
    let now = app.clock.now();
    let (mut seen, mut kept) = (Vec::new(), HashMap::new());
    for webhook in app.store.list_webhooks().await? {
        let secrets: Vec<String> = webhook.secrets_at(now).map(str::to_owned).collect();
        let same = known
            .remove(&webhook.hook())
            .filter(|(row, in_force, _)| *row == webhook && *in_force == secrets);
        let hook = match same {
            Some((_, _, hook)) => Ok(hook),
            None => app.webhooks.hook(&webhook, now),
        };
        let name = webhook.hook();
        if let Ok(hook) = &hook {
            kept.insert(name.clone(), (webhook, secrets, hook.clone()));
        }
        let kind = HookKind::Webhook;
        seen.push(Seen { name, kind, hook });
    }
    *known = kept;
    Ok(seen)
}
