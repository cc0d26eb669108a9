//! What a shell makes of the lines of a file.

use alloc::vec::Vec;

/// The number of the line behind which a shell that reads text[..at] still reads on there,
/// because a quote or a bracket is open, or a backslash joins the lines; `None` if it begins
/// a new word.
pub fn open_line(text: &str, at: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[..at];
    let mut open: Vec<u8> = Vec::new(); // what closes the quotes and brackets that are open
    let mut word = false; // whether the character before is part of a word
    let (mut line, mut since) = (1, 0);
    let mut i = 0;
    while i < bytes.len() {
        let (c, inside, free) = (bytes[i], open.last().copied(), open.is_empty());
        let next = bytes.get(i + 1).copied();
        match c {
            b'\'' if inside == Some(b'\'') => _ = open.pop(),
            _ if inside == Some(b'\'') => {}
            b'\\' if next == Some(b'\n') && i + 2 < bytes.len() || next.is_some_and(|c| c != b'\n') => {
                line += usize::from(next == Some(b'\n'));
                i += 1;
            }
            b'\\' => return Some(if free { line } else { since }),
            _ if inside == Some(c) => _ = open.pop(),
            b'"' | b'`' => open.push(c),
            b'\'' if inside != Some(b'"') => open.push(c),
            b'$' if next == Some(b'(') || next == Some(b'{') => {
                open.push(if next == Some(b'(') { b')' } else { b'}' });
                i += 1;
            }
            b'(' if inside != Some(b'"') => open.push(b')'),
            b'<' if free && next == Some(b'<') => return Some(line), // a here-document
            b'#' if free && !word => {
                while i + 1 < bytes.len() && bytes[i + 1] != b'\n' {
                    i += 1;
                }
            }
            _ => {}
        }
        if free && !open.is_empty() {
            since = line;
        }
        line += usize::from(c == b'\n');
        word = !matches!(c, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|');
        i += 1;
    }
    (!open.is_empty()).then_some(since)
}
