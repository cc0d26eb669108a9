//! Files: `grant: { files: [{ path: PATH, write: BOOL }...] }`.
//!
//! Whatever leads out of the granted paths, and whatever is not a regular file,
//! is [`Status::Capability`]. Within one call the same path gives the same bytes.

use alloc::string::String;
use alloc::vec::Vec;

use crate::call::{done, fill};
use crate::raw;
use crate::status::{Result, Status};
use crate::tlv::{Fields, Tag};

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
}

/// What is known of a file without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// File or folder.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
    /// Changes when the file does.
    pub version: String,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name within the folder.
    pub name: String,
    /// File or folder.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
}

/// The content of a regular file.
pub fn read(path: &str) -> Result<Vec<u8>> {
    fill(raw::file_read, path)
}

/// What is known of a file or folder without reading it.
pub fn stat(path: &str) -> Result<Stat> {
    let found = fill(raw::file_stat, path)?;
    let mut stat = Stat { kind: Kind::File, size: 0, version: String::new() };
    for field in Fields::new(&found) {
        let field = field?;
        match field.tag {
            Tag::Kind => stat.kind = kind(field.u32()?),
            Tag::Size => stat.size = field.u64()?,
            Tag::Version => stat.version = String::from(field.text()?),
            _ => {}
        }
    }
    Ok(stat)
}

/// The entries of a folder, sorted by name. Names that begin with `..` are not
/// among them, nor are those that are not UTF-8.
pub fn list(path: &str) -> Result<Vec<Entry>> {
    let found = fill(raw::file_list, path)?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut skip = false;
    for field in Fields::new(&found) {
        let field = field?;
        if field.tag == Tag::Name {
            skip = field.text().is_err();
            if let Ok(name) = field.text() {
                entries.push(Entry { name: String::from(name), kind: Kind::File, size: 0 });
            }
            continue;
        }
        if skip {
            continue;
        }
        let entry = entries.last_mut().ok_or(Status::Internal)?;
        match field.tag {
            Tag::Kind => entry.kind = kind(field.u32()?),
            Tag::Size => entry.size = field.u64()?,
            _ => {}
        }
    }
    Ok(entries)
}

/// Replaces or creates a file, whole or not at all.
/// [`ReadOnly`](Status::ReadOnly) where writing is not granted.
pub fn write(path: &str, content: &[u8]) -> Result<()> {
    // SAFETY: both pairs are living slices.
    done(unsafe { raw::file_write(path.as_ptr(), path.len(), content.as_ptr(), content.len()) })
}

/// Removes a regular file. [`ReadOnly`](Status::ReadOnly) where writing is not
/// granted.
pub fn remove(path: &str) -> Result<()> {
    // SAFETY: the pair is a living slice.
    done(unsafe { raw::file_remove(path.as_ptr(), path.len()) })
}

fn kind(number: u32) -> Kind {
    if number == 1 { Kind::Folder } else { Kind::File }
}
