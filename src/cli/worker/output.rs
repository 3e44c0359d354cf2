//! What a handler writes: a bounded result, and the end of its stderr.

use std::io;

use serde_json::value::{RawValue, to_raw_value};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

/// The most that a result may take, as the contract has it by default.
pub(super) const RESULT_LIMIT: usize = 1024 * 1024;
/// How much of stderr's end becomes a failure's message.
pub(super) const TAIL_LIMIT: usize = 2 * 1024;

/// What a process wrote.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// Its stdout.
    pub(super) stdout: Vec<u8>,
    /// The last [`TAIL_LIMIT`] bytes of its stderr.
    pub(super) stderr_tail: Vec<u8>,
}

/// Reads stdout to its end; false when it holds more than [`RESULT_LIMIT`]. What was
/// read counts even when the pipe is left open and this is given up.
pub(super) async fn read_result(
    mut pipe: impl AsyncRead + Unpin,
    into: &mut Vec<u8>,
) -> io::Result<bool> {
    // A newline at the end is not part of the result, so one byte more may come.
    while into.len() <= RESULT_LIMIT + 1 {
        if pipe.read_buf(into).await? == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Passes stderr on to this process's own, so that a handler's log is seen as it
/// comes, and keeps its end.
pub(super) async fn pass_stderr_on(
    mut pipe: impl AsyncRead + Unpin,
    tail: &mut Vec<u8>,
) -> io::Result<()> {
    let mut own = tokio::io::stderr();
    let mut chunk = [0; 4096];
    loop {
        let count = pipe.read(&mut chunk).await?;
        if count == 0 {
            return own.flush().await;
        }
        // Nobody may be reading ours; the handler must not notice.
        let _ = own.write_all(&chunk[..count]).await;
        tail.extend_from_slice(&chunk[..count]);
        tail.drain(..tail.len().saturating_sub(TAIL_LIMIT));
    }
}

/// The result that stdout means: JSON if it parses, else a string without the
/// newlines at its end, as `$(...)` in a shell would have it; nothing is no result.
pub(super) fn result(stdout: Vec<u8>) -> Result<Option<Box<RawValue>>, serde_json::Error> {
    let text = String::from_utf8(stdout)
        .unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned());
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Ok(None);
    }
    match serde_json::from_str(text) {
        Ok(json) => Ok(Some(json)),
        Err(_) => to_raw_value(text).map(Some),
    }
}

/// The message that stderr's end means, cut at the first whole character.
pub(super) fn message(stderr_tail: &[u8]) -> String {
    let start = if stderr_tail.len() < TAIL_LIMIT {
        0
    } else {
        let continues = |byte: &&u8| (0x80..0xC0).contains(*byte);
        stderr_tail.iter().take(3).take_while(continues).count()
    };
    String::from_utf8_lossy(&stderr_tail[start..])
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::{RESULT_LIMIT, TAIL_LIMIT, message, pass_stderr_on, read_result, result};

    #[test]
    fn stdout_is_json_if_it_parses_else_a_string() {
        let told = |stdout: &[u8]| {
            let result = result(stdout.to_vec()).unwrap();
            result.map(|json| json.get().to_owned())
        };
        assert_eq!(
            told(b"{\"a\": [1.0, 1e400]}\n").unwrap(),
            "{\"a\": [1.0, 1e400]}"
        );
        assert_eq!(told(b"9007199254740993").unwrap(), "9007199254740993");
        assert_eq!(told(b"null\n").unwrap(), "null");
        assert_eq!(told(b"done: 3 files\n\n").unwrap(), "\"done: 3 files\"");
        assert_eq!(told(b"\xff\n").unwrap(), "\"\u{fffd}\"");
        assert_eq!(told(b"\n"), None);
        assert_eq!(told(b""), None);
    }

    #[tokio::test]
    async fn a_result_over_the_limit_is_told() {
        let mut into = Vec::new();
        let long = vec![b'x'; RESULT_LIMIT + 2];
        assert!(!read_result(&long[..], &mut into).await.unwrap());
        into.clear();
        assert!(read_result(&long[1..], &mut into).await.unwrap());
        assert_eq!(into.len(), RESULT_LIMIT + 1);
    }

    #[tokio::test]
    async fn only_the_end_of_stderr_is_kept() {
        let mut tail = Vec::new();
        let text = "é".repeat(TAIL_LIMIT) + "x";
        pass_stderr_on(text.as_bytes(), &mut tail).await.unwrap();
        assert_eq!(tail.len(), TAIL_LIMIT);
        let message = message(&tail);
        assert!(message.starts_with('é') && message.ends_with("éx"));
    }
}
