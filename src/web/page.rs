//! Renders a page: the shell, the body of the page filled with data, and the parts and words that
//! its script needs.
//!
//! Attributes of the template of a page: `data-path` (its paths, separated by spaces),
//! `data-access` (`member`, the default; `anyone`; `board`: as the setting `board` says),
//! `data-permission` (one of these), `data-title`, `data-script`, `data-style`, `data-words` and
//! `data-parts` (further sections and parts), `data-manifest` (of an app on a home screen),
//! `data-menu` (`main` or `admin`), `data-label` and `data-order` (its entry there).

use super::filler::{self, Data, escaped};
use super::pack::Template;
use super::site::Site;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Sections of words that every page gets.
const SHARED_WORDS: [&str; 2] = ["shell", "errors"];

/// The user who asks for a page.
pub struct Visitor {
    /// The user's id.
    pub user_id: String,
    /// The username.
    pub username: String,
    /// The display name.
    pub name: String,
    /// The names of the permissions that the user has.
    pub permissions: Vec<&'static str>,
    /// Whether the user must choose a new password first.
    pub must_change_password: bool,
}

/// What surrounds the data of a page.
pub struct Frame<'a> {
    /// A language that the site has.
    pub language: &'a str,
    /// The path prefix of all links, such as `/team`; usually empty.
    pub base: &'a str,
    /// The name of the workspace.
    pub title: &'a str,
    /// The current time, in RFC 3339.
    pub now: String,
    /// Who sees the board: `public` or `private`.
    pub board: &'a str,
    /// The user, if logged in.
    pub visitor: Option<&'a Visitor>,
}

/// Who may see a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageAccess {
    /// Everyone.
    Anyone,
    /// Logged-in users.
    Member,
    /// As the setting `board` says.
    Board,
}

impl Template {
    /// Returns an attribute of the template; empty if it is absent.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Returns the items of an attribute that is a list.
    fn list(&self, name: &str) -> std::str::SplitWhitespace<'_> {
        self.attribute(name).split_whitespace()
    }

    /// Returns who may see the page.
    #[must_use]
    pub fn access(&self) -> PageAccess {
        match self.attribute("data-access") {
            "anyone" => PageAccess::Anyone,
            "board" => PageAccess::Board,
            _ => PageAccess::Member,
        }
    }

    /// Returns the permission that a user lacks for this page: the first, if one of several is
    /// enough.
    #[must_use]
    pub fn lacking(&self, visitor: Option<&Visitor>) -> Option<&str> {
        let granted = visitor.map_or(&[][..], |visitor| &visitor.permissions);
        let has_one = self
            .list("data-permission")
            .any(|one| granted.contains(&one));
        let first = self.list("data-permission").next();
        first.filter(|_| !has_one)
    }
}

impl Site {
    /// Returns the page at a path, such as `/me`. A segment of a page's path that begins with a
    /// colon is any segment.
    #[must_use]
    pub fn page_at(&self, path: &str) -> Option<&Template> {
        let is_here = |template: &&Template| template.list("data-path").any(|own| fits(own, path));
        self.templates().iter().find(is_here)
    }

    /// Returns the URL of the first page of a menu that the visitor may open.
    #[must_use]
    pub fn menu_start(&self, menu: &str, frame: &Frame<'_>) -> Option<String> {
        let nowhere = self.template("shell")?;
        let first = self.menu(menu, nowhere, frame).into_iter().next()?;
        first["href"].as_str().map(str::to_owned)
    }

    /// Renders a page with the values of its slots.
    #[must_use]
    pub fn render(&self, page: &Template, data: &Data, frame: &Frame<'_>) -> String {
        let shell = self
            .template("shell")
            .map_or("", |shell| shell.markup.as_ref());
        let parts = |id: &str| Some(self.translated(&self.template(id)?.markup, frame));
        let body = filler::fill(&self.translated(&page.markup, frame), data, &parts);
        let slots = self.shell_data(page, frame);
        let shell = self.translated(shell, frame);
        let mut pieces = shell.split("{raw:");
        let mut rendered = filler::fill(pieces.next().unwrap_or_default(), &slots, &parts);
        for piece in pieces {
            let (raw, rest) = piece.split_once('}').unwrap_or((piece, ""));
            match raw {
                "body" => rendered.push_str(&body),
                "icons" => rendered.push_str(self.icons()),
                "parts" => self.add_parts(&mut rendered, page, frame),
                "page" => rendered.push_str(&script_json(&page_json(frame))),
                "words" => rendered.push_str(&script_json(&self.words_of(page, frame))),
                _ => {}
            }
            rendered.push_str(&filler::fill(rest, &slots, &parts));
        }
        rendered
    }

    /// Returns markup with its words in the language of the frame, and the paths of assets. The
    /// slots of data stay.
    fn translated(&self, markup: &str, frame: &Frame<'_>) -> String {
        let mut translated = String::with_capacity(markup.len());
        let mut rest = markup;
        while let Some((before, after)) = rest.split_once('{') {
            translated.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            if let Some(key) = name.strip_prefix("w:") {
                let word = self.languages.word(frame.language, key);
                translated.push_str(&escaped(word));
            } else if let Some(name) = name.strip_prefix("asset:") {
                let path = self.path_of(name).unwrap_or_default();
                let _ = write!(translated, "{}/assets/{path}", escaped(frame.base));
            } else if name == "base" {
                translated.push_str(&escaped(frame.base));
            } else {
                let _ = write!(translated, "{{{name}}}");
            }
            rest = after;
        }
        translated + rest
    }

    fn shell_data(&self, page: &Template, frame: &Frame<'_>) -> Data {
        let href = |name: &str| {
            let path = self.path_of(name)?;
            Some(json!({"href": format!("{}/assets/{path}", frame.base)}))
        };
        let hrefs = |shared: &'static str, own: &'static str| {
            let names = [shared].into_iter().chain(page.list(own));
            names.filter_map(href).collect::<Vec<_>>()
        };
        let slots = json!({
            "lang": frame.language,
            "dir": "ltr",
            "build": self.build(),
            "site": frame.title,
            "title": self.translated_text(page.attribute("data-title"), frame),
            "page": page.id,
            "scripts": hrefs("core.js", "data-script"),
            "modules": page.list("data-script").filter_map(href).collect::<Vec<_>>(),
            "manifests": page.list("data-manifest").filter_map(href).collect::<Vec<_>>(),
            "styles": hrefs("style.css", "data-style"),
            "user": frame.visitor.map(|visitor| &visitor.name),
            "noUser": frame.visitor.is_none(),
            "menu": self.main_menu(page, frame),
            "tabs": self.tabs(page, frame),
            "noTabs": page.attribute("data-menu") != "admin",
        });
        match slots {
            Value::Object(slots) => slots,
            _ => Map::new(),
        }
    }

    /// Returns an attribute with words as plain text: the filler escapes it.
    fn translated_text(&self, text: &str, frame: &Frame<'_>) -> String {
        let key = text
            .strip_prefix("{w:")
            .and_then(|key| key.strip_suffix('}'));
        key.map_or(text, |key| self.languages.word(frame.language, key))
            .to_owned()
    }

    /// The entries of the main menu: the last one is the administration, if any page of it is open.
    fn main_menu(&self, page: &Template, frame: &Frame<'_>) -> Vec<Value> {
        let mut entries = self.menu("main", page, frame);
        let first = self.menu("admin", page, frame).into_iter().next();
        entries.extend(first.map(|first| {
            json!({
                "href": first["href"],
                "label": self.languages.word(frame.language, "shell.admin"),
                "current": if page.attribute("data-menu") == "admin" { "true" } else { "false" },
            })
        }));
        entries
    }

    /// The entries of the administration, on its pages.
    fn tabs(&self, page: &Template, frame: &Frame<'_>) -> Vec<Value> {
        match page.attribute("data-menu") {
            "admin" => self.menu("admin", page, frame),
            _ => Vec::new(),
        }
    }

    /// The entries of a menu: the pages that the visitor may open.
    fn menu(&self, menu: &str, current: &Template, frame: &Frame<'_>) -> Vec<Value> {
        let mut pages: Vec<_> = self
            .templates()
            .iter()
            .filter(|page| page.attribute("data-menu") == menu && self.is_open(page, frame))
            .collect();
        pages.sort_by_key(|page| page.attribute("data-order").parse().unwrap_or(u32::MAX));
        let entry = |page: &&Template| {
            let path = page.list("data-path").next().unwrap_or_default();
            json!({
                "href": format!("{}{path}", frame.base),
                "label": self.translated_text(page.attribute("data-label"), frame),
                "current": if page.id == current.id { "page" } else { "false" },
            })
        };
        pages.iter().map(entry).collect()
    }

    fn is_open(&self, page: &Template, frame: &Frame<'_>) -> bool {
        let is_reachable = match page.access() {
            PageAccess::Anyone => true,
            PageAccess::Member => frame.visitor.is_some(),
            PageAccess::Board => frame.visitor.is_some() || frame.board == "public",
        };
        is_reachable && page.lacking(frame.visitor).is_none()
    }

    /// Appends the parts that the page's script fills.
    fn add_parts(&self, rendered: &mut String, page: &Template, frame: &Frame<'_>) {
        for id in page.list("data-parts") {
            let markup = self.template(id).map_or("", |part| part.markup.as_ref());
            let markup = self.translated(markup, frame);
            let _ = write!(rendered, "<template id=\"{id}\">{markup}</template>");
        }
    }

    /// The words that the page's script needs.
    fn words_of(&self, page: &Template, frame: &Frame<'_>) -> Value {
        let words = self.languages.of(frame.language);
        let sections = SHARED_WORDS.into_iter().chain(page.list("data-words"));
        let section = |name: &str| Some((name.to_owned(), words?.get(name)?.clone()));
        sections.filter_map(section).collect::<Map<_, _>>().into()
    }
}

fn page_json(frame: &Frame<'_>) -> Value {
    let user = frame.visitor.map(|visitor| {
        json!({"userId": visitor.user_id, "username": visitor.username, "name": visitor.name})
    });
    let visitor = frame.visitor;
    json!({
        "user": user,
        "permissions": visitor.map_or(&[][..], |visitor| &visitor.permissions),
        "mustChangePassword": visitor.is_some_and(|visitor| visitor.must_change_password),
        "now": frame.now,
        "board": frame.board,
        "title": frame.title,
    })
}

/// Returns JSON that cannot end the `<script>` that holds it.
fn script_json(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

fn fits(own: &str, path: &str) -> bool {
    let (mut own, mut path) = (own.split('/'), path.split('/'));
    let all_fit = own.by_ref().all(|segment| {
        let part = path.next();
        part.is_some_and(|part| part == segment || (segment.starts_with(':') && !part.is_empty()))
    });
    all_fit && path.next().is_none()
}
