//! Packs the folder of the pages: joins scripts and styles, gives each asset a name with its hash,
//! and collects templates and words. `build.rs` packs at build time; a debug build can pack the
//! folder again at each request. Uses `std` alone, because `build.rs` compiles this file, too.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

/// A text of the binary, or of a folder that was read at run time.
pub type Text = Cow<'static, str>;

/// A file that is served under a name that changes with its content.
pub struct Asset {
    /// The name in templates, such as `board.js`.
    pub name: Text,
    /// The name in URLs, such as `board.0123456789.js`.
    pub path: Text,
    /// The content.
    pub plain: Cow<'static, [u8]>,
    /// The content in gzip format; `None` if it was not compressed.
    pub gzip: Option<Cow<'static, [u8]>>,
}

/// A `<template>` of a page, of a part of pages, or of the shell around pages.
pub struct Template {
    /// Its id, such as `page-board` or `person`.
    pub id: Text,
    /// Its other attributes, in their order.
    pub attributes: Vec<(Text, Text)>,
    /// The markup inside.
    pub markup: Text,
}

/// The packed folder.
pub struct Pack {
    /// The assets.
    pub assets: Vec<Asset>,
    /// The templates.
    pub templates: Vec<Template>,
    /// The words as JSON, by language.
    pub words: Vec<(Text, Text)>,
    /// The sprite with all icons.
    pub icons: Text,
    /// Changes with the content of the folder.
    pub build: Text,
}

/// Computes the hash in a name, as hexadecimal digits.
pub type Digest = fn(&[u8]) -> String;

/// Packs `folder`.
///
/// # Errors
/// If a file cannot be read or a template is broken; names the file.
pub fn pack(folder: &Path, digest: Digest) -> Result<Pack, String> {
    let mut assets = Assets {
        digest,
        done: Vec::new(),
    };
    for file in files(&folder.join("static"), "")? {
        let bytes = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        assets.add(name_of(&file), bytes);
    }
    let core = joined(&files(&folder.join("core"), "js")?, script)?;
    assets.add("core.js".to_owned(), core.into());
    let templates = all_templates(folder)?;
    add_styles(folder, &templates, &mut assets)?;
    add_scripts(folder, &mut assets)?;
    let mut words = Vec::new();
    for file in files(&folder.join("words"), "json")? {
        let language = name_of(&file).trim_end_matches(".json").to_owned();
        words.push((Cow::Owned(language), Cow::Owned(read(&file)?)));
    }
    let icons = read(&folder.join("icons.svg"))?;
    let mut pack = Pack {
        assets: assets.done,
        templates,
        words,
        icons: without_comments(&icons, "<!--", "-->").into(),
        build: Text::default(),
    };
    pack.build = digest(fingerprint(&pack).as_bytes()).into();
    Ok(pack)
}

/// The assets so far, and how their names are made.
struct Assets {
    digest: Digest,
    done: Vec<Asset>,
}

impl Assets {
    /// Adds a file. Its references to files that were added before get their names with the hash.
    fn add(&mut self, name: String, bytes: Vec<u8>) {
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => self.linked(text).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
        let path = format!("{stem}.{}.{extension}", (self.digest)(&bytes));
        self.done.push(Asset {
            path: path.into(),
            name: name.into(),
            plain: bytes.into(),
            gzip: None,
        });
    }

    fn linked(&self, text: String) -> String {
        let replaced = |text: String, asset: &Asset| {
            text.replace(&format!("./{}", asset.name), &format!("./{}", asset.path))
        };
        self.done.iter().fold(text, replaced)
    }
}

/// One stylesheet for all pages, the tokens first. A file in `styles/`, or one that a page names in
/// `data-style`, is a stylesheet of its own.
fn add_styles(folder: &Path, pages: &[Template], assets: &mut Assets) -> Result<(), String> {
    let attributes = pages.iter().flat_map(|page| &page.attributes);
    let named: Vec<&str> = attributes
        .filter(|(name, _)| name == "data-style")
        .flat_map(|(_, styles)| styles.split_whitespace())
        .collect();
    let (own, mut shared): (Vec<_>, Vec<_>) = files(folder, "css")?
        .into_iter()
        .partition(|file| named.contains(&name_of(file).as_str()));
    shared.sort_by_key(|file| (name_of(file) != "tokens.css", name_of(file)));
    assets.add("style.css".to_owned(), joined(&shared, style)?.into());
    for file in own.into_iter().chain(files(&folder.join("styles"), "css")?) {
        assets.add(name_of(&file), joined(&[file], style)?.into());
    }
    Ok(())
}

/// A script for each file of the folder, and for each of its folders the join of its files.
fn add_scripts(folder: &Path, assets: &mut Assets) -> Result<(), String> {
    for file in files(folder, "js")? {
        assets.add(name_of(&file), joined(&[file], script)?.into());
    }
    for folder in entries(folder)?.into_iter().filter(|entry| entry.is_dir()) {
        let (files, name) = (files(&folder, "js")?, name_of(&folder));
        if name != "core" && !files.is_empty() {
            assets.add(format!("{name}.js"), joined(&files, script)?.into());
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).and_then(|all| {
        all.map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
    });
    let mut entries = entries.map_err(|error| format!("{}: {error}", folder.display()))?;
    entries.sort();
    Ok(entries)
}

/// The files of a folder with this extension (empty: all), in alphabetical order.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    let mut files = entries(folder)?;
    files.retain(|path| path.is_file() && (extension.is_empty() || has(path, extension)));
    Ok(files)
}

fn has(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn joined(files: &[PathBuf], shorten: fn(&str) -> String) -> Result<String, String> {
    files.iter().map(|file| Ok(shorten(&read(file)?))).collect()
}

/// A script without the lines that are only a comment.
fn script(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn style(text: &str) -> String {
    without_comments(text, "/*", "*/")
}

/// `text` without comments, indentation and empty lines.
fn without_comments(text: &str, begin: &str, end: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(begin) {
        kept.push_str(before);
        rest = after.split_once(end).map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    let lines = kept.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn all_templates(folder: &Path) -> Result<Vec<Template>, String> {
    let mut markup = files(folder, "html")?;
    markup.extend(files(&folder.join("parts"), "html")?);
    markup.extend(files(&folder.join("pages"), "html")?);
    let mut templates = Vec::new();
    for file in markup {
        let found = templates_of(&without_comments(&read(&file)?, "<!--", "-->"));
        templates.extend(found.map_err(|error| format!("{}: {error}", file.display()))?);
    }
    Ok(templates)
}

/// The outermost templates of a file.
fn templates_of(text: &str) -> Result<Vec<Template>, String> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some((_, after)) = rest.split_once("<template ") {
        let (head, inside) = after.split_once('>').ok_or("a <template> has no end")?;
        let end = end_of(inside).ok_or("a <template> is not closed")?;
        let mut attributes = attributes(head);
        let id = attributes.iter().position(|(name, _)| name == "id");
        let id = id.ok_or("a <template> has no id")?;
        found.push(Template {
            id: attributes.remove(id).1,
            attributes,
            markup: inside[..end].trim().to_owned().into(),
        });
        rest = &inside[end..];
    }
    Ok(found)
}

/// Where the template ends whose inside begins with `text`. Templates inside are its content.
pub fn end_of(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    loop {
        let next = at + text[at..].find("template")?;
        let opens = text[..next].ends_with('<');
        if !opens && text[..next].ends_with("</") {
            if depth == 0 {
                return Some(next - "</".len());
            }
            depth -= 1;
        } else if opens {
            depth += 1;
        }
        at = next + "template".len();
    }
}

/// The attributes of a tag. Values are in double quotes and hold no `>`.
fn attributes(head: &str) -> Vec<(Text, Text)> {
    let mut parts = head.split('"');
    let mut attributes = Vec::new();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        let name = name.trim().trim_end_matches('=').to_owned();
        attributes.push((name.into(), value.to_owned().into()));
    }
    attributes
}

/// A text that differs when anything in the pack does.
fn fingerprint(pack: &Pack) -> String {
    let assets = pack.assets.iter().map(|asset| asset.path.as_ref());
    let templates = pack
        .templates
        .iter()
        .flat_map(|template| [template.id.as_ref(), template.markup.as_ref()]);
    let words = pack.words.iter().map(|(_, words)| words.as_ref());
    let all = assets.chain(templates).chain(words);
    all.chain([pack.icons.as_ref()]).collect()
}
