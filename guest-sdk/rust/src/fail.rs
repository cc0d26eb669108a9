//! The message that explains a status.

use crate::raw;

/// Sets the message for a status that is not ok. The last one counts and the
/// host cuts it to 512 bytes. It is for people; put no value into it.
pub fn fail(text: &str) {
    // SAFETY: the pointer and the length are those of one living slice.
    unsafe { raw::fail(text.as_ptr(), text.len()) }
}
