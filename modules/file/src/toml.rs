//! TOML: builds tables from the events of toml_parser, which have positions.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use toml_parser::parser::{Event, EventKind, RecursionGuard, parse_document};
use toml_parser::{ParseError, Source, Span};

use crate::limit;
use crate::problem::Problem;
use crate::tree::{Kind, Member, Node, Style, Table};

/// Parses a document.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let source = Source::new(text);
    let tokens: Vec<_> = source.lex().take(limit::TOKENS + 1).collect();
    if tokens.len() > limit::TOKENS {
        return Err(Problem::TooLarge("the file has more than 150000 tokens"));
    }
    let mut error: Option<ParseError> = None;
    let mut events: Vec<Event> = Vec::new();
    let mut guard = RecursionGuard::new(&mut events, limit::DEPTH as u32);
    parse_document(&tokens, &mut guard, &mut error);
    check(error)?;
    let mut reader = Reader::new(source, events);
    reader.document()?;
    Ok(reader.tables.finish())
}

fn check(error: Option<ParseError>) -> Result<(), Problem> {
    match error {
        None => Ok(()),
        Some(error) => {
            let offset = error.unexpected().or(error.context()).map_or(0, |s| s.start());
            Err(Problem::At { offset, what: "not TOML" })
        }
    }
}

/// A dotted key: its parts and the position of all of it.
struct Path {
    parts: Vec<String>,
    span: Range<usize>,
}

struct Reader<'a> {
    source: Source<'a>,
    events: Vec<Event>,
    at: usize,
    tables: Tables,
    members: usize,
}

impl<'a> Reader<'a> {
    fn new(source: Source<'a>, mut events: Vec<Event>) -> Self {
        events
            .retain(|e| !matches!(e.kind(), EventKind::Whitespace | EventKind::Comment | EventKind::Newline));
        Reader { source, events, at: 0, tables: Tables::new(), members: 0 }
    }

    fn next(&mut self) -> Option<Event> {
        let event = self.events.get(self.at).copied();
        self.at += 1;
        event
    }

    fn document(&mut self) -> Result<(), Problem> {
        // The table of the last header, or `None` if it is in a list.
        let mut section = Some(0);
        while let Some(event) = self.next() {
            match event.kind() {
                EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                    let list = event.kind() == EventKind::ArrayTableOpen;
                    let path = self.path(None)?;
                    let end = self.events.get(self.at - 1).map_or(path.span.end, |e| e.span().end());
                    let line = self.source.input()[end..].find('\n');
                    let body = line.map_or(self.source.input().len(), |i| end + i + 1);
                    section = self.tables.header(path, list, body)?;
                }
                EventKind::SimpleKey => {
                    let path = self.path(Some(event))?;
                    let node = self.value()?;
                    let end = node.span.end;
                    if let Some(section) = section {
                        self.tables.member(section, path, node)?;
                        self.tables.grow(section, self.line_end(end));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn line_end(&self, at: usize) -> usize {
        let text = self.source.input();
        text[at..].find('\n').map_or(text.len(), |i| at + i + 1)
    }

    /// Reads a key and the event after it.
    fn path(&mut self, first: Option<Event>) -> Result<Path, Problem> {
        let mut path = Path { parts: Vec::new(), span: 0..0 };
        let mut event = match first {
            Some(event) => Some(event),
            None => self.next(),
        };
        while let Some(e) = event {
            match e.kind() {
                EventKind::SimpleKey => {
                    if path.parts.is_empty() {
                        path.span.start = e.span().start();
                    }
                    path.span.end = e.span().end();
                    path.parts.push(self.name(e)?);
                }
                EventKind::KeySep => {}
                _ => break,
            }
            if path.parts.len() > limit::DEPTH {
                return Err(Problem::TooLarge(limit::DEPTH_EXCEEDED));
            }
            event = self.next();
        }
        Ok(path)
    }

    fn name(&self, event: Event) -> Result<String, Problem> {
        let mut name = Cow::Borrowed("");
        let mut error: Option<ParseError> = None;
        if let Some(raw) = self.source.get(event) {
            raw.decode_key(&mut name, &mut error);
        }
        check(error)?;
        Ok(name.into_owned())
    }

    fn value(&mut self) -> Result<Node, Problem> {
        let Some(event) = self.next() else {
            return Err(Problem::At { offset: self.source.input().len(), what: "not TOML" });
        };
        let start = event.span().start();
        match event.kind() {
            EventKind::InlineTableOpen => self.inline(start),
            EventKind::ArrayOpen => {
                let end = self.skip(event.span());
                Ok(Node { span: start..end, kind: Kind::Opaque })
            }
            _ => self.scalar(event),
        }
    }

    fn scalar(&self, event: Event) -> Result<Node, Problem> {
        let span = event.span().start()..event.span().end();
        let mut text = Cow::Borrowed("");
        let mut error: Option<ParseError> = None;
        let Some(raw) = self.source.get(event) else {
            return Err(Problem::At { offset: span.start, what: "not TOML" });
        };
        let _ = raw.decode_scalar(&mut text, &mut error);
        check(error)?;
        Ok(match event.encoding() {
            Some(_) => Node::scalar(span, text.into_owned(), false),
            None => Node::scalar(span, raw.as_str().into(), true),
        })
    }

    /// Skips the rest of a list and returns where it ends.
    fn skip(&mut self, open: Span) -> usize {
        let (mut depth, mut end) = (1, open.end());
        while depth > 0 {
            let Some(event) = self.next() else { break };
            end = event.span().end();
            match event.kind() {
                EventKind::ArrayOpen | EventKind::InlineTableOpen => depth += 1,
                EventKind::ArrayClose | EventKind::InlineTableClose => depth -= 1,
                _ => {}
            }
        }
        end
    }

    fn inline(&mut self, start: usize) -> Result<Node, Problem> {
        let mut tables = Tables::new();
        tables.all[0].style = Style::Flow;
        let mut end = start + 1;
        while let Some(event) = self.next() {
            end = event.span().end();
            match event.kind() {
                EventKind::InlineTableClose => break,
                EventKind::SimpleKey => {
                    let path = self.path(Some(event))?;
                    self.members += 1;
                    let node = self.value()?;
                    tables.member(0, path, node)?;
                }
                _ => {}
            }
        }
        let mut node = tables.finish();
        node.span = start..end;
        Ok(node)
    }
}

/// The tables of a document. Any of them may get members until its end.
struct Tables {
    all: Vec<Partial>,
    /// From a path, with NUL after each part, to an index in `all`.
    index: BTreeMap<Cow<'static, str>, usize>,
    members: usize,
    text: usize,
}

struct Partial {
    style: Style,
    /// A list of tables: its members have no keys.
    list: bool,
    /// Has a header.
    named: bool,
    key: Range<usize>,
    leaves: Vec<Member>,
    /// Names and indexes in `all`.
    children: Vec<(String, usize)>,
    path: String,
}

impl Partial {
    fn new(style: Style, key: Range<usize>, path: String) -> Self {
        Partial { style, list: false, named: false, key, leaves: Vec::new(), children: Vec::new(), path }
    }
}

impl Tables {
    fn new() -> Self {
        let root = Partial::new(Style::Section(0), 0..0, String::new());
        Tables { all: alloc::vec![root], index: BTreeMap::new(), members: 0, text: 0 }
    }

    /// The table `name` in the table `from`, which is added if it is new.
    fn child(&mut self, from: usize, name: &str, key: &Range<usize>) -> Result<usize, Problem> {
        let mut path = self.all[from].path.clone();
        path.push_str(name);
        path.push('\0');
        if let Some(found) = self.index.get(path.as_str()) {
            return Ok(*found);
        }
        self.text += 2 * path.len();
        if self.text > limit::KEYS {
            return Err(Problem::TooLarge(limit::KEYS_EXCEEDED));
        }
        self.count()?;
        let table = self.all.len();
        self.index.insert(Cow::Owned(path.clone()), table);
        self.all.push(Partial::new(Style::Implied, key.clone(), path));
        self.all[from].children.push((name.into(), table));
        Ok(table)
    }

    fn count(&mut self) -> Result<(), Problem> {
        self.members += 1;
        if self.members > limit::MEMBERS {
            return Err(Problem::TooLarge(limit::MEMBERS_EXCEEDED));
        }
        Ok(())
    }

    /// Opens the table of a header. Its members begin at `body`.
    fn header(&mut self, path: Path, list: bool, body: usize) -> Result<Option<usize>, Problem> {
        let mut table = 0;
        for part in &path.parts {
            table = self.child(table, part, &path.span)?;
            if self.all[table].list {
                return Ok(None);
            }
        }
        if self.all[table].named || (list && !self.all[table].children.is_empty()) {
            return Err(Problem::At { offset: path.span.start, what: "duplicate table" });
        }
        let found = &mut self.all[table];
        found.named = true;
        found.list = list;
        found.key = path.span;
        found.style = Style::Section(body);
        Ok((!list).then_some(table))
    }

    /// Adds a value under a key that may be dotted.
    fn member(&mut self, section: usize, mut path: Path, node: Node) -> Result<(), Problem> {
        let Some(name) = path.parts.pop() else {
            return Err(Problem::At { offset: node.span.start, what: "not TOML" });
        };
        let mut table = section;
        for part in &path.parts {
            table = self.child(table, part, &path.span)?;
            if self.all[table].named {
                return Err(Problem::At { offset: path.span.start, what: "duplicate table" });
            }
        }
        self.count()?;
        self.all[table].leaves.push(Member { name, key: path.span, node });
        Ok(())
    }

    /// Sets the offset for new members, which is after the last one.
    fn grow(&mut self, section: usize, end: usize) {
        self.all[section].style = Style::Section(end);
    }

    fn finish(mut self) -> Node {
        self.take(0)
    }

    fn take(&mut self, at: usize) -> Node {
        let mut table = Table::new(self.all[at].style);
        table.members = core::mem::take(&mut self.all[at].leaves);
        for (name, child) in core::mem::take(&mut self.all[at].children) {
            let key = self.all[child].key.clone();
            let node = self.take(child);
            table.members.push(Member { name, key, node });
        }
        let kind = if self.all[at].list { Kind::Opaque } else { Kind::Table(table) };
        Node { span: 0..0, kind }
    }
}
