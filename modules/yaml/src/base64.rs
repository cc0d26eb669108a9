//! Values of the type `!!binary`: base64 with padding, in which white space may stand
//! anywhere.

use alloc::vec::Vec;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes of a text, or `None` if it is not base64.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut digits, mut padding) = (0, 0, 0);
    for b in text.bytes().filter(|b| *b > b' ') {
        digits += 1;
        bits <<= 6;
        match DIGITS.iter().position(|d| *d == b) {
            Some(digit) if padding == 0 => bits |= digit as u32,
            None if b == b'=' && digits % 4 != 1 && digits % 4 != 2 => padding += 1,
            _ => return None,
        }
        if digits % 4 == 0 {
            bytes.extend_from_slice(&bits.to_be_bytes()[1..4 - padding.min(3)]);
        }
    }
    (digits % 4 == 0).then_some(bytes)
}
