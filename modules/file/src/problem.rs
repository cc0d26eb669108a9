//! What is wrong with a file: where, and in fixed words. Never what stands
//! there.

use alloc::format;

use postern_guest::Status;

/// Why a text could not be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is not what its format asks for.
    At {
        /// Bytes from the start of the text.
        offset: usize,
        /// Fixed words.
        what: &'static str,
    },
    /// It is over one of the bounds in [`crate::limit`].
    TooLarge(&'static str),
}

impl Problem {
    /// Sets the message for the problem and returns its status.
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

/// Where the line of an offset starts.
pub fn line_start(text: &str, offset: usize) -> usize {
    start_of_line(text.as_bytes(), offset)
}

fn start_of_line(text: &[u8], offset: usize) -> usize {
    text[..offset].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1)
}
