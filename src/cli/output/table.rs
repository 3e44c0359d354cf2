//! Rows as text.

use std::io;

use comfy_table::{ContentArrangement, Table, presets};

/// Where rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A terminal of this many characters, if that is known.
    People(Option<u16>),
    /// A pipe or a file: tabs between values, no heading.
    Programs,
}

impl Layout {
    pub(super) fn of_stdout() -> Self {
        if !super::is_for_people() {
            return Self::Programs;
        }
        let size = rustix::termios::tcgetwinsize(io::stdout());
        Self::People(size.ok().map(|size| size.ws_col).filter(|width| *width > 0))
    }
}

/// The rows, and above them the names of their columns, if they have any. A long value is
/// broken into lines rather than cut.
pub(super) fn lines(layout: Layout, columns: &[&str], rows: Vec<Vec<String>>) -> String {
    let Layout::People(width) = layout else {
        let lines: Vec<String> = rows.iter().map(|row| row.join("\t")).collect();
        return lines.join("\n");
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if let Some(width) = width {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    }
    if !columns.is_empty() {
        table.set_header(columns.iter().map(|name| name.to_uppercase()));
    }
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::{Layout, lines};

    fn rows() -> Vec<Vec<String>> {
        vec![
            vec!["mail".to_owned(), "false".to_owned()],
            vec!["images-large".to_owned(), "true".to_owned()],
        ]
    }

    #[test]
    fn people_get_columns_with_headings() {
        let text = lines(Layout::People(None), &["name", "paused"], rows());
        assert_eq!(
            text,
            "NAME          PAUSED\nmail          false\nimages-large  true"
        );
    }

    #[test]
    fn programs_get_tabs_and_no_heading() {
        let text = lines(Layout::Programs, &["name", "paused"], rows());
        assert_eq!(text, "mail\tfalse\nimages-large\ttrue");
    }
}
