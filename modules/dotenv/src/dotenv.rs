//! dotenv as a format of the shared provider.

use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use postern_guest::{Result, Status};
use text::edit::Edit;
use text::entries::Entries;
use text::lines;
use text::problem::Problem;
use text::source::{ENCRYPTED_BY_SOPS, Format};

use crate::parse::{Assignment, Assignments};
use crate::{shell, spell};

/// A parsed file.
pub struct Dotenv(pub Assignments);

impl Format for Dotenv {
    const MARK_HIDES_NAME: bool = true;

    fn parse(text: &str) -> core::result::Result<Self, Problem> {
        Assignments::parse(text).map(Dotenv)
    }

    fn entries(&self) -> core::result::Result<Entries<'_>, Problem> {
        let all = self.0.all.iter().map(|a| (a.name.as_str(), a.value.as_str(), a.span.start));
        Ok(Entries::last_wins(all, self.0.skipped))
    }

    fn sealed(entries: &Entries<'_>, setting: bool) -> Option<&'static str> {
        if entries.get("sops_mac").is_some() {
            return Some(ENCRYPTED_BY_SOPS);
        }
        // dotenvx encrypts each value by itself, so names may go.
        (setting && entries.iter().any(|e| e.key.starts_with("DOTENV_PUBLIC_KEY")))
            .then_some("only DOTENVX can set it")
    }

    fn set(&self, text: &str, key: &str, value: &str) -> Result<Vec<Edit>> {
        if !spell::name(key) {
            return Err(Status::InvalidKey.because(&format!(
                "{key}: a name in a dotenv file has letters, digits and _, and does not begin with a digit"
            )));
        }
        if spell::kept(key) {
            return Err(Status::InvalidKey.because(&format!("{key}: shells keep this name for themselves")));
        }
        let found = self.0.find(key);
        let spelling = spell::value(value, found.and_then(|a| quote(text, a)))
            .map_err(|why| Status::InvalidValue.because(&format!("{key}: {why}")))?;
        let at = found.map_or_else(|| end(text, self.0.end), |a| a.lines.start);
        stands_alone(text, at)?;
        let edit = match found {
            // Without blanks around the equals sign, which shells do not allow.
            Some(found) => Edit::replace(found.tail.clone(), ["=", &spelling].concat()),
            None => {
                let feed = lines::feed(text);
                let open = if lines::closed(text, at) { "" } else { feed };
                Edit::insert(at, [open, key, "=", &spelling, feed].concat())
            }
        };
        Ok(alloc::vec![edit])
    }

    fn delete(&self, text: &str, key: &str) -> Result<Vec<Edit>> {
        let found = || self.0.all.iter().filter(|a| a.name == key);
        let edit = || {
            found().fold(Edit::default(), |mut edit, a| {
                if a.lines.end < self.0.end {
                    edit = flush(text, a.above.clone()).fold(edit, Edit::and);
                }
                edit.and(Edit::remove(a.lines.clone()))
            })
        };
        for Assignment { lines, .. } in found() {
            stands_alone(text, lines.start)?;
            let rest = || edit().apply(text);
            if shell::open_line(text, lines.end).is_some()
                && shell::open_line(&rest(), rest().len()).is_some()
            {
                stands_alone(text, lines.end)?; // without it others would be read otherwise
            }
        }
        Ok(alloc::vec![edit()])
    }
}

/// Refuses a place where a shell still reads an earlier line: it would take what is written
/// there for a part of that, or run a part of it.
fn stands_alone(text: &str, at: usize) -> Result<()> {
    shell::open_line(text, at).map_or(Ok(()), |line| {
        Err(Status::Unavailable.because(&format!(
            "line {line}: a shell reads on behind it, because of a quote, a bracket or a backslash; put its value in single quotes"
        )))
    })
}

/// The quote of a value, which its new value keeps if possible. Node takes a tab behind
/// a value without quotes for a part of it.
fn quote(text: &str, found: &Assignment) -> Option<u8> {
    let behind = &text[found.span.end..lines::end(text, found.span.end)];
    let blanks = &behind[..behind.len() - behind.trim_start_matches([' ', '\t']).len()];
    found.quote.or(blanks.contains('\t').then_some(b'\''))
}

/// Moves comments and blanks to the start of their lines. Node takes what is indented for a
/// part of the next name.
fn flush(text: &str, above: Range<usize>) -> impl Iterator<Item = Edit> {
    let starts = above.clone().filter(move |at| lines::closed(text, *at));
    starts.map(move |at| Edit::remove(at..at + lines::indent(text, at).len()))
}

/// Where a new line goes: behind the last assignment, which ends at `last`, and the
/// comments below it, but not behind an indented comment or a line of blanks. Node
/// takes these for a part of the next name.
fn end(text: &str, last: usize) -> usize {
    let mut at = last;
    while at < text.len() && !text[at..].starts_with([' ', '\t']) {
        at = lines::next(text, at);
    }
    at
}
