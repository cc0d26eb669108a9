//! The trait that a module implements.

use crate::config::Config;
use crate::reply::{Names, Replies};
use crate::status::{Result, Status};

/// Gives access to one store of secrets.
///
/// An instance serves one call at a time. Between calls the host may reset it to its
/// state after [`open`](Provider::open): keep what a later call needs in
/// [`kv`](crate::kv) and not in `self`.
pub trait Provider: Sized {
    /// Creates the provider from its settings. It is called once per instance.
    fn open(config: &Config) -> Result<Self>;

    /// Reads one or more keys and adds one reply for each. If it returns an error,
    /// all of them fail.
    fn get(&mut self, keys: &[&str], replies: &mut Replies) -> Result<()>;

    /// Stores a value.
    fn set(&mut self, _key: &str, _value: &[u8]) -> Result<()> {
        Err(Status::Unsupported)
    }

    /// Removes a value; [`NotFound`](Status::NotFound) if there is none.
    fn delete(&mut self, _key: &str) -> Result<()> {
        Err(Status::Unsupported)
    }

    /// Lists the keys that begin with `prefix`. The host ignores other keys.
    fn keys(&mut self, _prefix: &str, _names: &mut Names) -> Result<()> {
        Err(Status::Unsupported)
    }
}
