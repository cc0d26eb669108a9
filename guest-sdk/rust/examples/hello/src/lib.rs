//! A provider with one key: the value of `hello` is the setting `greeting`, or
//! "hello, world".

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::string::String;

use postern_guest::{Config, Names, Provider, Replies, Result, Status};

pub struct Hello {
    greeting: String,
}

impl Provider for Hello {
    fn open(config: &Config) -> Result<Self> {
        config.only(&["greeting"])?;
        let greeting = config.get("greeting").unwrap_or("hello, world").into();
        Ok(Hello { greeting })
    }

    fn get(&mut self, keys: &[&str], replies: &mut Replies) -> Result<()> {
        for key in keys {
            match *key {
                "hello" => replies.value(key, self.greeting.as_bytes(), None)?,
                _ => replies.status(key, Status::NotFound)?,
            }
        }
        Ok(())
    }

    fn keys(&mut self, _prefix: &str, names: &mut Names) -> Result<()> {
        names.push("hello")
    }
}

postern_guest::export!(Hello, get, keys);

#[cfg(test)]
mod tests {
    use super::*;
    use postern_guest::testing;

    #[test]
    fn returns_the_greeting() {
        for (settings, want) in [(&[][..], "hello, world"), (&[("greeting", "good day")][..], "good day")] {
            let mut hello = Hello::open(&testing::config(settings)).ok().unwrap();
            assert_eq!(testing::get_one(&mut hello, "hello"), Ok(want.into()));
            assert_eq!(testing::get_one(&mut hello, "other"), Err(Status::NotFound));
            assert_eq!(testing::keys(&mut hello, ""), Ok(vec!["hello".into()]));
        }
    }

    #[test]
    fn rejects_an_unknown_setting() {
        let opened = Hello::open(&testing::config(&[("greting", "x")]));
        assert_eq!(opened.err(), Some(Status::InvalidValue));
    }
}
