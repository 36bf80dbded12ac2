//! The web pages as the server sends them. `tests/browser` tests what they do in a browser.

mod assets;
mod board;
mod filler;
mod pages;
mod session;
mod templates;
