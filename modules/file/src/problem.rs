//! What is wrong with a file, and where. The text of the file, which may be a
//! secret, is never part of it.

use alloc::format;

use postern_guest::Status;

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
                Status::Unavailable.because(&format!("line {line}, column {column}: {what}"))
            }
        }
    }
}

/// The line and the column of an offset, both from 1, the column in bytes.
pub fn position(text: &[u8], offset: usize) -> (usize, usize) {
    let offset = offset.min(text.len());
    let line = text[..offset].iter().filter(|b| **b == b'\n').count() + 1;
    (line, offset - start_of_line(text, offset) + 1)
}

/// The offset of the start of a line.
pub fn line_start(text: &str, offset: usize) -> usize {
    start_of_line(text.as_bytes(), offset)
}

fn start_of_line(text: &[u8], offset: usize) -> usize {
    text[..offset].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1)
}
