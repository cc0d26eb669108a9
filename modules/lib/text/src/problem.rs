//! What is wrong with a file, and where. The text of the file, which may be a
//! secret, is never part of it.

use postern_guest::Status;

use crate::digits::decimal;

/// Why a file cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It breaks the rules of its format.
    At {
        /// Bytes from the start of the text.
        offset: usize,
        /// A constant, so that it cannot contain text of the file.
        what: &'static str,
    },
    /// It exceeds one of the limits in `limit`.
    TooLarge(&'static str),
}

impl Problem {
    /// Sends the message to the host and returns the status.
    pub fn report(self, text: &str) -> Status {
        match self {
            Problem::TooLarge(what) => Status::TooLarge.because(what),
            Problem::At { offset, what } => {
                let (line, column) = position(text.as_bytes(), offset);
                Status::Unavailable
                    .because(&["line ", &decimal(line), ", column ", &decimal(column), ": ", what].concat())
            }
        }
    }
}

/// The line and the column of an offset, both from 1, the column in bytes.
pub fn position(text: &[u8], offset: usize) -> (usize, usize) {
    let (mut line, mut start) = (1, 0);
    let before = &text[..offset.min(text.len())];
    for (i, b) in before.iter().enumerate() {
        if *b == b'\n' || *b == b'\r' && text.get(i + 1) != Some(&b'\n') {
            (line, start) = (line + 1, i + 1);
        }
    }
    (line, before.len() - start + 1)
}
