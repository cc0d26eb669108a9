//! The message for a status.

use crate::raw;

/// Sets the message for the status that the call will return. It is for people, the
/// last message wins, and the host cuts it to 512 bytes. It must not contain a
/// value.
pub fn fail(text: &str) {
    // SAFETY: the slice outlives the call.
    unsafe { raw::fail(text.as_ptr(), text.len()) }
}
