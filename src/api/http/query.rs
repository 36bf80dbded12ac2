//! Query strings: their parameters and pagination. Source: Rocket.Chat `getPaginationItems.ts` and
//! its ajv schemas; compatibility 4.2.

use crate::api::error::ApiError;
use crate::app::Compat;
use std::collections::HashMap;

/// Maximum number of parameters.
const PARAMETERS: usize = 1000;
/// Items per page by default.
const DEFAULT_COUNT: u64 = 50;
/// Maximum number of items per page, unless all are requested.
pub(in crate::api) const UPPER_COUNT: u64 = 100;

/// A parsed query string.
pub(in crate::api) struct Query(HashMap<String, Vec<String>>);

impl Query {
    /// Parses `query`. Refuses parameters other than `known`.
    pub(in crate::api) fn parse(query: &str, known: &[&str]) -> Result<Self, ApiError> {
        Self::parse_with(query, known, &[])
    }

    /// Like [`parse`](Self::parse), for a route from which Rocket.Chat 9 removed the parameters
    /// `removed`: `query` and `fields`. Rocket.Chat 8 accepts them without effect.
    pub(in crate::api) fn parse_before_9(
        query: &str,
        known: &[&str],
        removed: &[&str],
        compat: Compat,
    ) -> Result<Self, ApiError> {
        let removed = match compat {
            Compat::Eight => removed,
            Compat::Nine => &[],
        };
        let parsed = Self::parse_with(query, known, removed)?;
        for name in removed {
            parsed.text(name)?;
        }
        Ok(parsed)
    }

    /// Parses `query`. Refuses parameters that are neither `known` nor `ignored`.
    fn parse_with(query: &str, known: &[&str], ignored: &[&str]) -> Result<Self, ApiError> {
        let mut parameters: HashMap<String, Vec<String>> = HashMap::new();
        for (n, (name, value)) in form_urlencoded::parse(query.as_bytes()).enumerate() {
            if n >= PARAMETERS {
                return Err(ApiError::QueryTooLong);
            }
            parameters
                .entry(name.into_owned())
                .or_default()
                .push(value.into_owned());
        }
        let mut names = parameters.keys();
        let accepted = |name: &str| known.contains(&name) || ignored.contains(&name);
        if let Some(name) = names.find(|name| !accepted(name)) {
            let refused = ApiError::invalid_query("must NOT have additional properties").at(name);
            return Err(match known {
                [] => refused.hint("This route has no parameters"),
                known => refused.hint(format!("Its parameters are: {}", known.join(", "))),
            });
        }
        Ok(Self(parameters))
    }

    /// Returns the text of a parameter. A repeated parameter is a list, so it is an error.
    pub(in crate::api) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        match self.0.get(name).map(Vec::as_slice) {
            None => Ok(None),
            Some([text]) => Ok(Some(text)),
            Some(_) => Err(ApiError::invalid_query("must be string").at(name)),
        }
    }

    /// Returns the text of a parameter; `None` when it is absent or empty.
    pub(in crate::api) fn filled(&self, name: &str) -> Result<Option<&str>, ApiError> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()))
    }

    /// Returns every text of a parameter, in the order given.
    pub(in crate::api) fn all(&self, name: &str) -> impl Iterator<Item = &str> + use<'_> {
        self.0.get(name).into_iter().flatten().map(String::as_str)
    }

    /// Returns the boolean of a parameter; `None` when it is absent or empty.
    pub(in crate::api) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.filled(name)? {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(ApiError::invalid_query("must be boolean").at(name)),
        }
    }

    /// Returns the texts of a list, given as `name[]=` or as several `name=`. An empty text stands
    /// for no list.
    pub(in crate::api) fn texts(&self, name: &str) -> Result<Vec<&str>, ApiError> {
        let bare: Vec<_> = self.all(name).collect();
        let bracketed = format!("{name}[]");
        match (bare.as_slice(), self.0.contains_key(&bracketed)) {
            ([""], false) => Ok(Vec::new()),
            ([_], false) => Err(ApiError::invalid_query("must be array").at(name)),
            _ => Ok(bare.into_iter().chain(self.all(&bracketed)).collect()),
        }
    }

    /// Returns the number of a parameter; `None` when it is absent or empty. `1e2` is 100, as in
    /// JavaScript.
    pub(in crate::api) fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let not_a_number = || ApiError::invalid_query("must be number").at(name);
        let text = match self.0.get(name).map(Vec::as_slice) {
            None => return Ok(None),
            Some([text]) => text.trim(),
            Some(_) => return Err(not_a_number()),
        };
        if text.is_empty() {
            return Ok(None);
        }
        let number: f64 = text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(not_a_number)?;
        if number < 0.0 || number.fract() != 0.0 {
            return Err(ApiError::invalid_query("must be a whole number from 0").at(name));
        }
        Ok(Some(number as u64))
    }

    /// Returns the offset of a page, and its maximum number of items; `None` for all.
    pub(in crate::api) fn page(&self) -> Result<(u64, Option<u64>), ApiError> {
        let (count, offset) = (self.number("count")?, self.number("offset")?);
        let limit = match count {
            None => Some(DEFAULT_COUNT),
            Some(0) => None,
            Some(count) => Some(count.min(UPPER_COUNT)),
        };
        Ok((offset.unwrap_or(0), limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Setting, SettingValue};

    #[test]
    fn the_public_setting_names_the_limit_of_a_page() {
        let SettingValue::Number(limit) = Setting::ApiUpperCountLimit.default() else {
            panic!("not a number");
        };
        assert_eq!(u64::try_from(limit), Ok(UPPER_COUNT));
    }
}
