//! What a program writes to stderr, for the log: a line a line, secrets blanked, and not without end.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader},
    process::ChildStderr,
};

/// The most that is kept of a line.
const LINE: u64 = 2_000;
/// The most lines from one question to the next.
const LINES: u32 = 100;
const BLANK: &str = "[secret]";

/// Lines that are left until the next question.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowance(Arc<AtomicU32>);

impl Allowance {
    /// Begins anew.
    pub(crate) fn renew(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Whether one more line may be logged; once, that no more may.
    fn take(&self) -> Option<bool> {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            taken if taken < LINES => Some(true),
            LINES => Some(false),
            _ => {
                self.0.store(LINES + 1, Ordering::Relaxed);
                None
            }
        }
    }
}

/// Logs until the program closes its stderr.
pub(crate) async fn follow(program: String, stderr: ChildStderr, secrets: Vec<String>, allowance: Allowance) {
    let mut stderr = BufReader::new(stderr);
    while let Some(line) = next_line(&mut stderr).await {
        match allowance.take() {
            Some(true) => tracing::info!(program, "{}", text(&line, &secrets)),
            Some(false) => tracing::warn!(
                program,
                "it writes more than {LINES} lines to stderr for one question; the rest is left out"
            ),
            None => {}
        }
    }
}

/// A line, cut if it is long; what is cut off is read and forgotten.
async fn next_line(stderr: &mut (impl AsyncBufRead + Unpin)) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let read = (&mut *stderr).take(LINE).read_until(b'\n', &mut line).await;
    if read.ok()? == 0 {
        return None;
    }
    if line.last() != Some(&b'\n') {
        while let Ok(more) = stderr.fill_buf().await {
            let end = more.iter().position(|byte| *byte == b'\n');
            let length = more.len();
            stderr.consume(end.map_or(length, |at| at + 1));
            if end.is_some() || length == 0 {
                break;
            }
        }
    }
    Some(line)
}

/// As it may stand in the log: no secret, no control character.
fn text(line: &[u8], secrets: &[String]) -> String {
    let mut text = String::from_utf8_lossy(line).trim_end().to_owned();
    for secret in secrets {
        text = text.replace(secret, BLANK);
        // A line that was cut may end within a secret.
        let begins = |end: &usize| secret.is_char_boundary(*end) && text.ends_with(&secret[..*end]);
        let cut = (4..secret.len()).rev().find(begins);
        if let Some(end) = cut {
            text.truncate(text.len() - end);
            text.push_str(BLANK);
        }
    }
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_the_log_has_no_secret() {
        let secrets = ["hunter2 \"quoted\"".to_owned(), "pä55wörd".to_owned()];
        let cases = [
            ("connected\n", "connected"),
            ("with pä55wörd as pä55wörd\r\n", "with [secret] as [secret]"),
            ("hunter2 \"quoted\": refused", "[secret]: refused"),
            ("a line cut within pä55w", "a line cut within [secret]"),
            (
                "colour \u{1b}[31mred\tand a bell\u{7}",
                "colour \u{fffd}[31mred\u{fffd}and a bell\u{fffd}",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(text(line.as_bytes(), &secrets), expected);
        }
        assert_eq!(text(b"\xff is no text", &secrets), "\u{fffd} is no text");
    }

    #[tokio::test]
    async fn long_lines_are_cut_and_the_next_is_whole() {
        let mut written = vec![b'a'; 5_000];
        written.extend(b"\nnext\nlast");
        let mut reader = BufReader::with_capacity(64, written.as_slice());
        assert_eq!(next_line(&mut reader).await.unwrap().len(), 2_000);
        assert_eq!(next_line(&mut reader).await.unwrap(), b"next\n");
        assert_eq!(next_line(&mut reader).await.unwrap(), b"last");
        assert_eq!(next_line(&mut reader).await, None);
    }

    #[test]
    fn a_flood_is_told_once() {
        let allowance = Allowance::default();
        let taken: Vec<_> = (0..LINES + 3).map(|_| allowance.take()).collect();
        assert_eq!(taken.iter().filter(|t| **t == Some(true)).count(), 100);
        assert_eq!(taken.iter().filter(|t| **t == Some(false)).count(), 1);
        allowance.renew();
        assert_eq!(allowance.take(), Some(true));
    }
}
