//! Status codes: every reason but success, which is Rust's `Ok`.

use crate::fail::fail;

/// The result of a verb or of a host function.
pub type Result<T> = core::result::Result<T, Status>;

/// Says why a verb or a host function did not succeed. The numbers are those
/// of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    /// The store answered that there is no such key.
    NotFound = 1,
    /// The store knows us and refuses.
    Forbidden = 2,
    /// The store rejects our credential.
    Unauthenticated = 3,
    /// The store could not be reached or read; trying again may help.
    Unavailable = 4,
    /// The store asks to slow down.
    Throttled = 5,
    /// The store cannot have such a key.
    InvalidKey = 6,
    /// This verb is not offered.
    Unsupported = 7,
    /// The stored version is another one.
    Conflict = 8,
    /// A cap was exceeded.
    TooLarge = 9,
    /// A fault of the module.
    Internal = 10,
    /// This store does not apply here.
    NotConfigured = 11,
    /// A digest or signature does not fit.
    Integrity = 12,
    /// The store did not answer in time.
    Timeout = 13,
    /// The store is not written to.
    ReadOnly = 14,
    /// The store cannot hold such a value.
    InvalidValue = 15,
    /// A host function was not granted what it was asked for.
    Capability = 16,
}

impl Status {
    /// All statuses, in the order of their numbers.
    pub const ALL: [Status; 16] = [
        Status::NotFound,
        Status::Forbidden,
        Status::Unauthenticated,
        Status::Unavailable,
        Status::Throttled,
        Status::InvalidKey,
        Status::Unsupported,
        Status::Conflict,
        Status::TooLarge,
        Status::Internal,
        Status::NotConfigured,
        Status::Integrity,
        Status::Timeout,
        Status::ReadOnly,
        Status::InvalidValue,
        Status::Capability,
    ];

    /// The number that stands for the status at the ABI.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The status that a number stands for: `Ok` for 0, and [`Status::Internal`]
    /// for a number that the specification does not know.
    pub fn from_code(code: u32) -> Result<()> {
        match code {
            0 => Ok(()),
            1..=16 => Err(Self::ALL[code as usize - 1]),
            _ => Err(Status::Internal),
        }
    }

    /// Sets the message for this status and returns it. The text is for people
    /// and must hold no value and no part of one.
    pub fn because(self, text: &str) -> Self {
        fail(text);
        self
    }
}
