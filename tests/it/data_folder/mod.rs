//! The data folder: killed first starts, lost databases, copies, damage, lost secrets and upgrades.

mod broken;
mod build_flags;
mod copies;
mod first_start;
mod lost;
mod secret;
mod upgrade;
