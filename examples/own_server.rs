//! A doorsign of one's own: the whole program, and a bell that rings for every status created. It knows nothing of how a server
//! stores or delivers; `doorsign_hook` tells what a hook may rely on.

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
