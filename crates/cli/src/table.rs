//! Tables for people: columns under headings, without frames.

use comfy_table::{Table, presets};
use jiff::Timestamp;

use crate::text::plain;

/// Lays out rows under headings; says `nothing` if there are none.
pub(crate) fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    nothing: &str,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(headings.map(str::to_uppercase));
    let mut is_empty = true;
    for row in rows {
        is_empty = false;
        table.add_row(row.map(|cell| plain(&cell)));
    }
    if is_empty {
        return format!("{nothing}\n");
    }
    let lines = table.lines().map(|line| line.trim().to_owned() + "\n");
    lines.collect()
}

/// A point in time, to the second, in UTC.
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
