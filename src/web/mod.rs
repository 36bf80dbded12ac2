//! The web pages: their templates, words and assets, and how a page is rendered from them. This
//! module knows no request: `api::pages` and `api::rest::pages` read requests and send the pages,
//! and everything that a page shows or does is a documented route of the API.
//!
//! - `pack`: the folder as assets, templates and words
//! - `site`: the pack of this binary, or of the folder that a debug build reads
//! - `page`: a page around its data
//! - `filler`: slots of templates
//! - `words`: languages
//! - `board`: the cards of the board
//!
//! In the folder: `tokens.css` and the other `*.css` (one stylesheet), `styles/*.css` (stylesheets
//! of single pages), `core/*.js` (joined), `*.js` (one script per page), other folders of scripts
//! (joined), `parts.html`, `pages/*.html`, `icons.svg`, `words/*.json`, `static/` (icons).

pub mod board;
pub mod filler;
pub mod page;
pub mod words;

mod pack;
mod site;

pub use pack::{Asset, Template};
pub use site::{Site, Sites};
