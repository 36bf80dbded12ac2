//! The settings that are a choice between words, as enums.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which Rocket.Chat behaviour is followed where its documentation and its server differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contract {
    /// Follow the documentation.
    Documented,
    /// Follow the server.
    Server,
}

impl Contract {
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

/// Which Rocket.Chat release's responses are sent where 8 and 9 differ: compatibility 2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub enum Compat {
    /// Respond like Rocket.Chat 8.8.
    #[value(name = "8")]
    #[serde(rename = "8")]
    Eight,
    /// Respond like Rocket.Chat 9.0.
    #[value(name = "9")]
    #[serde(rename = "9")]
    Nine,
}

impl Compat {
    /// The default of the setting `rocketchat_version`.
    pub(super) const fn version(self) -> &'static str {
        match self {
            Self::Eight => "8.8.1",
            Self::Nine => "9.0.0",
        }
    }
}

/// The status shown for a user without a live connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unconnected {
    /// Offline, as in Rocket.Chat.
    Offline,
    /// The status that the user set.
    Declared,
}

/// Who may read the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BoardAudience {
    /// Users who are logged in.
    Private,
    /// Everyone. People without a login see those users who chose it.
    Public,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line, for programs.
    Json,
}

/// Formats a choice as its word in the settings.
macro_rules! shown_as_its_word {
    ($($choice:ty),*) => {$(
        impl fmt::Display for $choice {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                let word = self.to_possible_value();
                out.write_str(word.as_ref().map_or("", |word| word.get_name()))
            }
        }
    )*};
}

shown_as_its_word!(Contract, Compat, Unconnected, BoardAudience, LogFormat);
