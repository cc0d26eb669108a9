//! Parses lines `NAME=value`, without expansion. DIALECT.md has the grammar.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use text::limit;
use text::problem::Problem;
use text::{key, lines};

/// One assignment.
#[derive(Debug)]
pub struct Assignment {
    pub name: String,
    pub value: String,
    /// The comments and empty lines above it.
    pub above: Range<usize>,
    /// All of its lines, including the last line break.
    pub lines: Range<usize>,
    /// The value, including quotes.
    pub span: Range<usize>,
    /// What is between name and comment: blanks, the equals sign and the value.
    pub tail: Range<usize>,
    /// The quote, if the value is quoted.
    pub quote: Option<u8>,
}

/// A parsed file. If a name occurs twice, the last one wins, as in a shell.
#[derive(Debug)]
pub struct Assignments {
    pub all: Vec<Assignment>,
    /// The number of names that are not valid keys.
    pub skipped: usize,
    /// The end of the last assignment.
    pub end: usize,
}

impl Assignments {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut parsed = Assignments { all: Vec::new(), skipped: 0, end: 0 };
        let mut at = 0;
        while at < text.len() {
            let mut scan = Scan { text, at };
            let line = scan.line(parsed.end)?;
            if line.is_some() {
                parsed.end = scan.at;
            }
            match line {
                None => {}
                Some(assignment) if key::valid(&assignment.name) => parsed.all.push(assignment),
                Some(_) => parsed.skipped += 1,
            }
            if parsed.all.len() > limit::MEMBERS {
                return Err(Problem::TooLarge(limit::MEMBERS_EXCEEDED));
            }
            at = scan.at;
        }
        Ok(parsed)
    }

    /// The assignment that gives a name its value.
    pub fn find(&self, name: &str) -> Option<&Assignment> {
        self.all.iter().rev().find(|a| a.name == name)
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

    /// The end of the line, before its line break.
    fn end_of_line(&self) -> usize {
        lines::end(self.text, self.at)
    }

    fn line(&mut self, before: usize) -> Result<Option<Assignment>, Problem> {
        let start = self.at;
        self.blanks();
        if self.at == self.end_of_line() || self.peek() == Some(b'#') {
            self.at = lines::next(self.text, self.at);
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
        if name.is_empty() || name.contains([' ', '\t', '\'', '"', '`', '#']) {
            return self.problem("not an assignment");
        }
        let tail = self.at + name.len();
        let name = String::from(name);
        self.at = equals + 1;
        let (value, span, quote) = self.value()?;
        self.at = lines::next(self.text, self.at);
        let tail = tail..span.end;
        Ok(Some(Assignment { name, value, above: before..start, lines: start..self.at, span, tail, quote }))
    }

    fn value(&mut self) -> Result<(String, Range<usize>, Option<u8>), Problem> {
        let after_equals = self.at;
        self.blanks();
        match self.peek() {
            Some(quote @ (b'\'' | b'"' | b'`')) => {
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
        b'"' | b'\\' | b'$' | b'`' => char::from(escaped),
        _ => return None,
    })
}
