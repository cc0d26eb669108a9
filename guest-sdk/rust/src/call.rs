//! The two shapes of host functions: those that fill a buffer and those that
//! only answer.

use alloc::vec::Vec;

use crate::status::{Result, Status};

/// What a first attempt offers; most values fit.
const FIRST_CAP: usize = 1024;

/// A function that fills a buffer with what it knows of a name.
pub(crate) type Fill = unsafe extern "C" fn(*const u8, usize, *mut u8, usize) -> i32;

/// Calls a function that fills a buffer, again with a larger one if the first
/// was too small.
pub(crate) fn fill(function: Fill, name: &str) -> Result<Vec<u8>> {
    // SAFETY: both pairs lie in memory that lives through the call.
    grow(&|buf, cap| unsafe { function(name.as_ptr(), name.len(), buf, cap) })
}

/// Offers a buffer until it is large enough. The function must write no more
/// than the capacity, and only if it returns a length within it.
pub(crate) fn grow(function: &dyn Fn(*mut u8, usize) -> i32) -> Result<Vec<u8>> {
    let mut buf: Vec<u8> = Vec::with_capacity(FIRST_CAP);
    loop {
        let len = length(function(buf.as_mut_ptr(), buf.capacity()))?;
        if len <= buf.capacity() {
            // SAFETY: a length within the capacity says that the host wrote
            // that many bytes.
            unsafe { buf.set_len(len) };
            return Ok(buf);
        }
        buf.try_reserve_exact(len).map_err(|_| Status::TooLarge)?;
    }
}

/// The result of a function that answers with nothing but a status.
pub(crate) fn done(result: i32) -> Result<()> {
    length(result).map(|_| ())
}

/// A length, or the status that a negative result stands for.
fn length(result: i32) -> Result<usize> {
    if result < 0 {
        Status::from_code(result.unsigned_abs())?;
    }
    Ok(result as usize)
}
