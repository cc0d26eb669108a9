//! The grammar of keys.

/// Reports whether a name is a valid key.
pub fn valid(key: &str) -> bool {
    key.len() <= 512 && key.split('/').all(valid_segment)
}

fn valid_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..") && segment.bytes().all(valid_byte)
}

fn valid_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"._@:+-".contains(&b)
}
