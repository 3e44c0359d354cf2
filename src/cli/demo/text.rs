//! The text to count: which files, and where they are cut.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Serialize;

use super::words::grouped;

/// The most lines in one piece.
const PIECE_LINES: usize = 400;
/// The most bytes in one piece, in the escaped form in which it travels.
const PIECE_BYTES: usize = 64 * 1024;
/// Longer files are most often data rather than text.
const FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Where to stop: this is a demo.
const TOTAL_BYTES: usize = 64 * 1024 * 1024;
/// Folders with what others wrote, or what was built.
const SKIPPED: [&str; 2] = ["target", "node_modules"];

/// Some text, cut into pieces of about one task each.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub(super) pieces: Vec<Piece>,
    files: usize,
    bytes: usize,
    /// Files that are not text, or could not be read.
    skipped: usize,
    is_cut_short: bool,
}

/// One task's payload.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Piece {
    file: String,
    first_line: usize,
    pub(super) text: String,
}

impl Text {
    /// Reads the text files below `path`, leaving out hidden ones, and cuts them.
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
        if text.pieces.is_empty() {
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
        match text.and_then(|text| cut(&path.to_string_lossy(), &text)) {
            Some(pieces) if !pieces.is_empty() => self.keep(pieces),
            Some(_) => {}
            None => self.skipped += 1,
        }
        Ok(())
    }

    fn keep(&mut self, pieces: Vec<Piece>) {
        let bytes: usize = pieces.iter().map(|piece| piece.text.len()).sum();
        if self.bytes + bytes > TOTAL_BYTES {
            self.is_cut_short = true;
            return;
        }
        self.files += 1;
        self.bytes += bytes;
        self.pieces.extend(pieces);
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kib = grouped((self.bytes as u64).div_ceil(1024));
        let (files, tasks) = (self.files, self.pieces.len());
        write!(f, "{kib} KiB in {files} files, cut into {tasks} tasks")?;
        if self.skipped > 0 {
            write!(f, " ({} files skipped: not text)", self.skipped)?;
        }
        if self.is_cut_short {
            write!(f, "; the rest is left out, a demo has enough with that")?;
        }
        Ok(())
    }
}

/// Cuts a file's text at line ends. None when it is no text: it holds a NUL, or it
/// cannot be cut without cutting a word.
fn cut(file: &str, mut text: &str) -> Option<Vec<Piece>> {
    if text.contains('\0') {
        return None;
    }
    let mut pieces = Vec::new();
    let mut first_line = 1;
    while !text.is_empty() {
        let (piece, rest) = text.split_at(piece_end(text)?);
        pieces.push(Piece {
            file: file.to_owned(),
            first_line,
            text: piece.to_owned(),
        });
        first_line += piece.matches('\n').count();
        text = rest;
    }
    Some(pieces)
}

/// Where the first piece of `text` ends: after whole lines, or inside a line that is too
/// long for one piece, after white space.
fn piece_end(text: &str) -> Option<usize> {
    let (mut bytes, mut lines) = (0, 0);
    let (mut line_end, mut gap_end) = (0, 0);
    for (at, char) in text.char_indices() {
        bytes += escaped_len(char);
        if bytes > PIECE_BYTES {
            return [line_end, gap_end].into_iter().find(|end| *end > 0);
        }
        let after = at + char.len_utf8();
        if char.is_ascii_whitespace() {
            gap_end = after;
        }
        if char == '\n' {
            line_end = after;
            lines += 1;
        }
        if lines == PIECE_LINES {
            break;
        }
    }
    Some(if lines == PIECE_LINES {
        line_end
    } else {
        text.len()
    })
}

/// How many bytes a character takes in a JSON string.
fn escaped_len(char: char) -> usize {
    match char {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\u{0}'..'\u{20}' => 6,
        _ => char.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::{PIECE_BYTES, Text, cut};
    use std::fs;

    #[test]
    fn pieces_put_together_are_the_text() {
        let lines: Vec<_> = (0..2000).map(|n| format!("line {n} \"é\"\n")).collect();
        let long = "many words ".repeat(20_000);
        for text in [lines.concat(), long, "no line end".to_owned()] {
            let pieces = cut("f", &text).unwrap();
            let together: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            assert_eq!(together, text);
            for piece in &pieces {
                let encoded = serde_json::to_string(&piece.text).unwrap();
                assert!(encoded.len() <= PIECE_BYTES + 2);
            }
        }
    }

    #[test]
    fn a_piece_ends_at_400_lines_and_knows_its_first() {
        let pieces = cut("f", &"x\n".repeat(1000)).unwrap();
        let first_lines: Vec<_> = pieces.iter().map(|piece| piece.first_line).collect();
        assert_eq!(first_lines, [1, 401, 801]);
    }

    #[test]
    fn what_is_no_text_is_not_cut() {
        assert_eq!(cut("f", "a\0b"), None);
        assert_eq!(cut("f", &"x".repeat(PIECE_BYTES + 1)), None);
        assert_eq!(cut("f", ""), Some(Vec::new()));
    }

    #[test]
    fn only_text_files_of_a_folder_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.txt"), "b").unwrap();
        fs::write(folder.path().join("a.txt"), "a").unwrap();
        fs::write(folder.path().join("image.png"), b"\x89PNG\0").unwrap();
        fs::write(folder.path().join("empty"), "").unwrap();
        for skipped in [".git", "target"] {
            fs::create_dir(folder.path().join(skipped)).unwrap();
            fs::write(folder.path().join(skipped).join("c.txt"), "c").unwrap();
        }
        let text = Text::collect(folder.path()).unwrap();
        let texts: Vec<_> = text
            .pieces
            .iter()
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(texts, ["a", "b"]);
        assert_eq!(
            text.to_string(),
            "1 KiB in 2 files, cut into 2 tasks (1 files skipped: not text)"
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
