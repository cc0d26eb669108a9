//! Edits of a text: each replaces spans of it and keeps all other bytes.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// Spans of a text, which do not overlap, and what replaces them.
#[derive(Debug, Default)]
pub struct Edit(Vec<(Range<usize>, String)>);

impl Edit {
    /// Puts a text at an offset.
    pub fn insert(at: usize, text: String) -> Self {
        Edit::replace(at..at, text)
    }

    /// Replaces a span.
    pub fn replace(span: Range<usize>, text: String) -> Self {
        Edit(alloc::vec![(span, text)])
    }

    /// Removes a span.
    pub fn remove(span: Range<usize>) -> Self {
        Edit::replace(span, String::new())
    }

    /// Both edits.
    pub fn and(mut self, other: Edit) -> Self {
        for (span, text) in other.0 {
            let later = self.0.iter().rev().take_while(|(s, _)| s.start > span.start).count();
            self.0.insert(self.0.len() - later, (span, text));
        }
        self
    }

    /// The edited text.
    pub fn apply(self, text: &str) -> String {
        let mut new = String::with_capacity(text.len() + self.0.iter().map(|(_, t)| t.len()).sum::<usize>());
        let mut at = 0;
        for (span, replacement) in self.0 {
            new.push_str(&text[at..span.start]);
            new.push_str(&replacement);
            at = span.end;
        }
        new.push_str(&text[at..]);
        new
    }
}
