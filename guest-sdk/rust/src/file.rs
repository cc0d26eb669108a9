//! Files: `grant: { files: [{ path: PATH, write: BOOL }...] }`.
//!
//! A path that leads out of the granted paths, and a file that is not regular, is
//! [`Status::Capability`]. Within one call, a path always has the same content.

use alloc::string::String;
use alloc::vec::Vec;

use crate::call::{done, fill, length};
use crate::raw;
use crate::status::{Result, Status};
use crate::tlv::{Fields, Tag};

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
}

/// The metadata of a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// File or folder.
    pub kind: Kind,
    /// The size in bytes.
    pub size: u64,
    /// Changes whenever the file changes.
    pub version: String,
    /// Any later content has another version: what was found in this one may be kept under
    /// the version and the size.
    pub settled: bool,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name in the folder.
    pub name: String,
    /// File or folder.
    pub kind: Kind,
    /// The size in bytes.
    pub size: u64,
}

/// Reads a regular file.
pub fn read(path: &str) -> Result<Vec<u8>> {
    fill(raw::file_read, path)
}

/// At most `len` bytes of a regular file, from `offset`: fewer only at its end.
/// [`Conflict`](Status::Conflict) if the file changed since this call looked at it.
pub fn read_at(path: &str, offset: usize, len: usize) -> Result<Vec<u8>> {
    let mut buf: Vec<u8> = Vec::new();
    buf.try_reserve_exact(len).map_err(|_| Status::TooLarge)?;
    // SAFETY: both buffers outlive the call.
    let read =
        length(unsafe { raw::file_read_at(path.as_ptr(), path.len(), offset, buf.as_mut_ptr(), len) })?;
    // SAFETY: the host wrote that many bytes, never more than len.
    unsafe { buf.set_len(read.min(len)) };
    Ok(buf)
}

/// The metadata of a file or folder.
pub fn stat(path: &str) -> Result<Stat> {
    let found = fill(raw::file_stat, path)?;
    let mut stat = Stat { kind: Kind::File, size: 0, version: String::new(), settled: false };
    for field in Fields::new(&found) {
        let field = field?;
        match field.tag {
            Tag::Kind => stat.kind = kind(field.u32()?),
            Tag::Size => stat.size = field.u64()?,
            Tag::Version => stat.version = String::from(field.text()?),
            Tag::Settled => stat.settled = field.u32() == Ok(1),
            _ => {}
        }
    }
    Ok(stat)
}

/// The entries of a folder, sorted by name, without names that begin with `..` or
/// are not UTF-8.
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

/// Replaces or creates a file atomically. [`ReadOnly`](Status::ReadOnly) if writing
/// is not granted, [`Conflict`](Status::Conflict) if the file changed since this
/// call read it.
pub fn write(path: &str, content: &[u8]) -> Result<()> {
    // SAFETY: both slices outlive the call.
    done(unsafe { raw::file_write(path.as_ptr(), path.len(), content.as_ptr(), content.len()) })
}

/// Removes a regular file. [`ReadOnly`](Status::ReadOnly) if writing is not granted.
pub fn remove(path: &str) -> Result<()> {
    // SAFETY: the slice outlives the call.
    done(unsafe { raw::file_remove(path.as_ptr(), path.len()) })
}

fn kind(number: u32) -> Kind {
    if number == 1 { Kind::Folder } else { Kind::File }
}
