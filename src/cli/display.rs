//! `doorsign display`: manages screens that show the board.

use super::args::{OPERATOR, one_of};
use super::links::site;
use super::output::Outcome;
use super::table::{Format, Listing};
use super::time::Zone;
use crate::api::{check_time_zone, display_line, display_url, qr_rows};
use crate::app::App;
use crate::config::Config;
use crate::domain::{Dim, Display, DisplayLook, DisplayOrder, DisplayTheme};
use crate::service::displays::{self, KeyedDisplay};
use clap::{Args, Subcommand};
use std::io::IsTerminal;

const LISTING: Listing = Listing("displays", &["name", "order", "interactive", "last seen"]);

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a display and print its address (shown only once), on a terminal also as a QR code
    Add(New),
    /// List all displays: name, order, whether people may set their status, last connection
    List(Format),
    /// Give a display a new address; the old one ends at once
    Rotate(Name),
    /// Remove a display; its screen is emptied at once
    Revoke(Name),
}

#[derive(Args)]
pub(super) struct Name {
    /// Name of the display
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Args)]
pub(super) struct New {
    #[command(flatten)]
    display: Name,
    /// Let people tap their name and set their status with a PIN
    #[arg(long)]
    interactive: bool,
    /// Order of people
    #[arg(long, default_value = "name", value_parser = one_of(&DisplayOrder::ALL, DisplayOrder::as_str))]
    order: DisplayOrder,
    /// Colours; auto is dark from 20:00 to 06:00
    #[arg(long, default_value = "auto", value_parser = one_of(&DisplayTheme::ALL, DisplayTheme::as_str))]
    theme: DisplayTheme,
    /// Time zone of its clock, such as Europe/Berlin; by default that of the device
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Time of day in which it is dimmed, such as 22:00-06:00
    #[arg(long, value_name = "FROM-TO")]
    dim: Option<String>,
    /// Let the device sleep
    #[arg(long)]
    may_sleep: bool,
}

impl Command {
    /// Returns the text to print.
    pub(super) async fn run(self, app: &App, (config, zone): (&Config, &Zone)) -> Outcome<String> {
        match self {
            Self::Add(new) => {
                let name = new.display.name.clone();
                let added = displays::create(app, OPERATOR, name, new.look()?).await?;
                Ok(shown(&added, config))
            }
            Self::List(format) => {
                let listed = displays::list(app, OPERATOR).await?;
                let cells = |display: &Display| cells(display, zone);
                Ok(format.print(&LISTING, &listed, cells, display_line))
            }
            Self::Rotate(Name { name }) => {
                let id = displays::resolve(app, OPERATOR, &name).await?;
                let rotated = displays::rotate(app, OPERATOR, id).await?;
                Ok(shown(&rotated, config))
            }
            Self::Revoke(Name { name }) => {
                let id = displays::resolve(app, OPERATOR, &name).await?;
                displays::revoke(app, OPERATOR, id).await?;
                Ok(format!("Removed {name}.\n"))
            }
        }
    }
}

impl New {
    fn look(self) -> Outcome<DisplayLook> {
        self.zone.as_deref().map_or(Ok(()), check_time_zone)?;
        let times = self.dim.as_deref().map(|dim| {
            let (from, to) = dim.split_once('-').unwrap_or((dim, ""));
            Dim::parse(from, to)
        });
        Ok(DisplayLook {
            order: self.order,
            theme: self.theme,
            time_zone: self.zone,
            dim: times.transpose()?,
            keeps_awake: !self.may_sleep,
            is_interactive: self.interactive,
        })
    }
}

/// The address of a display, alone for a script.
fn shown(keyed: &KeyedDisplay, config: &Config) -> String {
    let address = display_url(&site(config), keyed);
    if !std::io::stdout().is_terminal() {
        return format!("{address}\n");
    }
    let hint = match config.site_url {
        Some(_) => "",
        None => {
            "Does the device reach the server at another address? Set site_url, or replace the start of the address.\n"
        }
    };
    let code = drawn(&qr_rows(&address));
    format!(
        "Open this address on the device. It is shown only once, and everyone who has it sees the board:\n\n{address}\n\n{code}\n{hint}"
    )
}

/// Draws a QR code with its quiet zone, two rows of modules per line. It sets both colours: with
/// those of the terminal, the code could be inverted.
fn drawn(rows: &[String]) -> String {
    const QUIET: usize = 2;
    let side = rows.len() + 2 * QUIET;
    let is_dark = |x: usize, y: usize| {
        let row = y.checked_sub(QUIET).and_then(|y| rows.get(y));
        let x = x.checked_sub(QUIET);
        row.zip(x)
            .is_some_and(|(row, x)| row.as_bytes().get(x) == Some(&b'1'))
    };
    let block = |x, y| match (is_dark(x, y), is_dark(x, y + 1)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    let line = |y| -> String {
        let blocks: String = (0..side).map(|x| block(x, y)).collect();
        format!("\u{1b}[30;107m{blocks}\u{1b}[0m\n")
    };
    (0..side).step_by(2).map(line).collect()
}

fn cells(display: &Display, zone: &Zone) -> Vec<String> {
    let interactive = if display.look.is_interactive {
        "yes"
    } else {
        "no"
    };
    let seen = display.last_seen_at.map(|at| zone.date(at));
    vec![
        display.name.clone(),
        display.look.order.as_str().to_owned(),
        interactive.to_owned(),
        seen.unwrap_or_else(|| "never".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_with_two_rows_per_line_and_a_quiet_zone() {
        let rows = ["100", "010", "111"].map(str::to_owned);
        let lines = ["       ", "  ▀▄   ", "  ▀▀▀  ", "       "];
        let expected: String = lines
            .iter()
            .map(|line| format!("\u{1b}[30;107m{line}\u{1b}[0m\n"))
            .collect();
        assert_eq!(drawn(&rows), expected);
    }
}
