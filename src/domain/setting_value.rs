//! The values of workspace settings, and their form as text.

/// A value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// On or off.
    Boolean(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl SettingValue {
    /// Returns the name of the value's type.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
        }
    }

    /// Returns the value as text that [`parse`](Self::parse) accepts.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Text(value) => value.clone(),
        }
    }

    /// Parses `text` as the type of this value. `None` if it does not match.
    #[must_use]
    pub fn parse(&self, text: String) -> Option<Self> {
        match self {
            Self::Boolean(_) => text.parse().ok().map(Self::Boolean),
            Self::Number(_) => text.parse().ok().map(Self::Number),
            Self::Text(_) => Some(Self::Text(text)),
        }
    }
}

impl From<bool> for SettingValue {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for SettingValue {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for SettingValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_a_round_trip_through_text() {
        let values = [
            SettingValue::Boolean(true),
            SettingValue::Number(-7),
            SettingValue::Text("true".to_owned()),
            SettingValue::Text(String::new()),
        ];
        for value in values {
            assert_eq!(value.parse(value.to_text()), Some(value.clone()));
        }
        for (kind, text) in [
            (SettingValue::Boolean(true), "1"),
            (SettingValue::Number(0), "x"),
        ] {
            assert_eq!(kind.parse(text.to_owned()), None, "{text}");
        }
    }
}
