//! Displays: screens on a wall or at a door that show the board with a key of their own. A display
//! is not a person: it has no permissions, and its key opens only the board.

use super::words::words;
use super::{Error, Field, Problem, Result, Timestamp, check_name};

/// A display, without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Display {
    /// Its id.
    pub id: String,
    /// The name, unique.
    pub name: String,
    /// How it shows the board.
    pub look: DisplayLook,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last connected, accurate to a minute. `None`: never.
    pub last_seen_at: Option<Timestamp>,
}

/// How a display shows the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayLook {
    /// The order of people.
    pub order: DisplayOrder,
    /// The colours.
    pub theme: DisplayTheme,
    /// The IANA name of the time zone. `None`: that of the device.
    pub time_zone: Option<String>,
    /// When it is dimmed, each day.
    pub dim: Option<Dim>,
    /// Whether the device is kept from sleeping.
    pub keeps_awake: bool,
    /// Whether people may set their status with a PIN.
    pub is_interactive: bool,
}

impl Default for DisplayLook {
    fn default() -> Self {
        Self {
            order: DisplayOrder::Name,
            theme: DisplayTheme::Auto,
            time_zone: None,
            dim: None,
            keeps_awake: true,
            is_interactive: false,
        }
    }
}

words! {
    /// The order of people on a display.
    pub enum DisplayOrder {
        /// By name: everyone has a place.
        Name = "name",
        /// Available people first.
        Status = "status",
    }
}

words! {
    /// The colours of a display.
    pub enum DisplayTheme {
        /// Dark in the evening.
        Auto = "auto",
        /// Always light.
        Light = "light",
        /// Always dark.
        Dark = "dark",
    }
}

/// The daily time in which a display is dimmed. It may span midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dim {
    from: String,
    to: String,
}

impl Dim {
    /// Parses two times of day, each `HH:MM`.
    ///
    /// # Errors
    /// `Invalid { Dim }` for other texts, and for two equal times.
    pub fn parse(from: &str, to: &str) -> Result<Self> {
        let wrong = [from, to].into_iter().find(|text| !is_time_of_day(text));
        if let Some(wrong) = wrong.or((from == to).then_some(to)) {
            let wrong = wrong.chars().take(MOST_SHOWN).collect();
            return Err(Error::invalid(Field::Dim, Problem::NotValid(wrong)));
        }
        let (from, to) = (from.to_owned(), to.to_owned());
        Ok(Self { from, to })
    }

    /// Wraps times that were stored.
    #[must_use]
    pub const fn stored(from: String, to: String) -> Self {
        Self { from, to }
    }

    /// Returns the start, as `HH:MM`.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }

    /// Returns the end, as `HH:MM`.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }
}

/// Maximum length in characters of a wrong text in a message.
const MOST_SHOWN: usize = 20;

fn is_time_of_day(text: &str) -> bool {
    let number = |part: &str, most: u8| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits && part.parse::<u8>().is_ok_and(|number| number <= most)
    };
    let parts = text.split_once(':');
    parts.is_some_and(|(hours, minutes)| number(hours, 23) && number(minutes, 59))
}

/// Maximum length of a display's name in characters.
const LONGEST_NAME: usize = 60;

/// Checks the name of a new display.
///
/// # Errors
/// `Invalid { DisplayName }`: it is blank, longer than 60 characters or not printable.
pub fn check_display_name(name: &str) -> Result<()> {
    let field = Field::DisplayName;
    if name.trim().is_empty() {
        return Err(Error::invalid(field, Problem::Missing));
    }
    check_name(field, name)?;
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid(field, Problem::TooLong(LONGEST_NAME)));
    }
    Ok(())
}

/// A PIN of 4 to 8 digits, with which a person sets their status on a display. Never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    /// Parses a PIN that a person typed on a display.
    ///
    /// # Errors
    /// `Invalid { Pin }`.
    pub fn parse(text: &str) -> Result<Self> {
        let is_pin = (4..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if is_pin {
            return Ok(Self(text.to_owned()));
        }
        // The text may be a mistyped PIN, so no message repeats it.
        let reason = "the PIN is not valid: use 4–8 digits".to_owned();
        Err(Error::invalid(Field::Pin, Problem::Refused(reason)))
    }

    /// Parses a PIN that a person chooses. One that a stranger would try first is refused.
    ///
    /// # Errors
    /// `Invalid { Pin }`.
    pub fn choose(text: &str) -> Result<Self> {
        let pin = Self::parse(text)?;
        let digits = pin.0.as_bytes();
        let runs = |step: i16| {
            let pairs = digits.windows(2);
            let mut steps = pairs.map(|pair| i16::from(pair[1]) - i16::from(pair[0]));
            steps.all(|found| found == step)
        };
        if runs(0) || runs(1) || runs(-1) {
            let reason = "the PIN is too easy to guess: use other digits than a row such as 1234 \
                          or 1111";
            return Err(Error::invalid(
                Field::Pin,
                Problem::Refused(reason.to_owned()),
            ));
        }
        Ok(pin)
    }

    /// Returns the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_is_dimmed_between_two_times_of_day() {
        for (from, to) in [("22:00", "06:00"), ("00:00", "23:59")] {
            let dim = Dim::parse(from, to).unwrap();
            assert_eq!((dim.from(), dim.to()), (from, to));
        }
        for (from, to) in [
            ("24:00", "06:00"),
            ("22:00", "06:60"),
            ("2:00", "06:00"),
            ("22:00", ""),
            ("+2:00", "06:00"),
            ("22:00", "22:00"),
            ("22-00", "06:00"),
            ("22:00:00", "06:00"),
        ] {
            assert!(Dim::parse(from, to).is_err(), "{from} {to}");
        }
    }

    #[test]
    fn a_name_is_printable_and_short() {
        for name in ["Lobby", "Tür 2. Stock", &"x".repeat(60)] {
            assert!(check_display_name(name).is_ok(), "{name}");
        }
        for name in ["", "  ", "a\nb", "a\u{202e}b", &"x".repeat(61)] {
            assert!(check_display_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_chosen_pin_has_4_to_8_digits_and_is_not_a_row() {
        for pin in ["2580", "90210123", "1223"] {
            assert_eq!(Pin::choose(pin).unwrap().as_str(), pin);
        }
        for pin in [
            "",
            "123",
            "258",
            "902101234",
            "25a0",
            "٢٥٨٠",
            "1234",
            "8765",
            "0000",
        ] {
            assert!(Pin::choose(pin).is_err(), "{pin}");
        }
        assert!(Pin::parse("1234").is_ok(), "a typed one is only compared");
        assert_eq!(format!("{:?}", Pin::parse("2580").unwrap()), "Pin(..)");
    }
}
