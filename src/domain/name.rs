//! The characters that are allowed in visible names.

use super::{Error, Field, Problem, Result};

/// Rejects characters that are invisible or reorder the text around them, because they make one
/// name look like another (UTS #39; "Trojan Source", CVE-2021-42574).
///
/// # Errors
/// `Invalid { field, NotValid }` with the name, in which U+FFFD replaces each such character.
pub fn check_name(field: Field, name: &str) -> Result<()> {
    if !name.contains(is_hidden) {
        return Ok(());
    }
    Err(Error::Invalid {
        field,
        problem: Problem::NotValid(name.replace(is_hidden, "\u{fffd}")),
    })
}

/// Returns whether `c` is a control character (including NUL), a line separator, or a bidirectional
/// control of UAX #9.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_refused_and_every_script_is_accepted() {
        for bad in [
            "a\0b", "a\nb", "\u{7f}", "\u{85}", "\u{61c}", "\u{200e}", "\u{200f}", "\u{2028}",
            "\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}",
        ] {
            assert!(check_name(Field::FullName, bad).is_err(), "{bad:?}");
        }
        for good in ["", "Ann Lee", "Jörg", "安", "👩‍💻", "שלום", "O'Neil <3"] {
            assert!(check_name(Field::FullName, good).is_ok(), "{good:?}");
        }
    }
}
