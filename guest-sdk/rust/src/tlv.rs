//! The encoding: fields with a tag (`u16`), a length (`u32`) and bytes, all numbers
//! little-endian.

use alloc::string::String;
use alloc::vec::Vec;

use crate::status::{Result, Status};

/// The meaning of a field. Readers must skip unknown tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// A key.
    Key,
    /// A value, any bytes.
    Value,
    /// The version of a value in its store, printable ASCII.
    Version,
    /// A status code as `u32`.
    Status,
    /// Bytes that keys begin with.
    Prefix,
    /// One setting: the fields `Name` and `Text`.
    Config,
    /// The name of the provider in the configuration.
    Provider,
    /// A name.
    Name,
    /// A text.
    Text,
    /// 0 for a file, 1 for a folder, as `u32`.
    Kind,
    /// A size in bytes, as `u64`.
    Size,
    /// Opaque bytes that the host keeps.
    Cursor,
    /// 1 if any later content has another version, else 0, as `u32`.
    Settled,
    /// A tag that this version does not know.
    Unknown(u16),
}

impl Tag {
    /// The tag with a number.
    pub fn from_number(number: u16) -> Self {
        match number {
            1 => Tag::Key,
            2 => Tag::Value,
            3 => Tag::Version,
            4 => Tag::Status,
            5 => Tag::Prefix,
            6 => Tag::Config,
            7 => Tag::Provider,
            8 => Tag::Name,
            9 => Tag::Text,
            10 => Tag::Kind,
            11 => Tag::Size,
            12 => Tag::Cursor,
            13 => Tag::Settled,
            _ => Tag::Unknown(number),
        }
    }

    /// The number of the tag.
    pub fn number(self) -> u16 {
        match self {
            Tag::Key => 1,
            Tag::Value => 2,
            Tag::Version => 3,
            Tag::Status => 4,
            Tag::Prefix => 5,
            Tag::Config => 6,
            Tag::Provider => 7,
            Tag::Name => 8,
            Tag::Text => 9,
            Tag::Kind => 10,
            Tag::Size => 11,
            Tag::Cursor => 12,
            Tag::Settled => 13,
            Tag::Unknown(number) => number,
        }
    }
}

/// Appends one field. The content must have less than 4 GiB, which is always true
/// on wasm32.
pub fn append(dst: &mut Vec<u8>, tag: Tag, content: &[u8]) {
    dst.reserve(HEADER + content.len());
    dst.extend_from_slice(&tag.number().to_le_bytes());
    dst.extend_from_slice(&(content.len() as u32).to_le_bytes());
    dst.extend_from_slice(content);
}

/// The size of a field's tag and length.
const HEADER: usize = 6;

/// One field of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The meaning of the content.
    pub tag: Tag,
    /// The content.
    pub content: &'a [u8],
}

impl<'a> Field<'a> {
    /// The content as text; [`Internal`](Status::Internal) if it is not UTF-8.
    pub fn text(&self) -> Result<&'a str> {
        core::str::from_utf8(self.content).map_err(|_| Status::Internal)
    }

    /// The content as a number; [`Internal`](Status::Internal) unless it has 4 bytes.
    pub fn u32(&self) -> Result<u32> {
        let bytes = self.content.try_into().map_err(|_| Status::Internal)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// The content as a number; [`Internal`](Status::Internal) unless it has 8 bytes.
    pub fn u64(&self) -> Result<u64> {
        let bytes = self.content.try_into().map_err(|_| Status::Internal)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

/// Iterates over the fields of a sequence. If the last one is incomplete, the last
/// item is an error, [`Status::Internal`].
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// The fields of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Fields { rest: bytes }
    }

    fn take(&mut self) -> Option<Field<'a>> {
        let (number, rest) = self.rest.split_first_chunk::<2>()?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (content, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        self.rest = rest;
        Some(Field { tag: Tag::from_number(u16::from_le_bytes(*number)), content })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.take();
        if field.is_none() {
            self.rest = &[];
        }
        Some(field.ok_or(Status::Internal))
    }
}

/// The texts of all fields with a tag, without those that are not UTF-8.
pub(crate) fn texts(bytes: &[u8], tag: Tag) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for field in Fields::new(bytes) {
        let field = field?;
        if field.tag == tag {
            texts.extend(field.text().ok().map(String::from));
        }
    }
    Ok(texts)
}
