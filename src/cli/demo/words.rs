//! The word counts: merged from all tasks, and printed.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::client::{Task, TaskState};

/// How many words to print.
const TOP: usize = 12;

/// A task's result, as `examples/word-count/count-words.sh` writes it.
#[derive(Debug, Deserialize)]
struct PieceCount {
    words: HashMap<String, u64>,
}

/// What all tasks counted.
#[derive(Debug, Default)]
pub(super) struct Totals {
    words: HashMap<String, u64>,
    by_node: BTreeMap<String, usize>,
    tasks: usize,
    elapsed: Duration,
}

impl Totals {
    /// Adds a finished task's counts.
    pub(super) fn add(&mut self, task: &Task) -> anyhow::Result<()> {
        if task.state != TaskState::Succeeded {
            let error = task.error.as_ref();
            let why = error.map_or("no reason given", |error| error.message.as_str());
            bail!("task {} did not succeed: {why}", task.id);
        }
        let result = task.result.as_ref().context("a task has no result")?;
        let count: PieceCount =
            serde_json::from_str(result.get()).context("a task's result is no word count")?;
        for (word, count) in count.words {
            *self.words.entry(word).or_default() += count;
        }
        if let Some(node) = &task.node_id {
            *self.by_node.entry(node.clone()).or_default() += 1;
        }
        self.tasks += 1;
        Ok(())
    }

    /// How many tasks have been added.
    pub(super) fn tasks(&self) -> usize {
        self.tasks
    }

    /// Notes how long it took from the first submit to the last result.
    pub(super) fn took(&mut self, elapsed: Duration) {
        self.elapsed = elapsed;
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
            self.elapsed.as_secs_f64(),
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

    use super::{PieceCount, Totals, grouped};
    use crate::cli::demo::text::{Piece, Text};
    use crate::client::Task;

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

    fn count(piece: &Piece) -> HashMap<String, u64> {
        let output = run_script(&serde_json::to_string(piece).unwrap());
        assert!(output.status.success(), "{output:?}");
        let count: PieceCount = serde_json::from_slice(&output.stdout).unwrap();
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
            "\"text\":\"not the text\" {\"text\": \"x\"}",
            "   \n\n  ",
            "%s %d $HOME `id` $(id) -n * ? [a]",
        ];
        for (number, text) in hard.iter().enumerate() {
            std::fs::write(folder.path().join(format!("{number} \"text\":\"x")), text).unwrap();
        }
        let long: Vec<_> = (0..30_000).map(|n| format!("w{n} Word\\{n}\n")).collect();
        std::fs::write(folder.path().join("long"), long.concat()).unwrap();
        let own_source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for path in [folder.path(), own_source.as_path()] {
            for piece in Text::collect(path).unwrap().pieces {
                assert_eq!(count(&piece), recount(&piece.text), "{piece:?}");
            }
        }
    }

    #[test]
    fn the_script_refuses_a_payload_without_text() {
        let output = run_script("{\"words\": 1}");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(output.stderr, b"the payload has no \"text\"\n");
    }

    #[test]
    fn totals_are_merged_and_the_most_frequent_come_first() {
        let mut totals = Totals::default();
        for (node, words) in [
            ("demo-1", r#"{"a": 1, "b": 1000}"#),
            ("demo-2", r#"{"a": 1, "c": 2}"#),
        ] {
            let task = format!(
                r#"{{"id": "t", "state": "succeeded", "node_id": "{node}", "result": {{"words": {words}}}}}"#
            );
            totals
                .add(&serde_json::from_str::<Task>(&task).unwrap())
                .unwrap();
        }
        assert_eq!(
            totals.to_string(),
            "tasks     2 in 0.00 s (demo-1 did 1, demo-2 did 1)\n\
             words     1,004, 3 different\n\n       1,000  b\n           2  a\n           2  c"
        );
    }

    #[test]
    fn a_failed_task_is_told() {
        let task =
            r#"{"id": "t", "state": "failed", "error": {"code": "exit_1", "message": "no awk"}}"#;
        let task: Task = serde_json::from_str(task).unwrap();
        let error = Totals::default().add(&task).unwrap_err();
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
