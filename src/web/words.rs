//! The words of the pages, by language, and which language a client gets.

use super::pack::Text;
use serde_json::{Map, Value};

/// The language of which every word exists.
pub const DEFAULT_LANGUAGE: &str = "en";

/// The words of one language: sections of words.
pub type Words = Map<String, Value>;

/// The words of all languages.
pub struct Languages(Vec<(Text, Words)>);

impl Languages {
    /// Parses the files of all languages.
    ///
    /// # Errors
    /// If one is not a JSON object of sections; names the language.
    pub(super) fn parse(files: &[(Text, Text)]) -> Result<Self, String> {
        let parse = |(language, json): &(Text, Text)| {
            let words = serde_json::from_str(json);
            let words = words.map_err(|error| format!("words/{language}.json: {error}"))?;
            Ok((language.clone(), words))
        };
        files.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the words of a language.
    pub(super) fn of(&self, language: &str) -> Option<&Words> {
        let found = self.0.iter().find(|(known, _)| known == language);
        found.map(|(_, words)| words)
    }

    /// Returns a word by its key, such as `board.title`, or in English if the language lacks it.
    /// The key itself if no language has it.
    pub(super) fn word<'a>(&'a self, language: &str, key: &'a str) -> &'a str {
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let find = |language: &str| self.of(language)?.get(section)?.get(name)?.as_str();
        find(language)
            .or_else(|| find(DEFAULT_LANGUAGE))
            .unwrap_or(key)
    }

    /// Returns the first language in `wanted` that there is. Each may be a tag such as `de-AT`.
    #[must_use]
    pub fn choose<'a>(&self, wanted: impl IntoIterator<Item = &'a str>) -> &str {
        let mut wanted = wanted.into_iter();
        let found = wanted.find_map(|wanted| self.supported(wanted.trim()));
        found.unwrap_or(DEFAULT_LANGUAGE)
    }

    /// Returns the language for a tag: the same one, or one with the same first part.
    fn supported(&self, tag: &str) -> Option<&str> {
        let main = |tag: &str| tag.split(['-', '_']).next().map(str::to_ascii_lowercase);
        let names = || self.0.iter().map(|(name, _)| name.as_ref());
        let same = names().find(|name| name.eq_ignore_ascii_case(&tag.replace('_', "-")));
        same.or_else(|| names().find(|name| main(name) == main(tag)))
    }
}

/// Returns the languages of `Accept-Language`, best first.
#[must_use]
pub fn accepted(header: &str) -> Vec<&str> {
    let mut weighted: Vec<(&str, f32)> = header
        .split(',')
        .map(|item| match item.split_once(';') {
            Some((tag, quality)) => (tag.trim(), weight(quality)),
            None => (item.trim(), 1.0),
        })
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    // Stable: equal weights keep the client's order.
    weighted.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    weighted.into_iter().map(|(tag, _)| tag).collect()
}

fn weight(quality: &str) -> f32 {
    let number = quality.trim().strip_prefix("q=");
    number
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_chosen_by_its_tag_or_by_the_first_part_of_it() {
        let files = ["de", "en", "pt-BR"].map(|name| (name.into(), "{}".into()));
        let languages = Languages::parse(&files).unwrap();
        for (header, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", "de"),
            ("fr, pt;q=0.7, en;q=0.2", "pt-BR"),
            ("pt_br", "pt-BR"),
            ("en;q=0.1, de;q=0.2", "de"),
            ("de;q=0, fr", "en"),
            ("", "en"),
            ("*", "en"),
            (";;;q=x,,", "en"),
        ] {
            let chosen = languages.choose(accepted(header));
            assert_eq!(chosen, expected, "{header}");
        }
    }
}
