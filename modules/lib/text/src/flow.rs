//! Members between brackets, separated by commas: JSON objects, inline tables of
//! TOML, and mappings of YAML in braces. A comment begins with `#`.

use alloc::string::String;
use core::ops::Range;

use crate::edit::Edit;
use crate::lines;

/// The text between two brackets.
pub struct Flow<'a> {
    pub text: &'a str,
    /// What is between the brackets.
    pub inside: Range<usize>,
    /// The members, in the order of the text.
    pub members: &'a [Range<usize>],
}

/// What is between two members: blanks, at most one comma, and comments.
struct Gap {
    comma: Option<usize>,
    comment: Option<usize>,
}

impl Flow<'_> {
    fn gap(&self, from: usize, to: usize) -> Gap {
        let mut gap = Gap { comma: None, comment: None };
        let mut at = from;
        while at < to {
            match self.text.as_bytes()[at] {
                b'#' => {
                    gap.comment = gap.comment.or(Some(at));
                    at = lines::end(self.text, at);
                }
                b',' => {
                    gap.comma = gap.comma.or(Some(at));
                    at += 1;
                }
                _ => at += 1,
            }
        }
        gap
    }

    /// Whether a comment follows `at` on its line.
    fn comment_follows(&self, at: usize) -> bool {
        let end = lines::end(self.text, at).min(self.inside.end);
        self.gap(at, end).comment.is_some()
    }

    /// Adds a member at the end of at least one other.
    pub fn insert(&self, entry: &str) -> Edit {
        let Some(last) = self.members.last() else {
            return Edit::insert(self.inside.start, entry.into());
        };
        let before = &self.text[self.inside.start..last.start];
        let lead = &before[before.trim_ascii_end().len()..];
        let feed = lines::feed(self.text);
        // The blanks before the last member, without empty lines.
        let lead: String = match lines::start(lead, lead.len()) {
            0 if self.members.len() == 1 => " ".into(),
            0 => lead.into(),
            line => [feed, &lead[line..]].concat(),
        };
        let comma = self.gap(last.end, self.inside.end).comma;
        let mut at = comma.map_or(last.end, |c| c + 1);
        let mut lead = lead;
        let mut edit = Edit::default();
        let commented = self.comment_follows(at);
        if comma.is_none() && commented {
            edit = Edit::insert(at, ",".into());
        }
        if commented {
            at = lines::end(self.text, at);
            if !lines::several(&lead) {
                lead = [feed, lines::indent(self.text, last.start), "  "].concat();
            }
        }
        let text = match (comma, commented) {
            (Some(_), _) => [&lead, entry, ","].concat(),
            (None, true) => [&lead, entry].concat(),
            (None, false) => [",", &lead, entry].concat(),
        };
        edit.and(Edit::insert(at, text))
    }

    /// Removes a member with one comma. If it has its lines to itself, they go, with
    /// a comment at their end; other comments stay.
    pub fn remove(&self, at: usize) -> Edit {
        let Range { start, end } = self.members[at];
        let previous = at.checked_sub(1).map(|i| self.members[i].clone());
        let next = self.members.get(at + 1);
        let limit = next.map_or(self.inside.end, |n| n.start);
        let after = self.gap(end, limit);
        let before = self.gap(previous.as_ref().map_or(self.inside.start, |p| p.end), start);
        let line = lines::start(self.text, start);
        let stop = after.comma.map_or(end, |c| c + 1);
        let rest = lines::end(self.text, stop);
        let alone = line >= self.inside.start && lines::blank(&self.text[line..start]) && rest < limit;
        let comma_before = |edit: Edit| match (after.comma, before.comma) {
            (None, Some(comma)) => edit.and(Edit::remove(comma..comma + 1)),
            _ => edit,
        };
        if alone {
            return comma_before(Edit::remove(line..lines::next(self.text, stop)));
        }
        match (previous, next) {
            (_, Some(next)) if after.comment.is_none() && !lines::several(&self.text[end..next.start]) => {
                Edit::remove(start..next.start)
            }
            (Some(previous), _) if after.comma.is_none() && before.comment.is_none() => {
                Edit::remove(previous.end..end)
            }
            (None, None)
                if lines::blank(&self.text[self.inside.start..start])
                    && lines::blank(&self.text[stop..self.inside.end]) =>
            {
                Edit::remove(self.inside.clone())
            }
            _ => comma_before(Edit::remove(start..stop)),
        }
    }
}
