//! The log line of a record: target `doorsign::audit`, one field for each part. The order of the fields is part of the contract:
//! `action` and `address` come first, because fail2ban's filter in docs/security.md reads them, and what a client has typed comes
//! after them.

use crate::domain::{Action, AuditEntry, AuditRecord};

/// Writes the line of a stored record.
pub(crate) fn write(record: &AuditRecord) {
    write_entry(&record.entry, Some(record.id));
}

/// Writes the line of an entry that is not stored, because there were too many of its kind or the database is full.
pub(crate) fn write_unrecorded(entry: &AuditEntry) {
    write_entry(entry, None);
}

fn write_entry(entry: &AuditEntry, record: Option<u64>) {
    let attribution = &entry.attribution;
    let (user, target) = (attribution.author.user(), entry.target.as_ref());
    let address = attribution.address.map(|address| address.to_string());
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "doorsign::audit",
                action = entry.action.as_str(),
                address = address.as_deref(),
                author = attribution.author.kind(),
                author_id = user.map(|(id, _)| id.as_str()),
                author_name = user.map(|(_, name)| name.as_str()),
                target_kind = target.map(|target| target.kind.as_str()),
                target_id = target.map(|target| target.id.as_str()),
                target_name = target.map(|target| target.name.as_str()),
                detail = Some(entry.detail.as_str()).filter(|detail| !detail.is_empty()),
                record,
            )
        };
    }
    if matters(entry.action) {
        line!(warn);
    } else {
        line!(info);
    }
}

/// Whether an administrator who hides `info` lines still wants to see it.
const fn matters(action: Action) -> bool {
    matches!(
        action,
        Action::LoginFailed | Action::LoginBlocked | Action::PasswordRefused
    )
}
