//! The two kinds of host functions: those that fill a buffer and those that return
//! a status only.

use alloc::vec::Vec;

use crate::status::{Result, Status};

/// The size of the first buffer; most values fit.
const FIRST_CAP: usize = 1024;

/// A host function that fills a buffer with the result for a name.
pub(crate) type Fill = unsafe extern "C" fn(*const u8, usize, *mut u8, usize) -> i32;

/// Calls a host function that fills a buffer, and calls it again with a larger
/// buffer if the first one was too small.
pub(crate) fn fill(function: Fill, name: &str) -> Result<Vec<u8>> {
    // SAFETY: both buffers outlive the call.
    grow(&|buf, cap| unsafe { function(name.as_ptr(), name.len(), buf, cap) })
}

/// Calls a function with larger buffers until one is large enough. The function
/// must not write more than the capacity, and only if the length that it returns
/// is not greater.
pub(crate) fn grow(function: &dyn Fn(*mut u8, usize) -> i32) -> Result<Vec<u8>> {
    let mut buf: Vec<u8> = Vec::with_capacity(FIRST_CAP);
    loop {
        let len = length(function(buf.as_mut_ptr(), buf.capacity()))?;
        if len <= buf.capacity() {
            // SAFETY: the host wrote len bytes, since len is not greater than the
            // capacity.
            unsafe { buf.set_len(len) };
            return Ok(buf);
        }
        buf.try_reserve_exact(len).map_err(|_| Status::TooLarge)?;
    }
}

/// The result of a host function that returns a status only.
pub(crate) fn done(result: i32) -> Result<()> {
    length(result).map(|_| ())
}

/// The length, or the status of a negative result.
pub(crate) fn length(result: i32) -> Result<usize> {
    if result < 0 {
        Status::from_code(result.unsigned_abs())?;
    }
    Ok(result as usize)
}
