//! How the figures are printed: JSON as it is, or a line a figure.

use serde_json::Value;

/// Three decimals: more would claim a precision that no run has.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// `figures` as aligned lines, `single.lifecycles.per_s  12000`.
pub(super) fn lines(figures: &Value) -> String {
    let mut rows = Vec::new();
    collect("", figures, &mut rows);
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, value)| format!("{name:width$}  {value}"))
        .collect();
    lines.join("\n")
}

fn collect(name: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() {
                    field.clone()
                } else {
                    format!("{name}.{field}")
                };
                collect(&name, value, rows);
            }
        }
        Value::String(text) => rows.push((name.to_owned(), text.clone())),
        other => rows.push((name.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_is_one_line_with_its_full_name() {
        let figures = serde_json::json!({"a": {"b": 1.5}, "fsync": "always"});
        assert_eq!(lines(&figures), "a.b    1.5\nfsync  always");
    }
}
