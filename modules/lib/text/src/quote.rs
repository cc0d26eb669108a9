//! Strings in double quotes.

use alloc::string::String;

use crate::digits::push_hex4;

/// A string in double quotes, with escapes that JSON, TOML and YAML have.
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
                out.push_str("\\u");
                push_hex4(&mut out, c as u32);
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}
