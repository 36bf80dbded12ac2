//! Builds the conditions of a query, with numbered placeholders.

use super::Value;
use std::fmt::{Display, Formatter, Result};

/// The conditions of a query and the values of its placeholders. SQL text is trusted, so it never
/// contains input.
#[derive(Default)]
pub struct Filter<'a> {
    conditions: String,
    values: Vec<Value<'a>>,
}

impl<'a> Filter<'a> {
    /// Adds a value. Returns its placeholder.
    pub fn bind(&mut self, value: impl Into<Value<'a>>) -> Placeholder {
        self.values.push(value.into());
        Placeholder(self.values.len())
    }

    /// Adds values. Returns their placeholders, separated by commas.
    pub fn bind_all<'b: 'a>(&mut self, values: impl Iterator<Item = &'b str>) -> String {
        let placeholders: Vec<_> = values.map(|value| self.bind(value).to_string()).collect();
        placeholders.join(", ")
    }

    /// Adds a condition that rows must meet besides the others.
    pub fn and(&mut self, condition: &str) {
        let before = if self.conditions.is_empty() {
            "WHERE "
        } else {
            " AND "
        };
        self.conditions += before;
        self.conditions += condition;
    }

    /// Returns whether every row is selected.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Returns the values of the placeholders.
    pub fn values(&self) -> &[Value<'a>] {
        &self.values
    }
}

/// Displays the WHERE clause, or nothing.
impl Display for Filter<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.conditions)
    }
}

/// The placeholder of a value.
pub struct Placeholder(usize);

impl Display for Placeholder {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "${}", self.0)
    }
}
