//! The templates and words: what cannot be seen by reading one file.

use crate::support::page::root;
use doorsign::web::{Sites, Template};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Letters outside of tags and slots that are the same in every language.
const UNIVERSAL: [&str; 2] = ["doorsign", "UTC"];

/// The words of every language, flat: `board.title` → the word or the object of its plural forms.
fn words() -> BTreeMap<String, BTreeMap<String, Value>> {
    let folder = fs::read_dir(root().join("src/web/words")).unwrap();
    let flat = |json: Map<String, Value>| {
        let sections = json.into_iter().flat_map(|(section, words)| {
            let words = words.as_object().unwrap().clone().into_iter();
            words.map(move |(name, word)| (format!("{section}.{name}"), word))
        });
        sections.collect()
    };
    let language = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let json = serde_json::from_str(&fs::read_to_string(&path).unwrap());
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (
            name.clone(),
            flat(json.unwrap_or_else(|e| panic!("{name}: {e}"))),
        )
    };
    folder.map(language).collect()
}

/// The slots of a word; those of all its plural forms.
fn slots(word: &Value) -> BTreeSet<String> {
    let forms: Vec<&str> = match word {
        Value::Object(forms) => forms.values().map(|form| form.as_str().unwrap()).collect(),
        word => vec![word.as_str().unwrap()],
    };
    let parts = forms.into_iter().flat_map(|form| form.split('{').skip(1));
    parts
        .map(|part| part.split_once('}').unwrap().0.to_owned())
        .collect()
}

#[test]
fn every_language_has_the_same_words_with_the_same_slots() {
    let all = words();
    let english = &all["en"];
    for (language, words) in &all {
        let differing: BTreeSet<_> = english
            .keys()
            .collect::<BTreeSet<_>>()
            .symmetric_difference(&words.keys().collect())
            .map(ToString::to_string)
            .collect();
        assert!(differing.is_empty(), "{language}: {differing:?}");
        for (key, word) in words {
            assert_eq!(slots(word), slots(&english[key]), "{language}: {key}");
            assert_eq!(
                word.is_object(),
                english[key].is_object(),
                "{language}: {key}"
            );
        }
    }
}

#[test]
fn templates_hold_no_text_and_only_words_that_exist() {
    let (site, words) = (Sites::default().get().unwrap(), words());
    for template in site.templates() {
        let id = &template.id;
        let attributes = template.attributes.iter().map(|(_, value)| value.as_ref());
        for text in attributes.chain([template.markup.as_ref()]) {
            for key in text
                .split("{w:")
                .skip(1)
                .map(|rest| rest.split('}').next().unwrap())
            {
                let word = words["en"].get(key);
                let word = word.unwrap_or_else(|| panic!("{id}: no word {key}"));
                assert!(
                    word.is_string(),
                    "{id}: {key} has plural forms: use it in a script"
                );
            }
        }
        let text = text_of(&template.markup);
        let text = UNIVERSAL
            .iter()
            .fold(text, |text, word| text.replace(word, ""));
        assert!(!text.chars().any(char::is_alphabetic), "{id}: {text}");
    }
}

/// The text of markup outside of tags and slots, without the names of keys and texts that name their
/// language.
fn text_of(markup: &str) -> String {
    let outside = |part: &str| {
        let (tag, text) = part.split_once('>').unwrap_or(("", part));
        let is_universal = tag.starts_with("kbd") || tag.contains(" lang=");
        let text = if is_universal { "" } else { text };
        let slots = text
            .split('{')
            .map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
        slots.collect::<String>()
    };
    markup.split('<').map(outside).collect()
}

#[test]
fn pages_name_only_scripts_styles_words_and_parts_that_exist() {
    let site = Sites::default().get().unwrap();
    let has_asset = |name: &str| site.assets().iter().any(|asset| asset.name == name);
    let words = words();
    let has_section = |name: &str| {
        let prefix = format!("{name}.");
        words["en"].keys().any(|key| key.starts_with(&prefix))
    };
    let mut paths = BTreeSet::new();
    for page in site.templates() {
        let items = |name: &str| page.attribute(name).split_whitespace();
        assert!(
            items("data-script").all(has_asset),
            "{}: data-script",
            page.id
        );
        assert!(
            items("data-style").all(has_asset),
            "{}: data-style",
            page.id
        );
        assert!(
            items("data-words").all(has_section),
            "{}: data-words",
            page.id
        );
        let has_part = |part: &str| site.template(part).is_some();
        assert!(items("data-parts").all(has_part), "{}: data-parts", page.id);
        for path in items("data-path") {
            assert!(paths.insert(path.to_owned()), "two pages at {path}");
        }
        assert_permissions_exist(page);
    }
    let ids: BTreeSet<_> = site
        .templates()
        .iter()
        .map(|template| &template.id)
        .collect();
    assert_eq!(
        ids.len(),
        site.templates().len(),
        "two templates have one id"
    );
}

fn assert_permissions_exist(page: &Template) {
    use doorsign::domain::Permission;
    for name in page.attribute("data-permission").split_whitespace() {
        let is_known = Permission::ALL.iter().any(|known| known.name() == name);
        assert!(is_known, "{}: no permission {name}", page.id);
    }
}

#[test]
fn every_word_is_used() {
    let site = Sites::default().get().unwrap();
    let mut sources: String = site
        .templates()
        .iter()
        .flat_map(|template| {
            let attributes = template.attributes.iter().map(|(_, value)| value.as_ref());
            attributes.chain([template.markup.as_ref()])
        })
        .collect();
    sources.push_str(include_str!("../../../src/api/rest/page_notice.rs"));
    for asset in site
        .assets()
        .iter()
        .filter(|asset| asset.name.ends_with(".js"))
    {
        sources.push_str(std::str::from_utf8(&asset.plain).unwrap());
    }
    let is_used = |key: &str| {
        let (_, name) = key.split_once('.').unwrap();
        // Scripts may build a key from a section and a name, such as a status.
        sources.contains(key)
            || sources.contains(&format!("\"{name}\""))
            || sources.contains(&format!("`{name}"))
    };
    let unused: Vec<_> = words()["en"]
        .keys()
        .filter(|key| !is_used(key))
        .cloned()
        .collect();
    let expected: Vec<String> = Vec::new();
    assert_eq!(unused, expected, "take these words out of all languages");
}
