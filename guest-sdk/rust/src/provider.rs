//! The trait that a module implements.

use crate::config::Config;
use crate::reply::{Names, Replies};
use crate::status::{Result, Status};

/// Answers for one store of secrets.
///
/// An instance serves one call at a time. The host may put it back to its state
/// after [`open`](Provider::open) between calls: keep nothing in `self` that a
/// later call needs, but in [`kv`](crate::kv).
pub trait Provider: Sized {
    /// Makes the provider from its settings. It is called once per instance.
    fn open(config: &Config) -> Result<Self>;

    /// Reads `keys`, one or more, and gives one reply for each. An error fails
    /// all of them.
    fn get(&mut self, keys: &[&str], replies: &mut Replies) -> Result<()>;

    /// Stores a value.
    fn set(&mut self, _key: &str, _value: &[u8]) -> Result<()> {
        Err(Status::Unsupported)
    }

    /// Removes a value, or says [`NotFound`](Status::NotFound).
    fn delete(&mut self, _key: &str) -> Result<()> {
        Err(Status::Unsupported)
    }

    /// Lists the keys that begin with `prefix`; more than those do no harm.
    fn keys(&mut self, _prefix: &str, _names: &mut Names) -> Result<()> {
        Err(Status::Unsupported)
    }
}
