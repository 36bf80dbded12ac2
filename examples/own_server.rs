//! A complete doorsign with one more hook: a bell that rings for every created status.
//! `doorsign_hook` documents what a hook can rely on.

use doorsign_hook::{HookError, PostCreateHook, StatusCreated, async_trait};
use std::{process::ExitCode, sync::Arc};

struct Bell;

#[async_trait]
impl PostCreateHook for Bell {
    fn name(&self) -> &'static str {
        "bell"
    }
    async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError> {
        println!("Ding! {:?} is new", created.status.name);
        Ok(())
    }
}

fn main() -> ExitCode {
    doorsign::cli::run(vec![Arc::new(Bell)])
}
