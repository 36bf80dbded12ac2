//! Which characters a name may hold that people read. Does not know what is named.

use super::{Error, Field, Problem, Result};

/// Refuses characters that a reader does not see, or that reorder the text around them, so that one name
/// passes for another (UTS #39; "Trojan Source", CVE-2021-42574).
///
/// # Errors
/// `Invalid { field, NotValid }` with the name, in which U+FFFD stands for each of them.
pub fn check_name(field: Field, name: &str) -> Result<()> {
    if !name.contains(is_hidden) {
        return Ok(());
    }
    Err(Error::Invalid {
        field,
        problem: Problem::NotValid(name.replace(is_hidden, "\u{fffd}")),
    })
}

/// Control characters (NUL among them), line separators, and the bidirectional controls of UAX #9.
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
