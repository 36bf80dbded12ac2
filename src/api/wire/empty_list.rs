//! Lists that are always empty here.

use super::Changes;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// A page without items.
pub(in crate::api) struct EmptyPage {
    items: &'static str,
    offset: u64,
}

impl EmptyPage {
    /// Creates a page whose list has the name `items`.
    pub(in crate::api) const fn of(items: &'static str, offset: u64) -> Self {
        Self { items, offset }
    }
}

impl Serialize for EmptyPage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.items, &[(); 0])?;
        map.serialize_entry("offset", &self.offset)?;
        map.serialize_entry("count", &0)?;
        map.serialize_entry("total", &0)?;
        map.end()
    }
}

/// The response to `emoji-custom.list`.
#[derive(Serialize)]
pub(in crate::api) struct EmojiReply {
    emojis: Changes<()>,
}

impl EmojiReply {
    pub(in crate::api) const EMPTY: Self = Self {
        emojis: Changes::NONE,
    };
}
