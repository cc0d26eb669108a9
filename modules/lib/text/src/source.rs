//! A file of text: parsed, edited and checked.

use alloc::string::String;
use alloc::vec::Vec;

use postern_guest::{Replies, Result, Status};

use crate::digits::decimal;
use crate::edit::Edit;
use crate::entries::{Entries, Entry};
use crate::limit;
use crate::problem::{Problem, position};

/// A format of text files: a parsed text.
pub trait Format: Sized {
    /// The content of a new file.
    const EMPTY: &'static str = "";

    /// Whether a reader may take a byte order mark for a part of the first name.
    const MARK_HIDES_NAME: bool = false;

    /// Parses a text without a byte order mark.
    fn parse(text: &str) -> core::result::Result<Self, Problem>;

    /// The keys of the text.
    fn entries(&self) -> core::result::Result<Entries<'_>, Problem>;

    /// Why the file cannot be edited, if a key of it shows that a tool encrypted it: sops
    /// keeps a digest of all values. `setting` is false for a delete.
    fn sealed(entries: &Entries<'_>, _setting: bool) -> Option<&'static str> {
        entries.get("sops/mac").map(|_| ENCRYPTED_BY_SOPS)
    }

    /// Edits that set a key to a value, which has no NUL. The first one is made
    /// whose result reads back right; the others are ways out.
    fn set(&self, text: &str, key: &str, value: &str) -> Result<Vec<Edit>>;

    /// Edits that delete a key that has a value, as for [`set`](Format::set).
    fn delete(&self, text: &str, key: &str) -> Result<Vec<Edit>>;
}

/// A parsed file.
pub struct Source<F> {
    text: String,
    parsed: F,
}

/// Why a file cannot be edited in which a tool keeps a digest of all values. In capitals,
/// since the host masks words of the file.
pub const ENCRYPTED_BY_SOPS: &str = "only SOPS can edit it";

const BOM: &str = "\u{feff}";

impl<F: Format> Source<F> {
    /// Parses the bytes of a file. The message of an error has the line and the
    /// column, and no text of the file.
    pub fn parse(bytes: Vec<u8>) -> Result<Self> {
        if bytes.len() > limit::SOURCE {
            return Err(Problem::TooLarge(limit::SOURCE_EXCEEDED).report(""));
        }
        let text = String::from_utf8(bytes).map_err(|e| {
            let (line, _) = position(e.as_bytes(), e.utf8_error().valid_up_to());
            Status::Unavailable.because(&["line ", &decimal(line), ": not UTF-8"].concat())
        })?;
        let parsed = F::parse(body(&text)).map_err(|p| p.report(body(&text)))?;
        Ok(Source { text, parsed })
    }

    /// The parsed text, and where in the file it begins.
    pub fn parsed(&self) -> (&F, usize) {
        (&self.parsed, self.text.len() - body(&self.text).len())
    }

    /// The content of a file that does not exist yet.
    pub fn empty() -> Result<Self> {
        Self::parse(F::EMPTY.into())
    }

    /// The keys of the file.
    pub fn entries(&self) -> Result<Entries<'_>> {
        self.parsed.entries().map_err(|p| p.report(body(&self.text)))
    }

    /// Replies to a get of the keys.
    pub fn answer(&self, keys: &[&str], version: &str, replies: &mut Replies) -> Result<()> {
        let entries = self.entries()?;
        for key in keys {
            let entry = entries.get(key);
            let status = match entry.and_then(|e| self.refusal(e)) {
                Some(reason) => Status::InvalidValue.because(&reason),
                None => match entry.and_then(|e| e.value) {
                    Some(value) => {
                        replies.value(key, value, Some(version))?;
                        continue;
                    }
                    None => Status::NotFound,
                },
            };
            replies.status(key, status)?;
        }
        Ok(())
    }

    /// Why nobody may be given the value of an entry, if so: with its key, its line and
    /// the tag. In YAML, a text without quotes that begins with `!`, such as a password,
    /// is a tag. So the tag is shown only if it looks like one and has a value.
    pub fn refusal(&self, entry: &Entry) -> Option<String> {
        let text = body(&self.text);
        let tag = &text[entry.refused?.clone()];
        let (line, _) = position(text.as_bytes(), entry.at);
        let letter = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'!' | b'-' | b'_' | b':');
        let named = entry.value != Some(b"") && (tag.starts_with("!<") || tag.bytes().all(letter));
        let tag = if named { tag } else { "" };
        Some([&*entry.key, ": line ", &decimal(line), ": its tag ", tag, " is not supported"].concat())
    }

    /// The text of the file with a key set to a value.
    pub fn set(&self, key: &str, value: &str) -> Result<String> {
        if value.bytes().any(|b| b == 0) {
            return Err(Status::InvalidValue.because(&[key, ": a text file cannot contain NUL"].concat()));
        }
        self.edited(key, Some(value))
    }

    /// The text of the file without a key.
    pub fn delete(&self, key: &str) -> Result<String> {
        self.edited(key, None)
    }

    /// The result of the first edit that reads back right. A file that cannot be read is
    /// not edited.
    fn edited(&self, key: &str, value: Option<&str>) -> Result<String> {
        let before = self.entries()?;
        if let Some(why) = F::sealed(&before, value.is_some()) {
            return Err(Status::ReadOnly.because(why));
        }
        let edits = match value {
            Some(value) => self.parsed.set(body(&self.text), key, value)?,
            None => {
                before.get(key).ok_or(Status::NotFound)?;
                self.parsed.delete(body(&self.text), key)?
            }
        };
        let mut failed = Status::Internal;
        for edit in edits {
            match self.check(&before, edit.apply(body(&self.text)), key, value) {
                Err(status) => failed = status,
                done => return done,
            }
        }
        Err(failed)
    }

    /// Parses an edited text before it is written: the key must have the new
    /// value and every other key must be unchanged. Otherwise the edit is wrong,
    /// which is an error of this module and not of the caller.
    fn check(&self, before: &Entries<'_>, new: String, key: &str, value: Option<&str>) -> Result<String> {
        let fault = |problem| match problem {
            Some(Problem::TooLarge(what)) => Problem::TooLarge(what).report(""),
            _ => Status::Internal.because("the edit would change other keys; nothing was written"),
        };
        if new.len() + BOM.len() > limit::SOURCE {
            return Err(Problem::TooLarge(limit::SOURCE_EXCEEDED).report(""));
        }
        let after = F::parse(&new).map_err(|p| fault(Some(p)))?;
        let entries = after.entries().map_err(|p| fault(Some(p)))?;
        let found = entries.get(key);
        let right = found.and_then(|e| e.value) == value.map(str::as_bytes)
            && found.is_none_or(|e| e.refused.is_none())
            && before.same_but(&entries, key);
        if !right {
            return Err(fault(None));
        }
        drop(entries);
        let mut text = new;
        // The mark goes with the line that had it, so that it hides no other name.
        let goes = F::MARK_HIDES_NAME && value.is_none() && first_line(&text) != first_line(body(&self.text));
        if self.text.starts_with(BOM) && !goes {
            text.insert_str(0, BOM);
        }
        Ok(text)
    }
}

fn first_line(text: &str) -> Option<&str> {
    text.split('\n').next()
}

/// The text without a byte order mark.
fn body(text: &str) -> &str {
    text.strip_prefix(BOM).unwrap_or(text)
}
