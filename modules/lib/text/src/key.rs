//! The grammar of keys.

/// The first segment of a key, and what follows the slash after it.
pub fn cut(key: &str) -> Option<(&str, &str)> {
    let at = key.bytes().position(|b| b == b'/')?;
    Some((&key[..at], &key[at + 1..]))
}

/// Reports whether a name is a valid key.
pub fn valid(key: &str) -> bool {
    key.len() <= 512 && key.as_bytes().split(|b| *b == b'/').all(valid_segment)
}

fn valid_segment(segment: &[u8]) -> bool {
    !matches!(segment, b"" | b"." | b"..") && segment.iter().all(|b| valid_byte(*b))
}

fn valid_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'@' | b':' | b'+' | b'-')
}
