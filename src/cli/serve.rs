//! `doorsign serve`: runs the server. The greeting goes to standard output, the log to standard
//! error.

use super::first_start::{announce, lines_to_try};
use super::listener::{exposure, resolve};
use super::output::Outcome;
use super::run_server;
use crate::app::SystemClock;
use crate::config::{Config, Loaded};
use crate::server::Server;
use crate::server::data_folder::Folder;
use doorsign_hook::PostCreateHook;
use std::sync::Arc;

pub(super) fn run(loaded: Loaded, hooks: Vec<Arc<dyn PostCreateHook>>) -> Outcome {
    let config = loaded.config.clone();
    // First of all, because another program may be waiting for the file already.
    if !Folder::is_in_use(&config.data) {
        run_server::remove_stale_ready_file(&config);
    }
    let configuration = loaded.effective(&config);
    let open = async |config| {
        let server = Server::open(config, Arc::new(SystemClock), hooks, announce).await?;
        Ok(server.with_configuration(configuration))
    };
    run_server::run(&config, loaded, open, greeting)
}

async fn greeting(url: &str, config: &Config, server: &Server) -> Outcome<String> {
    let (version, data) = (env!("CARGO_PKG_VERSION"), config.data.display());
    let exposure = resolve(&config.listen).map_or("", exposure);
    let admin = server.first_admin.as_ref();
    let to_try = match admin {
        Some(admin) => lines_to_try(url, config, &server.app, admin).await?,
        None => String::new(),
    };
    let compat = run_server::compat_line(config.compat);
    Ok(format!(
        "doorsign {version} listens on {url}{exposure}, with its data in {data}.\n{compat}{to_try}"
    ))
}
