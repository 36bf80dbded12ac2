//! `users.import`: creates many users from a table. This route is ours: Rocket.Chat imports files
//! in several steps.

use crate::api::error::ApiError;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{ImportReply, Malformed, Record, records};
use crate::service::invitations::{self, ImportMode, ImportRow, Invitee, MAY_INVITE, MOST_ROWS};
use warp::http::StatusCode;

/// The columns. Only the first is required.
const COLUMNS: [&str; 4] = ["username", "name", "email", "roles"];

pub(in crate::api) async fn import(request: Request) -> Answer {
    let actor = request.actor_with(MAY_INVITE).await?;
    let mut fields = request.fields_named(&["csv"], &["dryRun"])?;
    let rows = rows(&fields.filled("csv")?).map_err(|refused| refused.at("csv"))?;
    let mode = match fields.flag("dryRun")? {
        Some(true) => ImportMode::DryRun,
        _ => ImportMode::Create,
    };
    let app = request.count_call(Some(&actor))?;
    let done = invitations::import(app, (&actor).into(), rows, mode).await?;
    let site = request.site_url();
    if mode == ImportMode::Create && done.is_refused() {
        return response::with_status(StatusCode::BAD_REQUEST, &ImportReply::refused(&done));
    }
    response::success(&ImportReply::new(&done, &site))
}

fn rows(csv: &str) -> Result<Vec<ImportRow>, ApiError> {
    let broken =
        |Malformed { line, reason }| ApiError::invalid_params(format!("line {line}: {reason}"));
    let mut records = records(csv).map_err(broken)?.into_iter();
    let header = records.next().map(columns).transpose()?;
    let columns = header.ok_or_else(|| {
        ApiError::invalid_params("must begin with a row that names the columns").words(COLUMNS)
    })?;
    let rows: Vec<_> = records
        .map(|record| row(record, &columns))
        .collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Err(ApiError::invalid_params(
            "must have a row below the names of the columns",
        ));
    }
    if rows.len() > MOST_ROWS {
        let most = format!("must NOT have more than {MOST_ROWS} rows");
        return Err(ApiError::invalid_params(most).hint("Split the table"));
    }
    Ok(rows)
}

/// Returns which column each field belongs to.
fn columns(header: Record) -> Result<Vec<&'static str>, ApiError> {
    let mut columns = Vec::new();
    for name in header.fields {
        let known = COLUMNS
            .into_iter()
            .find(|it| it.eq_ignore_ascii_case(&name));
        match known.filter(|known| !columns.contains(known)) {
            Some(known) => columns.push(known),
            None => {
                let text = format!("unknown or repeated column {name:?}");
                return Err(ApiError::invalid_params(text).words(COLUMNS));
            }
        }
    }
    if columns.contains(&COLUMNS[0]) {
        Ok(columns)
    } else {
        Err(ApiError::invalid_params("must have the column username").words(COLUMNS))
    }
}

/// Reads a row. Missing fields at its end are empty.
fn row(record: Record, columns: &[&str]) -> Result<ImportRow, ApiError> {
    let Record { line, fields } = record;
    let mut surplus = fields.iter().skip(columns.len());
    if surplus.any(|field| !field.is_empty()) {
        let text = format!("line {line}: more fields than columns");
        return Err(ApiError::invalid_params(text));
    }
    let mut invitee = Invitee::default();
    for (column, field) in columns.iter().zip(fields) {
        match *column {
            "username" => invitee.username = field,
            "name" => invitee.name = field,
            "email" => invitee.email = field,
            _ => invitee.roles = roles(&field),
        }
    }
    Ok(ImportRow { line, invitee })
}

/// Reads roles, separated by spaces, commas, semicolons or bars. An id contains none of them.
fn roles(field: &str) -> Vec<String> {
    let parts = field.split([' ', ',', ';', '|']);
    let filled = parts.filter(|part| !part.is_empty());
    filled.map(str::to_owned).collect()
}
