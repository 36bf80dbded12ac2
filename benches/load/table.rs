//! The printed table: one row per measurement, and their medians.

use super::percentile::percentile;
use super::request::What;
use super::round::{Round, Tally};

/// The header line.
pub const TITLE: &str = "what      connections   round   requests/s    p50 ms    p99 ms    max ms  logins/s   RSS MiB   steal %";

/// One measurement.
#[derive(Debug, Clone)]
pub struct Row {
    what: What,
    concurrency: usize,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    logins: Option<f64>,
    resident_mib: Option<f64>,
    stolen_percent: Option<f64>,
}

impl Row {
    /// Creates a row from the responses with status 200 in `tally`.
    pub fn new(
        round: &Round,
        mut tally: Tally,
        stolen_percent: Option<f64>,
        resident_mib: Option<f64>,
    ) -> Self {
        tally.micros.sort_unstable();
        let ms = |percent| f64::from(percentile(&tally.micros, percent)) / 1000.0;
        Self {
            what: round.what,
            concurrency: round.concurrency,
            per_second: tally.per_second(),
            p50_ms: ms(50),
            p99_ms: ms(99),
            max_ms: ms(100),
            logins: tally.logins,
            resident_mib,
            stolen_percent,
        }
    }

    /// Formats the row under [`TITLE`].
    pub fn line(&self, round: &str) -> String {
        let or_none = |number: Option<f64>| number.map_or("-".to_owned(), |n| format!("{n:.1}"));
        format!(
            "{:<10}{:>11}{:>8}{:>13.0}{:>10.3}{:>10.3}{:>10.3}{:>10}{:>10}{:>10}",
            self.what.as_str(),
            self.concurrency,
            round,
            self.per_second,
            self.p50_ms,
            self.p99_ms,
            self.max_ms,
            or_none(self.logins),
            or_none(self.resident_mib),
            or_none(self.stolen_percent),
        )
    }

    fn is_like(&self, other: &Self) -> bool {
        let kind = |row: &Self| (row.what, row.concurrency, row.logins.is_some());
        kind(self) == kind(other)
    }
}

/// Returns the median of every column for each kind of measurement; empty for a single round.
pub fn medians(rows: Vec<Row>, rounds: usize) -> Vec<Row> {
    if rounds < 2 {
        return Vec::new();
    }
    let kinds = rows.iter().take(rows.len() / rounds);
    kinds
        .map(|kind| {
            let alike: Vec<&Row> = rows.iter().filter(|row| row.is_like(kind)).collect();
            let of = |column: fn(&Row) -> Option<f64>| {
                let mut values: Vec<f64> = alike.iter().filter_map(|row| column(row)).collect();
                values.sort_unstable_by(f64::total_cmp);
                (!values.is_empty()).then(|| percentile(&values, 50))
            };
            Row {
                per_second: of(|row| Some(row.per_second)).unwrap_or_default(),
                p50_ms: of(|row| Some(row.p50_ms)).unwrap_or_default(),
                p99_ms: of(|row| Some(row.p99_ms)).unwrap_or_default(),
                max_ms: of(|row| Some(row.max_ms)).unwrap_or_default(),
                logins: of(|row| row.logins),
                resident_mib: of(|row| row.resident_mib),
                stolen_percent: of(|row| row.stolen_percent),
                ..kind.clone()
            }
        })
        .collect()
}
