//! The word counts: merged from all tasks, and printed.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;

/// How many words to print.
const TOP: usize = 12;

/// A line of the job's results.
#[derive(Debug, Deserialize)]
struct Line {
    task_id: String,
    result: Option<ChunkCount>,
    error: Option<ChunkError>,
}

/// A task's result, as `examples/word-count/count-words.sh` writes it.
#[derive(Debug, Deserialize)]
struct ChunkCount {
    words: HashMap<String, u64>,
}

#[derive(Debug, Deserialize)]
struct ChunkError {
    message: String,
}

/// What all tasks counted.
#[derive(Debug, Default)]
pub(super) struct Totals {
    words: HashMap<String, u64>,
    pub(super) by_node: BTreeMap<String, usize>,
    tasks: usize,
    /// From the submit to the last result.
    pub(super) took: Duration,
}

impl Totals {
    /// Merges the results of a job, NDJSON.
    pub(super) fn gather(results: &str) -> anyhow::Result<Self> {
        let mut totals = Self::default();
        for line in results.lines() {
            let line: Line = serde_json::from_str(line).context("a result is no word count")?;
            totals.add(line)?;
        }
        Ok(totals)
    }

    fn add(&mut self, line: Line) -> anyhow::Result<()> {
        let Some(count) = line.result else {
            let why = line.error.map(|error| error.message);
            let why = why.as_deref().unwrap_or("no reason given");
            bail!("task {} did not succeed: {why}", line.task_id);
        };
        for (word, count) in count.words {
            *self.words.entry(word).or_default() += count;
        }
        self.tasks += 1;
        Ok(())
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: u64 = self.words.values().sum();
        let each: Vec<_> = self
            .by_node
            .iter()
            .map(|(node, count)| format!("{node} did {count}"))
            .collect();
        writeln!(
            f,
            "tasks     {} in {:.2} s ({})",
            self.tasks,
            self.took.as_secs_f64(),
            each.join(", ")
        )?;
        writeln!(
            f,
            "words     {}, {} different",
            grouped(all),
            grouped(self.words.len() as u64)
        )?;

        let mut words: Vec<_> = self.words.iter().collect();
        words.sort_by(|(word, count), (other, others)| others.cmp(count).then(word.cmp(other)));
        for (word, count) in words.into_iter().take(TOP) {
            write!(f, "\n{:>12}  {word}", grouped(*count))?;
        }
        Ok(())
    }
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::io::Write;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::{ChunkCount, Totals, grouped};
    use crate::cli::demo::text::Text;

    /// The same rule as the script's, in another language and another way.
    fn recount(text: &str) -> HashMap<String, u64> {
        let is_letter = |char: char| {
            char.is_ascii_alphabetic() || !(char.is_ascii() || "—–…•“”„‘’«»\u{a0}".contains(char))
        };
        let mut words = HashMap::new();
        for word in text
            .split(|char| !is_letter(char))
            .filter(|word| !word.is_empty())
        {
            *words.entry(word.to_ascii_lowercase()).or_default() += 1;
        }
        words
    }

    fn script() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/word-count/count-words.sh")
    }

    fn run_script(payload: &str) -> std::process::Output {
        let mut child = Command::new("sh")
            .arg(script())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(payload.as_bytes()).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// What the script counts in these items, which are JSON.
    fn count(items: &[&str]) -> HashMap<String, u64> {
        let payload = format!(
            r#"{{"job_id":"019db0a3","offset":0,"items":[{}]}}"#,
            items.join(",")
        );
        let output = run_script(&payload);
        assert!(output.status.success(), "{output:?}");
        let count: ChunkCount = serde_json::from_slice(&output.stdout).unwrap();
        count.words
    }

    #[test]
    fn the_script_counts_like_a_recount() {
        let folder = tempfile::tempdir().unwrap();
        let hard = [
            "The the THE don't a_b x2y",
            r#"C:\new\table "quoted" \\n \u0041 \" end"#,
            "tab\tform\u{c}bell\u{7}back\u{8}\r\ndel\u{7f}",
            "naïve Übung — “déjà vu”, слово… «да»\u{a0}нет 漢字",
            "\"items\":[\"not the items\"] {\"items\": [\"x\"]}",
            "   \n\n  ",
            "%s %d $HOME `id` $(id) -n * ? [a]",
        ];
        for (number, text) in hard.iter().enumerate() {
            std::fs::write(folder.path().join(number.to_string()), text).unwrap();
        }
        let long: Vec<_> = (0..30_000).map(|n| format!("w{n} Word\\{n}\n")).collect();
        std::fs::write(folder.path().join("long"), long.concat()).unwrap();
        let own_source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for path in [folder.path(), own_source.as_path()] {
            let text = Text::collect(path).unwrap().items;
            let items: Vec<&str> = text.lines().collect();
            for chunk in items.chunks(400) {
                let plain: Vec<String> = chunk
                    .iter()
                    .map(|item| serde_json::from_str(item).unwrap())
                    .collect();
                assert_eq!(count(chunk), recount(&plain.join("\n")), "{chunk:?}");
            }
        }
        assert_eq!(count(&[]), HashMap::new());
    }

    #[test]
    fn the_script_refuses_a_payload_without_items() {
        let output = run_script("{\"words\": 1}");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(output.stderr, b"the payload has no \"items\"\n");
    }

    #[test]
    fn totals_are_merged_and_the_most_frequent_come_first() {
        let results = r#"
            {"offset": 0, "count": 2, "task_id": "t", "state": "succeeded", "result": {"words": {"a": 1, "b": 1000}}}
            {"offset": 2, "count": 1, "task_id": "u", "state": "succeeded", "result": {"words": {"a": 1, "c": 2}}}"#;
        let mut totals = Totals::gather(results.trim()).unwrap();
        totals.by_node = [("demo-1".to_owned(), 1), ("demo-2".to_owned(), 1)].into();
        assert_eq!(
            totals.to_string(),
            "tasks     2 in 0.00 s (demo-1 did 1, demo-2 did 1)\n\
             words     1,004, 3 different\n\n       1,000  b\n           2  a\n           2  c"
        );
    }

    #[test]
    fn a_failed_task_is_told() {
        let line = r#"{"task_id": "t", "state": "failed", "error": {"code": "exit_1", "message": "no awk"}}"#;
        let error = Totals::gather(line).unwrap_err();
        assert_eq!(error.to_string(), "task t did not succeed: no awk");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
