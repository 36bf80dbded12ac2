//! What a server makes of its data folder: a first start that is killed, a folder that lost its database, copies, and damage.

mod broken;
mod build_flags;
mod copies;
mod first_start;
mod lost;
mod secret;
mod upgrade;
