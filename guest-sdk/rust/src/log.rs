//! The guest log. The host limits the rate, cuts lines to 512 bytes and masks values.

use crate::raw;

/// The severity of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Level {
    /// For the author of the module.
    Debug = -4,
    /// A normal event.
    Info = 0,
    /// Something that the operator should look at.
    Warn = 4,
    /// A failure.
    Error = 8,
}

/// Writes one line. It must not contain a value.
pub fn log(level: Level, text: &str) {
    // SAFETY: the slice outlives the call.
    unsafe { raw::log(level as i32, text.as_ptr(), text.len()) }
}

/// Reports whether lines of this level are logged, so that a module need not format
/// a line that is dropped.
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
