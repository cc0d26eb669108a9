//! Words without quotes that every reader of JSON, TOML and YAML understands alike.

use alloc::string::String;

use crate::quote::quoted;

/// The spelling of a value that replaces another. A number stays a number and a
/// boolean a boolean, if every reader gives back the same text for it; otherwise
/// the value becomes a string.
pub fn keep_type(old_bare: Option<&str>, new: &str) -> String {
    match old_bare {
        Some(old) if boolean(old) && boolean(new) || numeric(old) && number(new) => new.into(),
        _ => quoted(new),
    }
}

/// Whether a word is a boolean in all three formats.
pub fn boolean(word: &str) -> bool {
    matches!(word, "true" | "false")
}

/// Whether a word is a number in all three formats.
pub fn numeric(word: &str) -> bool {
    let (whole, fraction) = parts(word);
    digits(whole) && digits(fraction.unwrap_or("0")) && (whole == "0" || !whole.starts_with("0"))
}

/// Whether a number has no fraction.
pub fn whole(number: &str) -> bool {
    number.bytes().all(|b| b != b'.')
}

/// 2^53 - 1.
const MAX: &str = "9007199254740991";

/// Whether a word is a number that every reader gives back as it is: it fits the 53
/// bits of a JavaScript number, and has no zeros that a float loses and no size at
/// which some reader prints an exponent.
pub fn number(word: &str) -> bool {
    let (whole, fraction) = parts(word);
    if !numeric(word) {
        return false;
    }
    match fraction {
        None => word != "-0" && (whole.len() < MAX.len() || whole.len() == MAX.len() && whole <= MAX),
        Some(fraction) => {
            !fraction.ends_with("0")
                && whole.len() + fraction.len() <= 15
                && !(whole == "0" && fraction.starts_with("000"))
        }
    }
}

fn parts(word: &str) -> (&str, Option<&str>) {
    let word = word.strip_prefix("-").unwrap_or(word);
    match word.bytes().position(|b| b == b'.') {
        Some(point) => (&word[..point], Some(&word[point + 1..])),
        None => (word, None),
    }
}

fn digits(s: &str) -> bool {
    !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit())
}
