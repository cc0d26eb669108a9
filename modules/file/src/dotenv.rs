//! dotenv: lines `NAME=value`, read without expansion and edited in place.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::key;
use crate::limit;
use crate::problem::Problem;

/// One assignment.
#[derive(Debug)]
pub struct Assignment {
    pub name: String,
    pub value: String,
    /// All of its lines, including the last line feed.
    pub lines: Range<usize>,
    /// The value, including quotes.
    pub span: Range<usize>,
    /// `'` or `"`, if the value is quoted.
    pub quote: Option<u8>,
}

/// A parsed file. If a name occurs twice, the last one wins, as in a shell.
#[derive(Debug)]
pub struct Dotenv {
    pub assignments: Vec<Assignment>,
    /// The number of names that are not valid keys.
    pub skipped: usize,
}

impl Dotenv {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut parsed = Dotenv { assignments: Vec::new(), skipped: 0 };
        let mut at = 0;
        while at < text.len() {
            let mut scan = Scan { text, at };
            match scan.line()? {
                None => {}
                Some(assignment) if key::valid(&assignment.name) => parsed.assignments.push(assignment),
                Some(_) => parsed.skipped += 1,
            }
            if parsed.assignments.len() > limit::MEMBERS {
                return Err(Problem::TooLarge(limit::MEMBERS_EXCEEDED));
            }
            at = scan.at;
        }
        Ok(parsed)
    }

    /// The assignment that gives a name its value.
    pub fn find(&self, name: &str) -> Option<&Assignment> {
        self.assignments.iter().rev().find(|a| a.name == name)
    }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn problem<T>(&self, what: &'static str) -> Result<T, Problem> {
        Err(Problem::At { offset: self.at, what })
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// The end of the line, before its carriage return and line feed.
    fn end_of_line(&self) -> usize {
        let rest = &self.text[self.at..];
        let line = rest.find('\n').map_or(rest, |i| &rest[..i]);
        self.at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// Consumes the rest of the line and its line feed.
    fn line_feed(&mut self) -> Result<(), Problem> {
        self.at = match self.text[self.at..].find('\n') {
            Some(i) => self.at + i + 1,
            None => self.text.len(),
        };
        Ok(())
    }

    fn line(&mut self) -> Result<Option<Assignment>, Problem> {
        let start = self.at;
        self.blanks();
        if self.at == self.end_of_line() || self.peek() == Some(b'#') {
            self.line_feed()?;
            return Ok(None);
        }
        let line = &self.text[self.at..self.end_of_line()];
        let exported = line.strip_prefix("export").is_some_and(|rest| rest.starts_with([' ', '\t']));
        if exported {
            self.at += "export".len();
            self.blanks();
        }
        let line = &self.text[self.at..self.end_of_line()];
        let Some((name, _)) = line.split_once('=') else {
            return self.problem("not an assignment");
        };
        let equals = self.at + name.len();
        let name = name.trim_end_matches([' ', '\t']);
        if name.is_empty() || name.contains([' ', '\t', '\'', '"', '#']) {
            return self.problem("not an assignment");
        }
        let name = String::from(name);
        self.at = equals + 1;
        let (value, span, quote) = self.value()?;
        self.line_feed()?;
        Ok(Some(Assignment { name, value, lines: start..self.at, span, quote }))
    }

    fn value(&mut self) -> Result<(String, Range<usize>, Option<u8>), Problem> {
        let after_equals = self.at;
        self.blanks();
        match self.peek() {
            Some(quote @ (b'\'' | b'"')) => {
                let start = self.at;
                let value = self.quoted(quote)?;
                let span = start..self.at;
                self.blanks();
                if self.at != self.end_of_line() && self.peek() != Some(b'#') {
                    return self.problem("text after the closing quote");
                }
                Ok((value, span, Some(quote)))
            }
            _ => {
                let line = &self.text[after_equals..self.end_of_line()];
                let comment = (1..line.len()).find(|i| {
                    let bytes = line.as_bytes();
                    bytes[*i] == b'#' && matches!(bytes[*i - 1], b' ' | b'\t')
                });
                let line = &line[..comment.unwrap_or(line.len())];
                let value = line.trim_matches([' ', '\t']);
                let start = match value {
                    "" => after_equals,
                    _ => self.at,
                };
                Ok((value.into(), start..start + value.len(), None))
            }
        }
    }

    /// Reads a quoted value, which may span several lines.
    fn quoted(&mut self, quote: u8) -> Result<String, Problem> {
        let open = self.at;
        self.at += 1;
        let mut value = String::new();
        let mut run = self.at;
        loop {
            match self.peek() {
                None => {
                    self.at = open;
                    return self.problem("unclosed quote");
                }
                Some(b) if b == quote => {
                    value.push_str(&self.text[run..self.at]);
                    self.at += 1;
                    return Ok(value);
                }
                Some(b'\\') if quote == b'"' => {
                    let escaped = self.text.as_bytes().get(self.at + 1).copied();
                    if let Some(c) = escaped.and_then(unescape) {
                        value.push_str(&self.text[run..self.at]);
                        value.push(c);
                        run = self.at + 2;
                    }
                    // A backslash before anything else stands for itself.
                    self.at += if escaped.is_some_and(|b| b.is_ascii()) { 2 } else { 1 };
                }
                Some(_) => self.at += 1,
            }
        }
    }
}

fn unescape(escaped: u8) -> Option<char> {
    Some(match escaped {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'"' | b'\\' | b'$' => char::from(escaped),
        _ => return None,
    })
}

/// Spells a value so that this parser, shells and common loaders agree on it:
/// without quotes if it is plain, else in single quotes, else in double quotes.
/// The previous quotes are kept if possible.
fn spell(value: &str, quote: Option<u8>) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(&b);
    let literal = !value.contains(['\'', '\n', '\r']);
    let mut out = String::with_capacity(value.len() + 8);
    if quote.is_none() && value.bytes().all(plain) {
        out.push_str(value);
    } else if literal && quote != Some(b'"') {
        out.push('\'');
        out.push_str(value);
        out.push('\'');
    } else {
        out.push('"');
        for c in value.chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '"' | '\\' | '$' => out.extend(['\\', c]),
                _ => out.push(c),
            }
        }
        out.push('"');
    }
    out
}

/// The text with a name set to a value: in place of the current value, else at the
/// end.
pub fn set(text: &str, parsed: &Dotenv, name: &str, value: &str) -> String {
    if let Some(found) = parsed.find(name) {
        let mut new = String::from(&text[..found.span.start]);
        new.push_str(&spell(value, found.quote));
        new.push_str(&text[found.span.end..]);
        return new;
    }
    let line_feed = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut new = String::from(text);
    if !text.is_empty() && !text.ends_with('\n') {
        new.push_str(line_feed);
    }
    new.push_str(name);
    new.push('=');
    new.push_str(&spell(value, None));
    new.push_str(line_feed);
    new
}

/// The text without the lines that assign to a name.
pub fn delete(text: &str, parsed: &Dotenv, name: &str) -> String {
    let mut new = String::with_capacity(text.len());
    let mut at = 0;
    for found in parsed.assignments.iter().filter(|a| a.name == name) {
        new.push_str(&text[at..found.lines.start]);
        at = found.lines.end;
    }
    new.push_str(&text[at..]);
    new
}
