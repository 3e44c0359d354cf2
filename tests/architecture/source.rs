//! Rust source as text, split into the little that the rules ask for: which paths a file names.
//!
//! No parser of the whole language: comments and strings are blanked, the rest becomes words and
//! signs, and a path is words with `::` between them (`use` groups are spread out).

use std::fs;
use std::path::Path;

/// One file of Rust.
pub(super) struct Source {
    /// Its path from the root of the project.
    pub(super) path: String,
    /// What its `//!` lines at the top say.
    pub(super) docs: Vec<String>,
    /// The text without comments; strings stay.
    pub(super) spoken: String,
    /// Its place in the crate: `src/store/lanes/lane.rs` is `[store, lanes, lane]`.
    module: Vec<String>,
    tokens: Vec<Token>,
}

/// A path that a file names, such as `crate::store::Store` or `std::env::var`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) segments: Vec<String>,
}

#[derive(Debug)]
struct Token {
    line: usize,
    /// How many `mod name { ... }` are open here.
    inline_modules: usize,
    text: String,
}

/// Every file under a folder of the project, in the order of their paths.
pub(super) fn below(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    read_folder(root, &root.join(folder), &mut sources);
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

fn read_folder(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy();
            sources.push(Source::new(&name, &fs::read_to_string(&path).unwrap()));
        }
    }
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let module = path.trim_start_matches("src/").trim_end_matches(".rs");
        let mut module: Vec<String> = module.split('/').map(str::to_owned).collect();
        module.retain(|part| part != "mod");
        let docs = text.lines().map_while(|line| line.strip_prefix("//!"));
        Self {
            path: path.to_owned(),
            docs: docs.map(|line| line.trim().to_owned()).collect(),
            spoken: blanked(text, false),
            module,
            tokens: tokens(&blanked(text, true)),
        }
    }

    /// The part of the program it belongs to: `main`, or what stands right under `src`.
    pub(super) fn layer(&self) -> &str {
        &self.module[0]
    }

    /// Every path it names, `super::` resolved where it leaves the layer.
    pub(super) fn named(&self) -> Vec<Named> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            if self.starts_path(at) {
                at = self.spread(at, &[], &mut found);
            } else {
                at += 1;
            }
        }
        found
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    fn starts_path(&self, at: usize) -> bool {
        let inside = at > 1 && self.text(at - 1) == "::" && is_word(self.text(at - 2));
        is_word(self.text(at)) && self.text(at + 1) == "::" && !inside
    }

    /// Reads a path, or each path of a group, from its first word; returns where it ends.
    fn spread(&self, mut at: usize, before: &[String], found: &mut Vec<Named>) -> usize {
        let first = at;
        let mut segments = before.to_vec();
        while is_word(self.text(at)) || self.text(at) == "*" {
            segments.push(self.text(at).to_owned());
            at += 1;
            if self.text(at) != "::" {
                break;
            }
            at += 1;
            if self.text(at) == "{" {
                at += 1;
                while !matches!(self.text(at), "}" | "") {
                    at = match self.text(at) {
                        "as" => at + 2,
                        word if is_word(word) || word == "*" => self.spread(at, &segments, found),
                        _ => at + 1,
                    };
                }
                return at + 1;
            }
        }
        let token = &self.tokens[first];
        if let Some(segments) = self.rooted(segments, token.inline_modules) {
            found.push(Named {
                line: token.line,
                segments,
            });
        }
        at
    }

    /// `None` for a path that stays inside the file's own layer.
    fn rooted(&self, segments: Vec<String>, inline_modules: usize) -> Option<Vec<String>> {
        let climbs = segments.iter().take_while(|part| *part == "super").count();
        if climbs == 0 {
            return Some(segments);
        }
        let depth = self.module.len() + inline_modules;
        if climbs < depth || climbs == segments.len() {
            return None;
        }
        let mut absolute = vec!["crate".to_owned()];
        absolute.extend_from_slice(&segments[climbs..]);
        Some(absolute)
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut open, mut modules): (usize, Vec<usize>) = (0, Vec::new());
    for (number, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if is_word(rest) {
                rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
                    .unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let text = &rest[..length];
            if text == "{" {
                open += 1;
                let is_module = tokens.len() > 1 && tokens[tokens.len() - 2].text == "mod";
                modules.extend(is_module.then_some(open));
            } else if text == "}" {
                modules.retain(|module| *module != open);
                open = open.saturating_sub(1);
            }
            tokens.push(Token {
                line: number + 1,
                inline_modules: modules.len(),
                text: text.to_owned(),
            });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// The text with comments, and perhaps strings, turned into spaces; lines stay where they are.
fn blanked(text: &str, strings_too: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, hide) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), true),
            '/' if rest.starts_with("/*") => (comment_length(rest), true),
            '"' => (string_length(rest), strings_too),
            'r' | 'b' if !out.ends_with(is_word_part) && raw_length(rest) > 0 => {
                (raw_length(rest), strings_too)
            }
            '\'' => (character_length(rest), strings_too),
            _ => (first.len_utf8(), false),
        };
        let (part, after) = rest.split_at(length);
        if hide {
            out.extend(part.chars().map(|one| if one == '\n' { '\n' } else { ' ' }));
        } else {
            out.push_str(part);
        }
        rest = after;
    }
    out
}

fn is_word_part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if letter == '"' && !escaped {
            return at + 1;
        }
        escaped = letter == '\\' && !escaped;
    }
    text.len()
}

/// Length of a raw string (`r"..."`, `br#"..."#`); 0 when there is none here.
fn raw_length(text: &str) -> usize {
    let after_prefix = text.trim_start_matches('b');
    let Some(quoted) = after_prefix.strip_prefix('r') else {
        return 0;
    };
    let hashes = quoted.len() - quoted.trim_start_matches('#').len();
    if !quoted[hashes..].starts_with('"') {
        return 0;
    }
    let start = text.len() - quoted.len() + hashes + 1;
    let closing = format!("\"{}", "#".repeat(hashes));
    text[start..]
        .find(&closing)
        .map_or(text.len(), |at| start + at + closing.len())
}

/// Length of a character literal; 1 for the mark of a lifetime.
fn character_length(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(1, |at| 3 + at + 1),
        Some((at, letter)) if text[at + letter.len_utf8()..].starts_with('\'') => {
            at + letter.len_utf8() + 1
        }
        _ => 1,
    }
}

#[test]
fn paths_are_found_in_groups_and_not_in_comments_or_strings() {
    let source = Source::new(
        "src/store/lanes/lane.rs",
        r##"
        use crate::{domain::{TaskId as Id, clock::*}, api};
        // crate::comment::no
        const NO: &str = "crate::string::no \" crate::no";
        const RAW: &str = r#"crate::raw::no"#;
        fn f<'a>(c: &'a char) { if *c == '"' || *c == '\'' { tokio::spawn(super::super::x()) } }
        use super::super::super::server::bind;
        mod tests { use super::super::super::super::cli::run; }
        "##,
    );
    let named: Vec<String> = source
        .named()
        .iter()
        .map(|named| format!("{} {}", named.line, named.segments.join("::")))
        .collect();
    assert_eq!(
        named,
        [
            "2 crate::domain::TaskId",
            "2 crate::domain::clock::*",
            "2 crate::api",
            "6 tokio::spawn",
            "7 crate::server::bind",
            "8 crate::cli::run",
        ]
    );
    assert!(!source.spoken.contains("comment") && source.spoken.contains("raw::no"));
}
