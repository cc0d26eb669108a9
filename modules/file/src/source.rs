//! One file in one of the text formats.

use alloc::string::String;

use postern_guest::{Result, Status};

use crate::dotenv::{self, Dotenv};
use crate::entries::Entries;
use crate::problem::{Problem, position};
use crate::tree::Node;
use crate::{edit, json, limit, toml, yaml};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Dotenv,
    Toml,
    Json,
    Yaml,
    /// A folder: each file is a value.
    Dir,
}

impl Format {
    /// The format of a name in the configuration.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "dotenv" => Format::Dotenv,
            "toml" => Format::Toml,
            "json" => Format::Json,
            "yaml" => Format::Yaml,
            "dir" => Format::Dir,
            _ => return None,
        })
    }

    /// The format that a path tells by its name.
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.split('/').next_back().unwrap_or(path);
        if name.is_empty() {
            return Some(Format::Dir);
        }
        if name == ".env" || name.starts_with(".env.") {
            return Some(Format::Dotenv);
        }
        let (_, rest) = name.split_once('.')?;
        match rest.split('.').next_back().unwrap_or(rest) {
            "env" => Some(Format::Dotenv),
            "yml" => Some(Format::Yaml),
            "dotenv" | "dir" => None,
            extension => Format::named(extension),
        }
    }
}

/// What a text holds.
enum Parsed {
    Dotenv(Dotenv),
    Tree(Node),
}

/// A text and what it holds.
pub struct Source {
    format: Format,
    text: String,
    parsed: Parsed,
}

const BOM: &str = "\u{feff}";

impl Source {
    /// Takes the bytes of a file. What is wrong with them is said by line and
    /// column.
    pub fn parse(format: Format, bytes: alloc::vec::Vec<u8>) -> Result<Self> {
        if bytes.len() > limit::SOURCE {
            return Err(Problem::TooLarge(limit::SOURCE_TEXT).report(""));
        }
        let text = String::from_utf8(bytes).map_err(|e| {
            let (line, _) = position(e.as_bytes(), e.utf8_error().valid_up_to());
            Status::Unavailable.because(&alloc::format!("line {line}: not UTF-8"))
        })?;
        let parsed = parse(format, body(&text)).map_err(|p| p.report(body(&text)))?;
        Ok(Source { format, text, parsed })
    }

    /// A file that is not there yet.
    pub fn empty(format: Format) -> Result<Self> {
        let text = if format == Format::Json { "{}\n" } else { "" };
        Self::parse(format, text.into())
    }

    /// The keys of the file.
    pub fn entries(&self) -> Result<Entries<'_>> {
        match &self.parsed {
            Parsed::Dotenv(dotenv) => Ok(Entries::of_dotenv(dotenv)),
            Parsed::Tree(root) => Entries::of_tree(root).map_err(|p| p.report(body(&self.text))),
        }
    }

    /// The bytes of the file with a value put in.
    pub fn set(&self, key: &str, value: &str) -> Result<String> {
        if value.contains('\0') {
            return Err(Status::InvalidValue.because("a text file cannot hold NUL"));
        }
        let text = body(&self.text);
        let new = match &self.parsed {
            Parsed::Dotenv(dotenv) => dotenv::set(text, dotenv, key, value),
            Parsed::Tree(root) => edit::set(self.format, text, root, key, value)?,
        };
        self.checked(new, key, Some(value))
    }

    /// The bytes of the file without a key.
    pub fn delete(&self, key: &str) -> Result<String> {
        self.entries()?.get(key).ok_or(Status::NotFound)?;
        let text = body(&self.text);
        let new = match &self.parsed {
            Parsed::Dotenv(dotenv) => dotenv::delete(text, dotenv, key),
            Parsed::Tree(root) => edit::delete(self.format, text, root, key)?,
        };
        self.checked(new, key, None)
    }

    /// Parses what is to be written: the key must read as asked for and every
    /// other key as before. It is the edit that is on trial here, not the
    /// caller, so a difference is a fault of the module.
    fn checked(&self, new: String, key: &str, value: Option<&str>) -> Result<String> {
        let fault =
            || Status::Internal.because("the edit would have changed more than its key; nothing was written");
        if new.len() + BOM.len() > limit::SOURCE {
            return Err(Problem::TooLarge(limit::SOURCE_TEXT).report(""));
        }
        let after = parse(self.format, &new).map_err(|_| fault())?;
        let after = Source { format: self.format, text: new, parsed: after };
        let old = self.entries()?;
        let new = after.entries().map_err(|_| fault())?;
        let others = |e: &Entries| e.iter().filter(|(k, _)| *k != key).count();
        let kept = old.iter().filter(|(k, _)| *k != key).all(|(k, v)| new.get(k) == Some(v));
        if new.get(key) != value || !kept || others(&old) != others(&new) || old.skipped != new.skipped {
            return Err(fault());
        }
        drop((old, new));
        let mut text = after.text;
        if self.text.starts_with(BOM) {
            text.insert_str(0, BOM);
        }
        Ok(text)
    }
}

fn parse(format: Format, text: &str) -> core::result::Result<Parsed, Problem> {
    Ok(match format {
        Format::Dotenv => Parsed::Dotenv(Dotenv::parse(text)?),
        Format::Toml => Parsed::Tree(toml::parse(text)?),
        Format::Yaml => Parsed::Tree(yaml::parse(text)?),
        Format::Json | Format::Dir => Parsed::Tree(json::parse(text)?),
    })
}

/// The text without a byte order mark.
fn body(text: &str) -> &str {
    text.strip_prefix(BOM).unwrap_or(text)
}
