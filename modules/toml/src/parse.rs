//! TOML: builds tables from the events of toml_parser, which have positions.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use toml_parser::parser::{Event, EventKind, RecursionGuard, parse_document};
use toml_parser::{ParseError, Source, Span};

use text::limit;
use text::lines;
use text::problem::Problem;
use text::tree::Kind;

use crate::form::{Form, Node};
use crate::tables::{Path, Tables};

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

struct Reader<'a> {
    source: Source<'a>,
    events: Vec<Event>,
    at: usize,
    tables: Tables,
}

impl<'a> Reader<'a> {
    fn new(source: Source<'a>, mut events: Vec<Event>) -> Self {
        events
            .retain(|e| !matches!(e.kind(), EventKind::Whitespace | EventKind::Comment | EventKind::Newline));
        Reader { source, events, at: 0, tables: Tables::new(Form::Section(0)) }
    }

    fn next(&mut self) -> Option<Event> {
        let event = self.events.get(self.at).copied();
        self.at += 1;
        event
    }

    fn document(&mut self) -> Result<(), Problem> {
        let mut section = 0; // the table of the last header
        while let Some(event) = self.next() {
            match event.kind() {
                EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                    let list = event.kind() == EventKind::ArrayTableOpen;
                    let path = self.path(None)?;
                    let end = self.events.get(self.at - 1).map_or(path.span.end, |e| e.span().end());
                    let body = lines::next(self.source.input(), end);
                    section = self.tables.header(path, list, body)?;
                }
                EventKind::SimpleKey => {
                    let path = self.path(Some(event))?;
                    let node = self.value()?;
                    let end = lines::next(self.source.input(), node.span.end);
                    self.tables.member(section, path, node, end)?;
                }
                _ => {}
            }
        }
        Ok(())
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
                Ok(Node { span: start..end, kind: Kind::Opaque, form: Form::Value })
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
            Some(_) => Node::scalar(span, text.into_owned(), false, Form::Value),
            None => Node::scalar(span, raw.as_str().into(), true, Form::Value),
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
        let mut tables = Tables::new(Form::Inline);
        let mut end = start + 1;
        while let Some(event) = self.next() {
            end = event.span().end();
            match event.kind() {
                EventKind::InlineTableClose => break,
                EventKind::SimpleKey => {
                    let path = self.path(Some(event))?;
                    let node = self.value()?;
                    tables.member(0, path, node, 0)?;
                }
                _ => {}
            }
        }
        let mut node = tables.finish();
        node.span = start..end;
        Ok(node)
    }
}
