//! Where things are in the text. The parser counts characters, and its spans include
//! what is before and after a value, or leave out a part of it.

use alloc::vec::Vec;
use core::ops::Range;

use saphyr_parser::Marker;
use text::lines;

/// Converts positions of the parser from characters to bytes. It starts at the
/// previous position, since they mostly increase.
pub struct Places<'a> {
    pub text: &'a str,
    /// The positions of spaces that the parser gets and the text does not have.
    spaces: Vec<usize>,
    chars: usize,
    bytes: usize,
}

impl<'a> Places<'a> {
    pub fn new(text: &'a str) -> Self {
        Places { text, spaces: Vec::new(), chars: 0, bytes: 0 }
    }

    #[inline(never)] // for size
    pub fn byte(&mut self, marker: &Marker) -> usize {
        let first = |b: &u8| (*b as i8) >= -0x40;
        let text = self.text.as_bytes();
        let index = marker.index() - self.spaces.partition_point(|at| *at < marker.index());
        while self.chars > index {
            self.bytes -= 1;
            self.chars -= usize::from(first(&text[self.bytes]));
        }
        while self.chars < index && self.bytes < text.len() {
            let rest = &text[self.bytes + 1..];
            self.bytes += 1 + rest.iter().position(first).unwrap_or(rest.len());
            self.chars += 1;
        }
        self.chars = index;
        self.bytes
    }

    /// Whether a bracket that the parser finds too little indented is at the margin of
    /// what is around it, so that a space before it helps. Notes the space and returns
    /// its offset in what the parser gets.
    pub fn indent(&mut self, marker: &Marker) -> Option<usize> {
        let at = self.byte(marker);
        let helped = self.spaces.last().is_some_and(|last| last + 1 >= marker.index());
        if helped || !matches!(self.text.as_bytes().get(at), Some(b']' | b'}')) {
            return None;
        }
        self.spaces.push(marker.index());
        Some(at + self.spaces.len() - 1)
    }
}

fn blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// Skips blanks, line breaks and comments.
pub fn skip_blanks(text: &str, mut at: usize) -> usize {
    while let Some(b) = text.as_bytes().get(at) {
        match b {
            b'#' => at = lines::end(text, at),
            b if blank(*b) => at += 1,
            _ => break,
        }
    }
    at
}

/// Skips the anchor and the tag that a node may begin with.
pub fn skip_properties(text: &str, mut at: usize) -> usize {
    while matches!(text.as_bytes().get(at), Some(b'&' | b'!')) {
        at = skip_blanks(text, property(text, at));
    }
    at
}

/// The span of the tag between what is before a node, which ends at `at`, and `end`,
/// where its content begins.
pub fn tag(text: &str, mut at: usize, end: usize) -> Option<Range<usize>> {
    while at < end {
        at = match text.as_bytes()[at] {
            b'!' => return Some(at..property(text, at)),
            b'&' => property(text, at),
            b'#' => lines::end(text, at),
            _ => at + 1,
        };
    }
    None
}

/// The end of the anchor or tag that begins at `at`.
fn property(text: &str, at: usize) -> usize {
    let verbatim = text.as_bytes()[at..].starts_with(b"!<");
    let stop = |b: u8| match b {
        b',' | b'[' | b']' | b'{' | b'}' => !verbatim,
        _ => blank(b),
    };
    text.as_bytes()[at..].iter().position(|b| stop(*b)).map_or(text.len(), |i| at + i)
}

/// The span of a scalar in quotes, which begins at `start`.
pub fn quoted(text: &str, start: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let quote = bytes.get(start).copied().unwrap_or(b'"');
    let mut at = start + 1;
    while let Some(b) = bytes.get(at) {
        match *b {
            b'\\' if quote == b'"' => at += 1,
            b if b == quote && quote == b'\'' && bytes.get(at + 1) == Some(&quote) => at += 1,
            b if b == quote => return start..at + 1,
            _ => {}
        }
        at += 1;
    }
    start..text.len()
}

/// The span of a block scalar, from its header on, with its last line break. The
/// header follows `after`, and `content` is the parser's span, which may begin
/// before. Blank lines at its end are part of it if the header says so, or if they have
/// a tab, or more spaces than the first line is indented by: that is text.
pub fn block(text: &str, after: usize, content: &Range<usize>) -> Range<usize> {
    let mut at = after;
    while !matches!(text.as_bytes().get(at), None | Some(b'|' | b'>')) {
        let next = skip_properties(text, skip_blanks(text, at));
        at = if next > at { next } else { at + 1 };
    }
    let start = at.min(content.end);
    let (_, keep) = header(text, start);
    let first = lines::next(text, start);
    let (mut last, mut indent, mut column) = (start, usize::MAX, 0);
    for at in first..content.end {
        column += 1;
        match text.as_bytes()[at] {
            b'\r' | b'\n' => column = 0,
            b' ' if column <= indent => {}
            _ => {
                indent = indent.min(column - 1);
                last = at;
            }
        }
    }
    let mut end = lines::next(text, last);
    while keep && end < text.len() && lines::blank(&text[end..lines::end(text, end)]) {
        end = lines::next(text, end);
    }
    start..end
}

/// The comment in the header of a block scalar, and whether it keeps blank lines.
pub fn header(text: &str, start: usize) -> (Option<&str>, bool) {
    let line = &text[start..lines::end(text, start)];
    let (indicators, comment) = match line.bytes().position(|b| b == b'#') {
        Some(i) => (&line[..i], Some(line[i..].trim_ascii_end())),
        None => (line, None),
    };
    (comment, indicators.bytes().any(|b| b == b'+'))
}

/// The start of a member whose key begins at `key`: the `?` before it, if there is one.
pub fn member_start(text: &str, key: usize) -> usize {
    let bytes = &text.as_bytes()[..key];
    let before = bytes.iter().rposition(|b| !matches!(b, b' ' | b'\t'));
    match before {
        Some(at) if bytes[at] == b'?' => match bytes[..at].last() {
            Some(b) if !blank(*b) && !matches!(b, b'{' | b',' | b'[') => key,
            _ => at,
        },
        _ => key,
    }
}

/// Where the value of a member without one goes: behind the colon after its key, or
/// behind the key if there is no colon.
pub fn empty_value(text: &str, key: usize) -> usize {
    let at = skip_blanks(text, key);
    if text.as_bytes().get(at) == Some(&b':') { at + 1 } else { key }
}

/// Where an item or a key without text is: behind the `-` or `?` before it, or at the
/// colon of the key. What is before the mark ends at `at`, the parser's position is `next`.
pub fn empty(text: &str, at: usize, next: usize) -> usize {
    let (mut at, mut end) = (skip_blanks(text, at), at);
    while at < next {
        end = at + 1;
        at = skip_blanks(text, end);
    }
    match text.as_bytes()[..end].last() {
        Some(b'-' | b'?') => end,
        _ => next,
    }
}
