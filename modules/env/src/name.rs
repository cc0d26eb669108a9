//! The variable names for a key.

use alloc::string::String;

/// The prefix and the key, both unchanged.
pub fn exact(prefix: &str, key: &str) -> String {
    let mut name = String::with_capacity(prefix.len() + key.len());
    name.push_str(prefix);
    name.push_str(key);
    name
}

/// The prefix unchanged, then the key in upper case with `_` in place of every
/// character that is not a letter or a digit.
pub fn mapped(prefix: &str, key: &str) -> String {
    let mut name = exact(prefix, "");
    name.extend(key.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_uppercase(),
        _ => '_',
    }));
    name
}
