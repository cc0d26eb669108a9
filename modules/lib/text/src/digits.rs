//! Numbers as text, without the formatter of the standard library, which takes 2 KB
//! of a module.

use alloc::string::String;

/// A number in decimal digits.
pub fn decimal(number: usize) -> String {
    let mut text = match number / 10 {
        0 => String::new(),
        rest => decimal(rest),
    };
    text.push(char::from(b'0' + (number % 10) as u8));
    text
}

/// Appends a number in four hexadecimal digits.
pub fn push_hex4(text: &mut String, number: u32) {
    for shift in [12, 8, 4, 0] {
        text.push(char::from(b"0123456789abcdef"[(number >> shift & 15) as usize]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelled_as_the_standard_library_does() {
        for n in (0..3000).chain([usize::MAX / 10, usize::MAX - 1, usize::MAX]) {
            assert_eq!(decimal(n), alloc::format!("{n}"));
        }
        for n in 0..=0xffff {
            let mut text = String::new();
            push_hex4(&mut text, n);
            assert_eq!(text, alloc::format!("{n:04x}"));
        }
    }
}
