//! `doorsign audit`: prints the audit trail, newest record first. Changes nothing and adds no
//! record.

use super::args::{OPERATOR, instant, one_of};
use super::output::{Outcome, date};
use crate::api::audit_line;
use crate::app::App;
use crate::domain::{Action, AuditQuery, AuditRecord, Author};
use crate::service::audit;
use clap::{Args, value_parser};

#[derive(Args)]
pub(super) struct Audit {
    /// Only records from this time on, such as 2026-11-25
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only records before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only records with this user as author or target
    #[arg(long)]
    user: Option<String>,
    /// Only this action, such as login.failed; can be repeated
    #[arg(long = "action", value_name = "ACTION", value_parser = one_of(Action::ALL, Action::as_str), hide_possible_values = true)]
    actions: Vec<Action>,
    /// Print at most this many records
    #[arg(long, value_name = "NUMBER", value_parser = value_parser!(u64).range(1..=1_000_000), default_value = "100")]
    count: u64,
    /// Print one JSON object per line, as in `audit.list`
    #[arg(long)]
    json: bool,
}

impl Audit {
    /// Returns the text to print.
    pub(super) async fn run(self, app: &App) -> Outcome<String> {
        let time = |text: Option<String>| text.as_deref().map(instant).transpose();
        let query = AuditQuery {
            actions: self.actions,
            user: None,
            since: time(self.since)?,
            until: time(self.until)?,
            offset: 0,
            limit: self.count,
        };
        let print = if self.json {
            |record: &AuditRecord| audit_line(record) + "\n"
        } else {
            line
        };
        let page = audit::list(app, OPERATOR, self.user, query).await?;
        Ok(page.items.iter().map(print).collect())
    }
}

/// Tab-separated: time, action, author, target, address, detail; `-` for none.
fn line(record: &AuditRecord) -> String {
    let (entry, attribution) = (&record.entry, &record.entry.attribution);
    let author = match &attribution.author {
        Author::User { username, .. } => username.as_str(),
        other => other.kind(),
    };
    let target = entry.target.as_ref();
    let target = target.map_or_else(none, |target| {
        format!("{} {}", target.kind.as_str(), target.name)
    });
    let address = attribution.address;
    let columns = [
        date(attribution.at),
        entry.action.as_str().to_owned(),
        author.to_owned(),
        target,
        address.map_or_else(none, |address| address.to_string()),
        entry.detail.clone(),
    ];
    columns
        .map(|text| text.escape_debug().to_string())
        .join("\t")
        + "\n"
}

fn none() -> String {
    "-".to_owned()
}
