//! Fills the slots of a template. The script in `core/dom.js` fills the same templates in the
//! browser, so both must produce the same elements: `filler_vectors.json` holds both to it.
//!
//! A slot is the whole text of an element (`<b>{name}</b>`), a part of an attribute
//! (`class="avatar {hue}"`), or a boolean attribute (`?hidden="{noText}"`). `{list:people:person}`
//! is the part `person` for each item of the list `people`; only the server fills it.

use super::pack;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The values of the slots of a template. A slot without a value is empty.
pub type Data = Map<String, Value>;

/// Returns the markup of a part by its id.
pub type Parts<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Fills the slots of `markup` with the escaped values of `data`. Leaves templates inside as they
/// are: a script fills those.
pub fn fill(markup: &str, data: &Data, parts: &Parts<'_>) -> String {
    let mut filled = String::with_capacity(markup.len() * 2);
    let mut rest = markup;
    while let Some(at) = rest.find(['{', '<']) {
        let (before, after) = rest.split_at(at);
        filled.push_str(before);
        if let Some(inside) = after.strip_prefix("<template") {
            let end = pack::end_of(inside).unwrap_or(inside.len());
            filled.push_str("<template");
            filled.push_str(&inside[..end]);
            rest = &inside[end..];
        } else if let Some((slot, after)) = slot(after) {
            rest = fill_slot(&mut filled, slot, after, (data, parts));
        } else {
            filled.push_str(&after[..1]);
            rest = &after[1..];
        }
    }
    filled.push_str(rest);
    filled
}

/// The name of the slot with which `text` begins, and what follows it.
pub(super) fn slot(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    (!name.is_empty() && name.bytes().all(is_part)).then_some((name, after))
}

/// Appends a slot's value. Returns what is left after the slot.
fn fill_slot<'a>(
    filled: &mut String,
    slot: &str,
    after: &'a str,
    (data, parts): (&Data, &Parts<'_>),
) -> &'a str {
    if let Some(list) = slot.strip_prefix("list:") {
        let (name, part) = list.split_once(':').unwrap_or((list, list));
        let part = parts(part).unwrap_or_default();
        let items = data.get(name).and_then(Value::as_array);
        for item in items.into_iter().flatten().filter_map(Value::as_object) {
            filled.push_str(&fill(&part, item, parts));
        }
        return after;
    }
    let value = data.get(slot).unwrap_or(&Value::Null);
    if let Some((begin, name)) = boolean_attribute(filled) {
        filled.truncate(begin);
        if is_true(value) {
            filled.push_str(&format!("{name}=\"\""));
        }
        return after.strip_prefix('"').unwrap_or(after);
    }
    filled.push_str(&escaped(&text(value)));
    after
}

/// Where the boolean attribute begins whose value is about to be filled, and its name.
fn boolean_attribute(filled: &str) -> Option<(usize, String)> {
    let head = filled.strip_suffix("=\"")?;
    let begin = head.rfind(char::is_whitespace)? + 1;
    let name = head[begin..].strip_prefix('?')?;
    Some((begin, name.to_owned()))
}

/// Returns whether JavaScript considers the value true, except for lists and objects.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => visible(text),
        Value::Bool(value) => value.to_string().into(),
        Value::Number(number) => number.to_string().into(),
        Value::Null | Value::Array(_) | Value::Object(_) => "".into(),
    }
}

/// Returns `text` with control characters as `␣`, and without characters that reorder or hide the
/// text around them.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c.is_control() || reorders(c)) {
        return text.into();
    }
    let kept = text.chars().filter(|c| !reorders(*c));
    kept.map(|c| if c.is_control() { '␣' } else { c }).collect()
}

/// Marks, embeddings, overrides and isolates of the bidirectional algorithm (Unicode TR 9, table 1).
fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns `text` for the text of an element or a quoted attribute.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
