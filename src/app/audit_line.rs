//! Writes the log line of an audit record: target `doorsign::audit`, one field per part. The order
//! of the fields is part of the contract. `action` and `address` come first because the fail2ban
//! filter in docs/security.md parses them; client-supplied text comes after them.

use crate::domain::{Action, AuditEntry, AuditRecord};

/// Logs a stored record.
pub(crate) fn write(record: &AuditRecord) {
    write_entry(&record.entry, Some(record.id));
}

/// Logs an entry that is not stored, because of the record limit or because the database is full.
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

/// Returns whether the line is a warning, so that it stays visible when `info` lines are hidden.
const fn matters(action: Action) -> bool {
    matches!(
        action,
        Action::LoginFailed | Action::LoginBlocked | Action::PasswordRefused
    )
}
