//! Tags, and the values that they allow.

use alloc::string::String;
use alloc::vec::Vec;

use text::word;

use crate::base64;

/// What the tag of a value allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tag {
    #[default]
    None,
    /// `!` alone: a text or a mapping, whatever it looks like.
    Plain,
    Str,
    Int,
    Float,
    Bool,
    Null,
    Binary,
    Map,
    /// Any other tag: only the program that it was made for knows the value.
    Other,
}

const NAMES: [(&str, Tag); 7] = [
    ("str", Tag::Str),
    ("int", Tag::Int),
    ("float", Tag::Float),
    ("bool", Tag::Bool),
    ("null", Tag::Null),
    ("binary", Tag::Binary),
    ("map", Tag::Map),
];

impl Tag {
    /// The tag that a handle and a suffix stand for.
    pub fn of(handle: &str, suffix: &str) -> Self {
        let whole = [handle, suffix].concat();
        let Some(name) = whole.strip_prefix("tag:yaml.org,2002:") else {
            return if whole == "!" { Tag::Plain } else { Tag::Other };
        };
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map_or(Tag::Other, |(_, tag)| *tag)
    }

    /// The value of a scalar, or its text as an error if the tag does not allow it or is
    /// not known. Of the numbers and booleans, those are allowed that all readers take.
    pub fn value(self, text: String) -> Result<Vec<u8>, Vec<u8>> {
        let right = match self {
            Tag::None | Tag::Plain | Tag::Str => true,
            Tag::Int | Tag::Float => word::numeric(&text) && (self == Tag::Float || word::whole(&text)),
            Tag::Bool => word::boolean(&text),
            Tag::Binary => return base64::decode(&text).ok_or(text.into_bytes()),
            Tag::Null | Tag::Map | Tag::Other => false,
        };
        if right { Ok(text.into_bytes()) } else { Err(text.into_bytes()) }
    }
}
