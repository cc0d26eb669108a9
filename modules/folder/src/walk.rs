//! A folder of files: the content of each file is one value, and its path in the
//! folder is the key.

use alloc::string::String;

use postern_guest::file::{self, Kind};
use postern_guest::{Names, Replies, Result, Status};

use text::{key, limit};

/// The maximum depth of nested folders in a listing.
const DEPTH: usize = 16;

/// A folder, by its path without a trailing slash.
pub struct Folder<'a>(pub &'a str);

impl Folder<'_> {
    fn path(&self, key: &str) -> String {
        [self.0, "/", key].concat()
    }

    /// Adds a reply for every key.
    pub fn get(&self, keys: &[&str], replies: &mut Replies) -> Result<()> {
        self.exists()?;
        for key in keys {
            match self.read(key) {
                Ok((value, version)) => replies.value(key, &value, Some(&version))?,
                Err(status) => replies.status(key, status)?,
            }
        }
        Ok(())
    }

    /// Fails with `NotConfigured` if there is no folder.
    fn exists(&self) -> Result<()> {
        match file::stat(self.0) {
            Err(Status::NotFound) => Err(Status::NotConfigured),
            Err(status) => Err(status),
            Ok(stat) if stat.kind == Kind::Folder => Ok(()),
            Ok(_) => Err(Status::InvalidValue
                .because("the path is a file, not a folder; set format if its name does not say it")),
        }
    }

    /// The value and its version. The version is read first: if the file changes
    /// in between, the next call sees another version.
    fn read(&self, key: &str) -> Result<(alloc::vec::Vec<u8>, String)> {
        let stat = self.stat(key)?;
        Ok((file::read(&self.path(key))?, stat.version))
    }

    /// The metadata of the file of a key.
    fn stat(&self, key: &str) -> Result<file::Stat> {
        if hidden(key) {
            return Err(Status::NotFound);
        }
        let stat = file::stat(&self.path(key))?;
        match stat.kind {
            Kind::File => Ok(stat),
            Kind::Folder => Err(Status::NotFound),
        }
    }

    /// Writes the file of a key. Its folder must exist.
    pub fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        if hidden(key) {
            return Err(Status::InvalidKey.because("a name in a folder must not begin with .., nor be that of a leftover of an editor or file system"));
        }
        match file::write(&self.path(key), value) {
            Err(Status::NotFound) => Err(Status::InvalidKey.because("the folder of the key does not exist")),
            done => done,
        }
    }

    /// Removes the file of a key.
    pub fn delete(&self, key: &str) -> Result<()> {
        self.stat(key)?;
        file::remove(&self.path(key))
    }

    /// Lists the files.
    pub fn keys(&self, names: &mut Names) -> Result<()> {
        self.exists()?;
        Walk { names, left: limit::ENTRIES }.folder(self.0, "", DEPTH)
    }
}

struct Walk<'a> {
    names: &'a mut Names,
    left: usize,
}

impl Walk<'_> {
    fn folder(&mut self, path: &str, prefix: &str, depth: usize) -> Result<()> {
        if depth == 0 {
            return Err(Status::TooLarge.because("folders are nested deeper than 16 levels"));
        }
        for entry in file::list(path)? {
            self.left = self.left.checked_sub(1).ok_or(Status::TooLarge)?;
            let key = [prefix, &entry.name].concat();
            if hidden(&entry.name) || !key::valid(&key) {
                self.names.push("")?; // the host counts names that are not valid keys
                continue;
            }
            match entry.kind {
                Kind::File => self.names.push(&key)?,
                Kind::Folder => {
                    let inner = [path, "/", &entry.name].concat();
                    self.folder(&inner, &[&key, "/"].concat(), depth - 1)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a part of a key cannot name a secret. Names that begin with two dots are
/// those by which Kubernetes replaces the files of a mounted folder.
fn hidden(key: &str) -> bool {
    key.split('/').any(|part| part.starts_with("..") || leftover(part))
}

/// Whether others leave a file of that name beside a secret: Vim `.NAME.swp`, and `.swo` and
/// so on for more of them, NFS `.nfs` and a number for an open file that was removed, and
/// macOS `.DS_Store`.
fn leftover(name: &str) -> bool {
    let name = name.as_bytes();
    match name {
        b".DS_Store" => true,
        [b'.', b'n', b'f', b's', number @ ..] if number.len() >= 8 => {
            number.iter().all(u8::is_ascii_hexdigit)
        }
        [b'.', .., b'.', b's', b'w', b'a'..=b'p'] => true,
        _ => false,
    }
}
