//! From a key to the name of a variable.

use alloc::string::String;

/// The prefix and the key as they are spelt.
pub fn exact(prefix: &str, key: &str) -> String {
    let mut name = String::with_capacity(prefix.len() + key.len());
    name.push_str(prefix);
    name.push_str(key);
    name
}

/// The prefix as it is spelt, then the key as variables are: letters in upper
/// case, and `_` for whatever is neither a letter nor a digit.
pub fn mapped(prefix: &str, key: &str) -> String {
    let mut name = exact(prefix, "");
    name.extend(key.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_uppercase(),
        _ => '_',
    }));
    name
}
