//! The settings that are a choice between words, as enums. Does not know which setting holds them,
//! or where they were given.

use std::fmt;
use std::str::FromStr;

/// Which Rocket.Chat behaviour is followed where its documentation and its server differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// What the documentation says.
    Documented,
    /// What the server does.
    Server,
}

impl Contract {
    pub(super) const NAMES: &[&str] = &["documented", "server"];

    /// Calls of a route that an address may make in a window, unless the settings say otherwise: a
    /// Rocket.Chat server's default, which is tight, or ours.
    pub(super) const fn calls(self) -> u32 {
        match self {
            Self::Documented => 120,
            Self::Server => 10,
        }
    }

    /// The default of the setting `unconnected`. Rocket.Chat shows users without a live connection
    /// as offline, which hides every status that is set over REST.
    pub(super) const fn unconnected(self) -> Unconnected {
        match self {
            Self::Documented => Unconnected::Declared,
            Self::Server => Unconnected::Offline,
        }
    }
}

impl FromStr for Contract {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "documented" => Ok(Self::Documented),
            "server" => Ok(Self::Server),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Contract {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Documented => "documented",
            Self::Server => "server",
        })
    }
}

/// What is shown of somebody without a live connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unconnected {
    /// That they are offline, as Rocket.Chat shows them.
    Offline,
    /// What they chose.
    Declared,
}

impl Unconnected {
    pub(super) const NAMES: &[&str] = &["offline", "declared"];
}

impl FromStr for Unconnected {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "offline" => Ok(Self::Offline),
            "declared" => Ok(Self::Declared),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Unconnected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Offline => "offline",
            Self::Declared => "declared",
        })
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line, for programs.
    Json,
}

impl LogFormat {
    pub(super) const NAMES: &[&str] = &["text", "json"];
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_shown_by_the_name_it_is_given_by() {
        for name in Contract::NAMES {
            assert_eq!(name.parse::<Contract>().unwrap().to_string(), *name);
        }
        for name in LogFormat::NAMES {
            assert_eq!(name.parse::<LogFormat>().unwrap().to_string(), *name);
        }
    }
}
