//! Usernames made from a user's name and address. Source: Rocket.Chat `getUsernameSuggestion.ts`.

use super::{Email, User, Username};

/// Maximum length of a suggestion. A number can still be appended.
const LONGEST: usize = 50;

/// Returns possible usernames for `user`, the best one first: from the display name, its parts, and
/// the verified address. They are valid, but may be taken or reserved.
#[must_use]
pub fn suggested_usernames(user: &User) -> Vec<String> {
    let mut texts = vec![user.name.clone()];
    let words: Vec<&str> = user.name.split_whitespace().collect();
    if let [first, .., last] = words.as_slice() {
        let initial = |word: &str| word.chars().next().map_or_else(String::new, String::from);
        texts.push(initial(first) + last);
        texts.push((*first).to_owned() + &initial(last));
    }
    if user.profile.email_verified
        && let Some((local, domain)) = user.email.as_ref().and_then(|it| parts(it))
    {
        texts.push(local.to_owned());
        texts.push(format!("{local}.{domain}"));
    }
    let mut names: Vec<String> = Vec::new();
    for name in texts.iter().map(|text| slug(text)) {
        if Username::parse(name.clone()).is_ok() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Returns the part of an address before the `@`, and the first label of its domain.
fn parts(email: &Email) -> Option<(&str, &str)> {
    let (local, domain) = email.as_str().rsplit_once('@')?;
    Some((local, domain.split('.').next().unwrap_or(domain)))
}

/// Returns `text` in lower case with letters of the username alphabet only. Letters with accents
/// lose them, and other characters between words become a dot.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.to_lowercase().chars() {
        match plain(character) {
            Some(letters) => slug.push_str(letters),
            None if character.is_ascii_alphanumeric() || "-_.".contains(character) => {
                slug.push(character);
            }
            None if character.is_alphanumeric() || slug.ends_with('.') => {}
            None => slug.push('.'),
        }
    }
    slug.truncate(LONGEST);
    slug.trim_matches('.').to_owned()
}

/// Returns the letters without an accent for a Latin letter with one.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Profile, Timestamp, UserId};

    fn named(name: &str, email_verified: bool) -> Vec<String> {
        suggested_usernames(&User {
            id: UserId::new("a"),
            username: Username::stored("a".to_owned()),
            name: name.to_owned(),
            email: Some(Email::stored("ann.lee@office.example.org".to_owned())),
            roles: Vec::new(),
            active: true,
            profile: Profile {
                email_verified,
                ..Profile::default()
            },
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
        })
    }

    #[test]
    fn suggestions_come_from_names_and_verified_addresses() {
        assert_eq!(named("Ann", false), ["ann"]);
        assert_eq!(
            named("Jürgen  Öz Groß", false),
            ["jurgen.oz.gross", "jgross", "jurgeng"]
        );
        assert_eq!(named("李", true), ["ann.lee", "ann.lee.office"]);
        assert_eq!(named("…", false), [""; 0]);
        let long = named(&"é".repeat(120), false);
        assert_eq!(long, ["e".repeat(50)]);
    }

    proptest::proptest! {
        #[test]
        fn every_suggestion_is_a_valid_username(name in ".{0,120}") {
            for suggestion in named(&name, true) {
                proptest::prop_assert!(Username::parse(suggestion).is_ok());
            }
        }
    }
}
