//! Values on the command line.

use crate::domain::Caller;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Write access to the data folder grants every permission.
pub(super) const OPERATOR: Caller<'static> = Caller::Operator;

/// Parses one of `all` by its word. Help texts and errors list the words.
pub(super) fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    word: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let words = all.iter().map(|one| word(*one));
    let find = move |text: String| {
        let found = all.iter().copied().find(|one| word(*one) == text);
        found.ok_or("unknown")
    };
    PossibleValuesParser::new(words).try_map(find)
}
