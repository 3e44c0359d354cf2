//! The text to count: which files, and their lines as NDJSON.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::words::grouped;

/// The most bytes in one item: longer lines are cut between words.
const ITEM_BYTES: usize = 16 * 1024;
/// Longer files are most often data rather than text.
const FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Where to stop: this is a demo.
const TOTAL_BYTES: usize = 64 * 1024 * 1024;
/// Folders with what others wrote, or what was built.
const SKIPPED: [&str; 2] = ["target", "node_modules"];

/// Some text, each line of it an item of a job.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// NDJSON: a string a line.
    pub(super) items: String,
    lines: usize,
    files: usize,
    bytes: usize,
    /// Files that are not text, or could not be read.
    skipped: usize,
    is_cut_short: bool,
}

impl Text {
    /// Reads the text files below `path`, leaving out hidden ones.
    pub(super) fn collect(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let kind = match fs::metadata(path) {
            Ok(kind) => kind,
            Err(error) => bail!("{shown} cannot be read: {error}"),
        };
        let mut text = Self::default();
        if kind.is_dir() {
            if let Err(error) = text.add_folder(path) {
                bail!("{shown} cannot be read: {error}");
            }
        } else if let Err(error) = text.add_file(path) {
            bail!("{shown} cannot be read: {error}");
        }
        if text.items.is_empty() {
            bail!(
                "there is no text in {shown}: name a folder or a file with some, such as README.md"
            );
        }
        Ok(text)
    }

    fn add_folder(&mut self, folder: &Path) -> io::Result<()> {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<_>>()?;
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') || SKIPPED.contains(&name.as_ref()) {
                continue;
            }
            // A link is not followed: it may lead out of the folder, or in a circle.
            let added = match fs::symlink_metadata(&path)?.file_type() {
                kind if kind.is_dir() => self.add_folder(&path),
                kind if kind.is_file() => self.add_file(&path),
                _ => continue,
            };
            if added.is_err() {
                self.skipped += 1;
            }
            if self.is_cut_short {
                break;
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path) -> io::Result<()> {
        if fs::metadata(path)?.len() > FILE_BYTES {
            self.skipped += 1;
            return Ok(());
        }
        let text = String::from_utf8(fs::read(path)?).ok();
        let items = text.as_deref().and_then(items);
        match (&text, items) {
            (Some(text), Some(items)) if !items.is_empty() => self.keep(text.len(), &items)?,
            (Some(_), Some(_)) => {}
            _ => self.skipped += 1,
        }
        Ok(())
    }

    fn keep(&mut self, bytes: usize, items: &[&str]) -> io::Result<()> {
        if self.bytes + bytes > TOTAL_BYTES {
            self.is_cut_short = true;
            return Ok(());
        }
        self.files += 1;
        self.bytes += bytes;
        self.lines += items.len();
        for item in items {
            self.items.push_str(&serde_json::to_string(item)?);
            self.items.push('\n');
        }
        Ok(())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kib = grouped((self.bytes as u64).div_ceil(1024));
        let (files, lines) = (self.files, grouped(self.lines as u64));
        write!(f, "{kib} KiB in {files} files, {lines} lines")?;
        if self.skipped > 0 {
            write!(f, " ({} files skipped: not text)", self.skipped)?;
        }
        if self.is_cut_short {
            write!(f, "; the rest is left out, a demo has enough with that")?;
        }
        Ok(())
    }
}

/// A file's lines, without blank ones. None when it is no text: it holds a NUL, or a line that
/// cannot be cut without cutting a word.
fn items(text: &str) -> Option<Vec<&str>> {
    if text.contains('\0') {
        return None;
    }
    let mut items = Vec::new();
    for line in text.lines() {
        let mut rest = line.trim();
        while rest.len() > ITEM_BYTES {
            let most = &rest.as_bytes()[..ITEM_BYTES];
            let gap = most.iter().rposition(u8::is_ascii_whitespace)?;
            items.push(&rest[..gap]);
            rest = rest[gap..].trim_start();
        }
        if !rest.is_empty() {
            items.push(rest);
        }
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::{ITEM_BYTES, Text, items};
    use std::fs;

    fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    #[test]
    fn items_have_the_words_of_the_text() {
        let lines: Vec<_> = (0..2000).map(|n| format!("line {n} \"é\"\n")).collect();
        let long = "many words ".repeat(20_000);
        for text in [lines.concat(), long, "no line end".to_owned()] {
            let items = items(&text).unwrap();
            assert_eq!(words(&items.join(" ")), words(&text));
            assert!(items.iter().all(|item| item.len() <= ITEM_BYTES));
        }
    }

    #[test]
    fn what_is_no_text_has_no_items() {
        assert_eq!(items("a\0b"), None);
        assert_eq!(items(&"x".repeat(ITEM_BYTES + 1)), None);
        assert_eq!(items("\n \n"), Some(Vec::new()));
    }

    #[test]
    fn only_text_files_of_a_folder_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.txt"), "b\n\n\"b\"\n").unwrap();
        fs::write(folder.path().join("a.txt"), "a").unwrap();
        fs::write(folder.path().join("image.png"), b"\x89PNG\0").unwrap();
        fs::write(folder.path().join("empty"), "").unwrap();
        for skipped in [".git", "target"] {
            fs::create_dir(folder.path().join(skipped)).unwrap();
            fs::write(folder.path().join(skipped).join("c.txt"), "c").unwrap();
        }
        let text = Text::collect(folder.path()).unwrap();
        assert_eq!(text.items, "\"a\"\n\"b\"\n\"\\\"b\\\"\"\n");
        assert_eq!(
            text.to_string(),
            "1 KiB in 2 files, 3 lines (1 files skipped: not text)"
        );
    }

    #[test]
    fn a_place_without_text_is_told_in_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let told = |path: &std::path::Path| Text::collect(path).unwrap_err().to_string();
        assert!(told(folder.path()).starts_with("there is no text in "));
        assert!(told(&folder.path().join("absent")).contains("cannot be read: No such file"));
    }
}
