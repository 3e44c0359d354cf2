//! The fenced blocks of a document.

/// One block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// Where its text begins, from 1.
    pub(super) line: usize,
    pub(super) text: String,
}

/// What the words after its fence say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `sh`
    Run,
    /// `sh no-run: reason`
    NotRun { reason: String },
    /// `json output`
    Json,
    /// `text output`
    Text,
    /// Anything else.
    Other,
}

impl Kind {
    fn of(info: &str) -> Self {
        match info {
            "sh" => Self::Run,
            "json output" => Self::Json,
            "text output" => Self::Text,
            _ => match info.strip_prefix("sh no-run") {
                Some(reason) => Self::NotRun {
                    reason: reason.trim_start_matches([':', ' ']).to_owned(),
                },
                None => Self::Other,
            },
        }
    }
}

/// All blocks, in order. One that never ends is a fault of the document.
pub(super) fn blocks(document: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = document.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let mut text = String::new();
        loop {
            let (_, line) = lines.next().expect("a block has no end");
            if line == "```" {
                break;
            }
            text = text + line + "\n";
        }
        found.push(Block {
            kind: Kind::of(info.trim()),
            line: number + 2,
            text,
        });
    }
    found
}

#[test]
fn blocks_are_told_apart_by_the_words_after_their_fence() {
    let document = "a\n```sh\necho 1\n```\n```text output\n1\n```\n```sh no-run: it takes long\nx\n```\n```\n```\n";
    let found = blocks(document);
    assert_eq!(found[0].text, "echo 1\n");
    assert_eq!(found[0].line, 3);
    let kinds: Vec<Kind> = found.into_iter().map(|block| block.kind).collect();
    let reason = "it takes long".to_owned();
    let expected = [Kind::Run, Kind::Text, Kind::NotRun { reason }, Kind::Other];
    assert_eq!(kinds, expected);
}
