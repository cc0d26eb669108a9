//! A file in one of the text formats: parsed, edited and checked.

use alloc::string::String;

use postern_guest::{Result, Status};

use crate::dotenv::{self, Dotenv};
use crate::entries::Entries;
use crate::format::Format;
use crate::problem::{Problem, position};
use crate::tree::Node;
use crate::{edit, json, limit, toml, yaml};

/// The content of a file, by its format.
enum Parsed {
    Dotenv(Dotenv),
    Tree(Node),
}

/// A parsed file.
pub struct Source {
    format: Format,
    text: String,
    parsed: Parsed,
}

const BOM: &str = "\u{feff}";

impl Source {
    /// Parses the bytes of a file. The message of an error has the line and the
    /// column, and no text of the file.
    pub fn parse(format: Format, bytes: alloc::vec::Vec<u8>) -> Result<Self> {
        if bytes.len() > limit::SOURCE {
            return Err(Problem::TooLarge(limit::SOURCE_EXCEEDED).report(""));
        }
        let text = String::from_utf8(bytes).map_err(|e| {
            let (line, _) = position(e.as_bytes(), e.utf8_error().valid_up_to());
            Status::Unavailable.because(&alloc::format!("line {line}: not UTF-8"))
        })?;
        let parsed = parse(format, body(&text)).map_err(|p| p.report(body(&text)))?;
        Ok(Source { format, text, parsed })
    }

    /// The content of a file that does not exist yet.
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

    /// The text of the file with a key set to a value.
    pub fn set(&self, key: &str, value: &str) -> Result<String> {
        if value.contains('\0') {
            return Err(Status::InvalidValue.because("a text file cannot contain NUL"));
        }
        let text = body(&self.text);
        let new = match &self.parsed {
            Parsed::Dotenv(dotenv) => dotenv::set(text, dotenv, key, value),
            Parsed::Tree(root) => edit::set(self.format, text, root, key, value)?,
        };
        self.checked(new, key, Some(value))
    }

    /// The text of the file without a key.
    pub fn delete(&self, key: &str) -> Result<String> {
        self.entries()?.get(key).ok_or(Status::NotFound)?;
        let text = body(&self.text);
        let new = match &self.parsed {
            Parsed::Dotenv(dotenv) => dotenv::delete(text, dotenv, key),
            Parsed::Tree(root) => edit::delete(self.format, text, root, key)?,
        };
        self.checked(new, key, None)
    }

    /// Parses an edited text before it is written: the key must have the new
    /// value and every other key must be unchanged. Otherwise the edit is wrong,
    /// which is an error of this module and not of the caller.
    fn checked(&self, new: String, key: &str, value: Option<&str>) -> Result<String> {
        let fault = || Status::Internal.because("the edit would change other keys; nothing was written");
        if new.len() + BOM.len() > limit::SOURCE {
            return Err(Problem::TooLarge(limit::SOURCE_EXCEEDED).report(""));
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
