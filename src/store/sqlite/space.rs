//! The size limit of the database file and its reserve: the last pages, kept for deletions.

use crate::store::sql::SpaceClass;
use rusqlite::Connection;

/// Maximum size of the reserve in pages: 1 MiB with SQLite's default page size, enough for about a
/// thousand events.
const RESERVE: i64 = 256;

/// The number of pages that the file may have.
pub(super) struct Limit {
    common: i64,
    all: i64,
}

impl Limit {
    /// Returns the limit for a file of `max_mib` MiB. `None` for 0.
    pub(super) fn of(connection: &Connection, max_mib: u64) -> rusqlite::Result<Option<Self>> {
        let page = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        Ok((max_mib > 0).then(|| Self::of_pages(max_mib, page)))
    }

    fn of_pages(max_mib: u64, page: i64) -> Self {
        let mib = i64::try_from(max_mib).unwrap_or(i64::MAX);
        let all = mib.saturating_mul(1024 * 1024) / page.max(1);
        let common = all - (all / 8).min(RESERVE);
        Self { common, all }
    }

    /// Applies the limit of `space` to the open transaction. SQLite does not lower the limit below
    /// the current size. While the reserve is in use, other jobs cannot grow the file at all.
    pub(super) fn allow(&self, connection: &Connection, space: SpaceClass) -> rusqlite::Result<()> {
        let pages = match space {
            SpaceClass::Common => self.common,
            SpaceClass::Reserve => self.all,
        };
        connection
            .prepare_cached(&format!("PRAGMA max_page_count = {pages}"))?
            .query_row([], |_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_an_eighth_of_a_small_file_and_1_mib_of_a_large_one() {
        for (mib, common, all) in [(1, 224, 256), (8, 1792, 2048), (1024, 261_888, 262_144)] {
            let limit = Limit::of_pages(mib, 4096);
            assert_eq!((limit.common, limit.all), (common, all), "{mib}");
        }
    }
}
