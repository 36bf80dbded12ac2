//! Displays as JSON, and the address that opens one. The shapes are ours.

use crate::api::wire::date::Rfc3339;
use crate::domain::{Dim, Display};
use crate::service::displays::KeyedDisplay;
use qrcode::{Color, QrCode};
use serde::Serialize;

/// The response to `displays.list`.
#[derive(Serialize)]
pub(in crate::api) struct DisplayList<'a> {
    displays: Vec<DisplayRow<'a>>,
}

/// The response to `displays.create` and `displays.rotate`, the only ones with the address. `qr`
/// holds its QR code: a row of modules per text, `1` for a dark one, without the quiet zone.
#[derive(Serialize)]
pub(in crate::api) struct DisplayKeyReply<'a> {
    display: DisplayRow<'a>,
    url: String,
    qr: Vec<String>,
}

/// The response to `users.setDisplayPin` and `users.getDisplayPin`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct PinReply {
    pub(in crate::api) is_set: bool,
}

/// A display, without its key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DisplayRow<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    #[serde(flatten)]
    look: DisplaySettings<'a>,
    created_at: Rfc3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_at: Option<Rfc3339>,
}

/// How a display shows the board.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct DisplaySettings<'a> {
    name: &'a str,
    order: &'static str,
    theme: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dim: Option<[&'a str; 2]>,
    keep_awake: bool,
    interactive: bool,
}

impl<'a> From<&'a Display> for DisplaySettings<'a> {
    fn from(display: &'a Display) -> Self {
        let look = &display.look;
        let times = |dim: &'a Dim| [dim.from(), dim.to()];
        Self {
            name: &display.name,
            order: look.order.as_str(),
            theme: look.theme.as_str(),
            time_zone: look.time_zone.as_deref(),
            dim: look.dim.as_ref().map(times),
            keep_awake: look.keeps_awake,
            interactive: look.is_interactive,
        }
    }
}

impl<'a> From<&'a Display> for DisplayRow<'a> {
    fn from(display: &'a Display) -> Self {
        Self {
            id: &display.id,
            look: display.into(),
            created_at: display.created_at.into(),
            last_seen_at: display.last_seen_at.map(Into::into),
        }
    }
}

impl<'a> From<&'a [Display]> for DisplayList<'a> {
    fn from(displays: &'a [Display]) -> Self {
        Self {
            displays: displays.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> DisplayKeyReply<'a> {
    /// Renders a display with its new key, on a server that is reached at `site_url`.
    pub(in crate::api) fn new(keyed: &'a KeyedDisplay, site_url: &str) -> Self {
        let url = display_url(site_url, keyed);
        Self {
            display: (&keyed.display).into(),
            qr: qr_rows(&url),
            url,
        }
    }
}

/// Returns the address to open on the device. The key is in the fragment, which browsers do not
/// send: it gets into no log and no `Referer`.
pub(crate) fn display_url(site_url: &str, keyed: &KeyedDisplay) -> String {
    format!("{site_url}/display#{}", keyed.key.expose())
}

/// Returns the QR code of a text as rows of `0` and `1` (dark), without the quiet zone. Empty if the
/// text is longer than a code can hold.
pub(crate) fn qr_rows(text: &str) -> Vec<String> {
    let Ok(code) = QrCode::new(text) else {
        return Vec::new();
    };
    let module = |color: &Color| match color {
        Color::Dark => '1',
        Color::Light => '0',
    };
    let colors = code.to_colors();
    let rows = colors.chunks(code.width());
    rows.map(|row| row.iter().map(module).collect()).collect()
}

/// Renders a display as in `displays.list`.
pub(crate) fn display_line(display: &Display) -> String {
    serde_json::to_string(&DisplayRow::from(display)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_is_a_square_with_three_finder_patterns() {
        let rows =
            qr_rows("http://127.0.0.1:3000/display#0123456789012345678901234567890123456789012");
        let side = rows.len();
        assert!(side >= 21 && rows.iter().all(|row| row.len() == side));
        for corner in [&rows[0][..7], &rows[0][side - 7..], &rows[side - 1][..7]] {
            assert_eq!(corner, "1111111");
        }
        assert_eq!(qr_rows(&"x".repeat(5000)), Vec::<String>::new());
    }
}
