//! `doorsign audit`: prints the audit trail, newest record first. Changes nothing and adds no
//! record.

use super::args::{OPERATOR, one_of};
use super::output::Outcome;
use super::table::{Format, Listing};
use super::time::Zone;
use crate::api::audit_line;
use crate::app::App;
use crate::domain::{Action, AuditQuery, AuditRecord, Author};
use crate::service::audit;
use clap::{Args, value_parser};

const LISTING: Listing = Listing(
    "audit records",
    &["time", "action", "author", "target", "address", "detail"],
);

#[derive(Args)]
pub(super) struct Audit {
    /// Only records from this time on, such as 2026-11-25, 2026-11-25T10:00 or 2026-11-25T10:00:00Z
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
    #[command(flatten)]
    format: Format,
}

impl Audit {
    /// Returns the text to print.
    pub(super) async fn run(self, app: &App, zone: &Zone) -> Outcome<String> {
        let time = |text: Option<String>| text.map(|text| zone.instant(&text)).transpose();
        let query = AuditQuery {
            actions: self.actions,
            user: None,
            since: time(self.since)?,
            until: time(self.until)?,
            offset: 0,
            limit: self.count,
        };
        let page = audit::list(app, OPERATOR, self.user, query).await?;
        let cells = |record: &_| cells(record, zone);
        Ok(self.format.print(&LISTING, &page.items, cells, audit_line))
    }
}

fn cells(record: &AuditRecord, zone: &Zone) -> Vec<String> {
    let (entry, attribution) = (&record.entry, &record.entry.attribution);
    let author = match &attribution.author {
        Author::User { username, .. } => username.as_str(),
        other => other.kind(),
    };
    let target = entry.target.as_ref();
    let target = target.map(|target| format!("{} {}", target.kind.as_str(), target.name));
    let address = attribution.address.map(|address| address.to_string());
    vec![
        zone.date(attribution.at),
        entry.action.as_str().to_owned(),
        author.to_owned(),
        target.unwrap_or_default(),
        address.unwrap_or_default(),
        entry.detail.clone(),
    ]
}
