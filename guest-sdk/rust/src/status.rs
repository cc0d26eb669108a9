//! Status codes, without success, which is `Ok`.

use crate::fail::fail;

/// The result of an operation or of a host function.
pub type Result<T> = core::result::Result<T, Status>;

/// Why an operation or a host function failed. The numbers are those of SPEC.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    /// The store answered that there is no such key.
    NotFound = 1,
    /// The store accepts the credential and refuses access.
    Forbidden = 2,
    /// The store rejects the credential.
    Unauthenticated = 3,
    /// The store cannot be reached or read; a retry may help.
    Unavailable = 4,
    /// The store limits the rate of requests.
    Throttled = 5,
    /// The store cannot have such a key.
    InvalidKey = 6,
    /// The module does not offer the operation.
    Unsupported = 7,
    /// The stored version is not the expected one.
    Conflict = 8,
    /// A limit on size was exceeded.
    TooLarge = 9,
    /// A bug in the module.
    Internal = 10,
    /// The store does not apply here, for example because its file is missing.
    NotConfigured = 11,
    /// A digest or signature does not match.
    Integrity = 12,
    /// The store did not answer in time.
    Timeout = 13,
    /// The store cannot be written to.
    ReadOnly = 14,
    /// The store cannot hold such a value.
    InvalidValue = 15,
    /// A host function was called with something that was not granted.
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

    /// The number of the status in the ABI.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The status with a number: `Ok` for 0, and [`Status::Internal`] for an unknown
    /// number.
    pub fn from_code(code: u32) -> Result<()> {
        match code {
            0 => Ok(()),
            1..=16 => Err(Self::ALL[code as usize - 1]),
            _ => Err(Status::Internal),
        }
    }

    /// Sends a message for this status to the host and returns the status. The
    /// message is for people and must not contain any part of a value.
    pub fn because(self, text: &str) -> Self {
        fail(text);
        self
    }
}
