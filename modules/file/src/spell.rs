//! The spelling of names and values in JSON, TOML and YAML.

use alloc::format;
use alloc::string::String;

use crate::format::Format;

/// A string in double quotes, with escapes that all three formats have.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The name of a member, without quotes if the format allows it.
pub fn name(format: Format, name: &str) -> String {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let bare = match format {
        Format::Toml => name.bytes().all(word),
        Format::Yaml => name.bytes().all(word) && name.as_bytes()[0].is_ascii_alphabetic() && !reserved(name),
        _ => false,
    };
    if bare { name.into() } else { quoted(name) }
}

/// Words that some YAML parser does not read as a string.
fn reserved(word: &str) -> bool {
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"];
    words.iter().any(|w| w.eq_ignore_ascii_case(word))
}

/// A value that replaces another. If both are numbers or both are booleans, it is
/// written without quotes; otherwise it becomes a string.
pub fn keep_scalar_type(old_bare: Option<&str>, new: &str) -> String {
    let class = class(new);
    match old_bare {
        Some(old) if class != Class::Text && self::class(old) == class => new.into(),
        _ => quoted(new),
    }
}

#[derive(PartialEq, Eq)]
enum Class {
    Number,
    Boolean,
    Text,
}

/// The type that an unquoted word has in all three formats.
fn class(text: &str) -> Class {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let number = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if matches!(text, "true" | "false") {
        Class::Boolean
    } else if digits(whole) && digits(fraction) && (whole == "0" || !whole.starts_with('0')) {
        Class::Number
    } else {
        Class::Text
    }
}
