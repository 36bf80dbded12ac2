//! The settings: flags, environment and TOML file, in that order of strength, then the default,
//! loaded once into a checked [`Config`].

mod choice;
mod flags;
mod load;
mod network;
mod secret;
mod settings;
mod show;
mod small_file;
mod sources;
mod time_zone;
mod values;

pub use choice::{BoardAudience, Compat, Contract, LogFormat, Unconnected};
pub use flags::args;
pub use load::Loaded;
pub use secret::Secret;
pub use settings::Config;
pub use show::{EffectiveSetting, markdown_table};
pub(crate) use small_file::read_small_file;
pub use sources::Source;

/// Why the settings cannot be used, in one line. Never contains a secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

#[cfg(test)]
mod tests;
