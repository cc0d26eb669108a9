//! A provider that keeps where the assignments of its file stand, so that a get from an
//! unchanged file reads one of them and not the whole file.

use alloc::string::String;
use alloc::vec::Vec;

use postern_guest::file::Stat;
use postern_guest::{Config, Names, Provider, Replies, Result, Status, file, kv};
use text::file::File;

use crate::dotenv::Dotenv;
use crate::parse::{Assignment, Assignments};

/// Reads and writes the secrets of one dotenv file.
///
/// It keeps no text of the file: a place is the hash of a name, and an offset and a length.
/// A get reads the lines there and parses them again, so that names and values are what a
/// reading of the whole file gives. Whatever stands in the way of that, such as a file that
/// has changed, makes it read the whole file.
pub struct Kept {
    file: File<Dotenv>,
}

/// The key of the places in the store of the host.
const PLACES: &str = "places";

/// The size of a place.
const PLACE: usize = 12;

/// Reading one assignment costs as much as this many of them when the file is read as a whole.
const EACH: usize = 10;

/// How many assignments to other names, whose hash is the same, are read in search of a key.
const OTHERS: usize = 8;

impl Provider for Kept {
    fn open(config: &Config) -> Result<Self> {
        Ok(Kept { file: File::open(config)? })
    }

    fn get(&mut self, keys: &[&str], replies: &mut Replies) -> Result<()> {
        let stat = self.file.stat()?;
        if let Some(found) = self.find(&stat, keys) {
            return reply(keys, found.iter().map(Option::as_deref), &stat, replies);
        }
        let source = self.file.source()?;
        let (Dotenv(assignments), start) = source.parsed();
        if keys.len() == 1 {
            let found = keys.iter().map(|key| assignments.find(key).map(|a| a.value.as_str()));
            reply(keys, found, &stat, replies)?;
        } else {
            source.answer(keys, &stat.version, replies)?; // which sorts all keys first
        }
        // The host describes the file as it was when it was read.
        let stat = self.file.stat()?;
        if stat.settled {
            // Without room, the next get reads the whole file again.
            let _ = kv::put(PLACES, &places(&stat, assignments, start));
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: &[u8]) -> Result<()> {
        self.file.set(key, value)
    }

    fn delete(&mut self, key: &str) -> Result<()> {
        self.file.delete(key)
    }

    fn keys(&mut self, prefix: &str, names: &mut Names) -> Result<()> {
        self.file.keys(prefix, names)
    }
}

impl Kept {
    /// The value of each key, or that it has none, if places are kept of this very file and
    /// to read the whole file would cost more.
    fn find(&self, stat: &Stat, keys: &[&str]) -> Option<Vec<Option<String>>> {
        let kept = kv::get(PLACES).ok()?;
        let places = kept.strip_prefix(&*header(stat))?;
        if keys.len() * EACH > places.len() / PLACE && keys.len() > 1 {
            return None;
        }
        keys.iter().map(|key| self.value(places, stat.size, key)).collect()
    }

    fn value(&self, places: &[u8], size: u64, key: &str) -> Option<Option<String>> {
        let (name, mut others) = (hash(key), 0);
        // The last assignment to a name wins.
        for place in places.rchunks_exact(PLACE).filter(|place| number(place) == name) {
            let (start, len) = (number(&place[4..]), number(&place[8..]));
            let lines = file::read_at(self.file.path(), start as usize, len as usize).ok()?;
            // Some file systems show a new content before the new version.
            let whole = lines.ends_with(b"\n") || lines.ends_with(b"\r") || u64::from(start + len) == size;
            if !whole {
                return None;
            }
            let parsed = Assignments::parse(core::str::from_utf8(&lines).ok()?).ok()?;
            if let Some(found) = parsed.all.into_iter().find(|a| a.name == key) {
                return Some(Some(found.value));
            }
            others += 1;
            if others > OTHERS {
                return None;
            }
        }
        // A file that has changed without a new version has other names in these places, and a
        // file system over the network may know the new version only once the file is opened.
        if others > 0 || file::read_at(self.file.path(), 0, 0).is_err() {
            return None;
        }
        Some(None)
    }
}

/// Replies to a get with the values of the keys.
fn reply<'a>(
    keys: &[&str],
    values: impl Iterator<Item = Option<&'a str>>,
    stat: &Stat,
    replies: &mut Replies,
) -> Result<()> {
    keys.iter().zip(values).try_for_each(|(key, value)| match value {
        Some(value) => replies.value(key, value.as_bytes(), Some(&stat.version)),
        None => replies.status(key, Status::NotFound),
    })
}

/// What the places of a file begin with: its version and its size.
fn header(stat: &Stat) -> Vec<u8> {
    let len = stat.version.len() as u32;
    [&len.to_le_bytes(), stat.version.as_bytes(), &stat.size.to_le_bytes()].concat()
}

/// Where the assignments of a text stand that begins at `start` of the file.
fn places(stat: &Stat, assignments: &Assignments, start: usize) -> Vec<u8> {
    let mut places = header(stat);
    places.reserve_exact(PLACE * assignments.all.len());
    for Assignment { name, lines, .. } in &assignments.all {
        for number in [hash(name), (start + lines.start) as u32, lines.len() as u32] {
            places.extend_from_slice(&number.to_le_bytes());
        }
    }
    places
}

fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |b| u32::from_le_bytes(*b))
}

/// FNV-1a.
pub(crate) fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193))
}
