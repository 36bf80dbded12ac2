//! The packed folder of the pages: the one inside this binary, or one that a debug build reads at
//! each request.

use super::pack::{self, Asset, Pack, Template};
use super::words::Languages;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// The environment variable with the folder that a debug build reads at each request.
pub(crate) const FOLDER_VARIABLE: &str = "DOORSIGN_WEB_FOLDER";

/// Where the pages are.
pub enum Sites {
    /// In this binary; parsed at the first request.
    Embedded(OnceLock<Result<Arc<Site>, String>>),
    /// In a folder, to see changes without a build.
    Folder(PathBuf),
}

impl Sites {
    /// Returns the pages of this binary; in a debug build, those of the folder that the environment
    /// names.
    #[must_use]
    pub fn new() -> Self {
        let folder = cfg!(debug_assertions).then(|| std::env::var_os(FOLDER_VARIABLE));
        match folder.flatten() {
            Some(folder) => Self::Folder(folder.into()),
            None => Self::Embedded(OnceLock::new()),
        }
    }

    /// Returns the packed pages.
    ///
    /// # Errors
    /// If the folder cannot be packed; the reason.
    pub fn get(&self) -> Result<Arc<Site>, String> {
        match self {
            Self::Embedded(parsed) => {
                let parse = || Site::new(embedded()).map(Arc::new);
                parsed.get_or_init(parse).clone()
            }
            Self::Folder(folder) => Site::new(pack::pack(folder, digest)?).map(Arc::new),
        }
    }
}

impl Default for Sites {
    fn default() -> Self {
        Self::new()
    }
}

/// The packed pages, ready to be rendered.
pub struct Site {
    pack: Pack,
    /// The words of all languages.
    pub languages: Languages,
}

impl Site {
    fn new(pack: Pack) -> Result<Self, String> {
        let languages = Languages::parse(&pack.words)?;
        Ok(Self { pack, languages })
    }

    /// Returns all templates.
    #[must_use]
    pub fn templates(&self) -> &[Template] {
        &self.pack.templates
    }

    /// Returns all assets.
    #[must_use]
    pub fn assets(&self) -> &[Asset] {
        &self.pack.assets
    }

    /// Returns the asset with this name in URLs.
    #[must_use]
    pub fn asset(&self, path: &str) -> Option<&Asset> {
        self.pack.assets.iter().find(|asset| asset.path == path)
    }

    /// Returns the name in URLs of the asset with this name in templates.
    pub(super) fn path_of(&self, name: &str) -> Option<&str> {
        let asset = self.pack.assets.iter().find(|asset| asset.name == name);
        asset.map(|asset| asset.path.as_ref())
    }

    /// Returns the template with this id.
    #[must_use]
    pub fn template(&self, id: &str) -> Option<&Template> {
        self.pack
            .templates
            .iter()
            .find(|template| template.id == id)
    }

    /// Returns a word by its key, such as `shell.notFound`.
    #[must_use]
    pub fn word<'a>(&'a self, language: &str, key: &'a str) -> &'a str {
        self.languages.word(language, key)
    }

    /// Returns what changes with the content of any page.
    #[must_use]
    pub fn build(&self) -> &str {
        &self.pack.build
    }

    pub(super) fn icons(&self) -> &str {
        &self.pack.icons
    }
}

/// The first ten hexadecimal digits of SHA-256, as in `build.rs`.
fn digest(bytes: &[u8]) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(bytes);
    digest
        .iter()
        .take(5)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
