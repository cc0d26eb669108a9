//! Reads the request of the current call.

use alloc::vec::Vec;

use crate::call::grow;
use crate::config::Config;
use crate::raw;
use crate::status::{Result, Status};
use crate::tlv::{Fields, Tag};

/// The bytes of the request.
pub(crate) fn read() -> Result<Vec<u8>> {
    // SAFETY: the buffer outlives the call.
    grow(&|buf, cap| unsafe { raw::input(buf, cap) })
}

/// The fields `key` of a get.
pub(crate) fn keys(request: &[u8]) -> Result<Vec<&str>> {
    let mut keys = Vec::new();
    for field in Fields::new(request) {
        let field = field?;
        if field.tag == Tag::Key {
            keys.push(field.text()?);
        }
    }
    Ok(keys)
}

/// The fields `key` and `value` of a set or a delete, which has no value.
pub(crate) fn key_value(request: &[u8]) -> Result<(&str, Option<&[u8]>)> {
    let (mut key, mut value) = (None, None);
    for field in Fields::new(request) {
        let field = field?;
        match field.tag {
            Tag::Key => key = Some(field.text()?),
            Tag::Value => value = Some(field.content),
            _ => {}
        }
    }
    Ok((key.ok_or(Status::Internal)?, value))
}

/// The field `prefix` of a listing; empty if it is absent.
pub(crate) fn prefix(request: &[u8]) -> Result<&str> {
    let mut prefix = "";
    for field in Fields::new(request) {
        let field = field?;
        if field.tag == Tag::Prefix {
            prefix = field.text()?;
        }
    }
    Ok(prefix)
}

/// The fields `provider` and `config` of an open.
pub(crate) fn config(request: &[u8]) -> Result<Config> {
    let mut config = Config::default();
    for field in Fields::new(request) {
        let field = field?;
        match field.tag {
            Tag::Provider => config.set_provider(field.text()?),
            Tag::Config => {
                let (mut name, mut text) = ("", "");
                for part in Fields::new(field.content) {
                    let part = part?;
                    match part.tag {
                        Tag::Name => name = part.text()?,
                        Tag::Text => text = part.text()?,
                        _ => {}
                    }
                }
                config.push(name, text);
            }
            _ => {}
        }
    }
    Ok(config)
}
