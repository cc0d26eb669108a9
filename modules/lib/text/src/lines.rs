//! Lines, which end with LF, CRLF or a lone CR.

/// The offset of the start of the line that `at` is in.
pub fn start(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().rposition(ends).map_or(0, |i| i + 1)
}

/// The offset of the end of the line that `at` is in, before its line break.
pub fn end(text: &str, at: usize) -> usize {
    text.as_bytes()[at..].iter().position(ends).map_or(text.len(), |i| at + i)
}

fn ends(b: &u8) -> bool {
    matches!(b, b'\n' | b'\r')
}

/// Whether the text has more than one line.
pub fn several(text: &str) -> bool {
    end(text, 0) < text.len()
}

/// The offset of the next line after `at`, or the end of the text.
pub fn next(text: &str, at: usize) -> usize {
    let end = end(text, at);
    end + match &text.as_bytes()[end..] {
        [b'\r', b'\n', ..] => 2,
        [] => 0,
        _ => 1,
    }
}

/// The start of the next line, or `at` itself if a line starts there.
pub fn after(text: &str, at: usize) -> usize {
    let (before, after) = text.as_bytes().split_at(at);
    if closed(text, at) && !(before.last() == Some(&b'\r') && after.first() == Some(&b'\n')) {
        at
    } else {
        next(text, at)
    }
}

/// Whether the text before `at` ends with a line break, or is empty.
pub fn closed(text: &str, at: usize) -> bool {
    start(text, at) == at
}

/// The line break that the text uses first.
pub fn feed(text: &str) -> &'static str {
    let end = end(text, 0);
    match &text.as_bytes()[end..] {
        [b'\r', b'\n', ..] => "\r\n",
        [b'\r', ..] => "\r",
        _ => "\n",
    }
}

/// Whether there are only blanks in the text.
pub fn blank(text: &str) -> bool {
    text.trim_ascii().is_empty()
}

/// The blanks that the line of `at` begins with.
pub fn indent(text: &str, at: usize) -> &str {
    let line = &text[start(text, at)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}
