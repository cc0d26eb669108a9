//! Lines for the guest log: rate-limited, cut to 512 bytes, masked by the host.

use crate::raw;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Level {
    /// For whoever writes the module.
    Debug = -4,
    /// What happened.
    Info = 0,
    /// What the operator should look at.
    Warn = 4,
    /// What went wrong.
    Error = 8,
}

/// Writes one line. Put no value into it.
pub fn log(level: Level, text: &str) {
    // SAFETY: the pointer and the length are those of one living slice.
    unsafe { raw::log(level as i32, text.as_ptr(), text.len()) }
}

/// Tells if a line of this level would be kept, so that a dear one need not be
/// put together for nothing.
pub fn enabled(level: Level) -> bool {
    // SAFETY: the function takes no pointers.
    unsafe { raw::log_enabled(level as i32) != 0 }
}

/// [`log`] at [`Level::Debug`].
pub fn debug(text: &str) {
    log(Level::Debug, text);
}

/// [`log`] at [`Level::Info`].
pub fn info(text: &str) {
    log(Level::Info, text);
}

/// [`log`] at [`Level::Warn`].
pub fn warn(text: &str) {
    log(Level::Warn, text);
}

/// [`log`] at [`Level::Error`].
pub fn error(text: &str) {
    log(Level::Error, text);
}
