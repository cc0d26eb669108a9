//! YAML: builds tables from the events of saphyr-parser, which have positions. An
//! alias of a scalar is a copy of it. Other aliases are not followed, so that a
//! small file cannot expand to a large tree.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use crate::limit;
use crate::problem::{Problem, line_start};
use crate::tree::{Kind, Member, Node, Scalar, Style, Table};

/// Parses a stream of at most one document, which must be a mapping or empty.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let mut builder = Builder::new(text);
    for item in Parser::new_from_str(text) {
        match item {
            Ok((event, span)) => builder.event(event, span)?,
            Err(error) => {
                let offset = builder.places.byte(error.marker());
                return Err(Problem::At { offset, what: "not YAML" });
            }
        }
    }
    builder.finish()
}

/// A collection whose end was not read yet.
struct Open {
    start: usize,
    flow: bool,
    /// The members of a mapping; `None` for a sequence, whose items are ignored.
    mapping: Option<Table>,
    /// The name of a member whose value was not read yet.
    name: Option<(Option<String>, Range<usize>)>,
}

struct Builder<'a> {
    places: Places<'a>,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    /// The anchored scalars by number, in ascending order.
    anchors: Vec<(usize, String)>,
    members: usize,
    repeated: usize,
    /// The end of the last scalar or bracket. It is the end of a block collection
    /// too, for which the parser gives the start of the next token.
    end: usize,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        Builder {
            places: Places { text, chars: 0, bytes: 0 },
            open: Vec::new(),
            root: None,
            documents: 0,
            anchors: Vec::new(),
            members: 0,
            repeated: 0,
            end: 0,
        }
    }

    fn event(&mut self, event: Event, span: Span) -> Result<(), Problem> {
        let range = self.places.byte(&span.start)..self.places.byte(&span.end);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Problem::At { offset: range.start, what: "more than one document" });
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let range = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => self.places.block(self.end, range),
                    _ => range,
                };
                self.end = self.end.max(range.end);
                // Copied, since the parser's string has spare capacity.
                let text = String::from(&*text);
                let named_string = tag.is_some_and(|t| t.is_yaml_core_schema() && t.suffix == "str");
                let bare = style == ScalarStyle::Plain;
                if anchor != 0 {
                    self.anchors.push((anchor, text.clone()));
                    self.repeat(text.len())?;
                }
                let kind = if bare && !named_string && null(&text) {
                    Kind::Null
                } else {
                    Kind::Scalar(Scalar { text, bare, anchored: anchor != 0 })
                };
                self.node(Node { span: range, kind })?;
            }
            Event::Alias(id) => {
                self.end = self.end.max(range.end);
                let found = self.anchors.binary_search_by_key(&id, |(id, _)| *id).ok();
                let kind = match found.map(|at| self.anchors[at].1.clone()) {
                    None => Kind::Opaque,
                    Some(text) => {
                        self.repeat(text.len())?;
                        Kind::Scalar(Scalar { text, bare: false, anchored: false })
                    }
                };
                self.node(Node { span: range, kind })?;
            }
            Event::MappingStart(..) => self.start(range, true)?,
            Event::SequenceStart(..) => self.start(range, false)?,
            Event::MappingEnd | Event::SequenceEnd => self.stop(range.end)?,
            _ => {}
        }
        Ok(())
    }

    fn repeat(&mut self, len: usize) -> Result<(), Problem> {
        self.repeated += len;
        if self.repeated > limit::KEYS {
            return Err(Problem::TooLarge(limit::KEYS_EXCEEDED));
        }
        Ok(())
    }

    fn start(&mut self, range: Range<usize>, mapping: bool) -> Result<(), Problem> {
        if self.open.len() == limit::DEPTH {
            return Err(Problem::TooLarge(limit::DEPTH_EXCEEDED));
        }
        let source = &self.places.text[range.clone()];
        let flow = matches!(source.as_bytes().first(), Some(b'{' | b'['));
        let mapping = mapping.then(|| Table::new(Style::Flow));
        self.open.push(Open { start: range.start, flow, mapping, name: None });
        Ok(())
    }

    fn stop(&mut self, end: usize) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        if open.flow {
            self.end = self.end.max(end);
        }
        let kind = match open.mapping {
            None => Kind::Opaque,
            Some(mut table) => {
                if !open.flow {
                    table.style = Style::Block(self.places.indent(&table, open.start));
                }
                Kind::Table(table)
            }
        };
        self.node(Node { span: open.start..self.end.max(open.start), kind })
    }

    /// Adds a node, which is a name, a value, an item or the root.
    fn node(&mut self, node: Node) -> Result<(), Problem> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let Some(table) = &mut open.mapping else { return Ok(()) };
        match open.name.take() {
            None => {
                let name = self.places.text.get(node.span.clone()).unwrap_or("");
                let name = match node.kind {
                    Kind::Scalar(scalar) => Some(scalar.text),
                    Kind::Null if !name.is_empty() => Some(name.into()),
                    _ => None,
                };
                open.name = Some((name, node.span));
            }
            Some((name, key)) => {
                self.members += 1;
                if self.members > limit::MEMBERS {
                    return Err(Problem::TooLarge(limit::MEMBERS_EXCEEDED));
                }
                // A collection as a name gets a name that is not a valid key.
                let name = name.unwrap_or_else(|| alloc::format!("\0{}", self.members));
                table.members.push(Member { name, key, node });
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Node, Problem> {
        let end = self.places.text.len();
        match self.root {
            Some(node) if matches!(node.kind, Kind::Table(_)) => Ok(node),
            None => Ok(empty(end)),
            Some(node) if matches!(node.kind, Kind::Null) && node.span.is_empty() => Ok(empty(end)),
            Some(node) => Err(Problem::At { offset: node.span.start, what: "the document is not a mapping" }),
        }
    }
}

fn empty(end: usize) -> Node {
    Node { span: end..end, kind: Kind::Table(Table::new(Style::Block(0))) }
}

fn null(plain: &str) -> bool {
    matches!(plain, "" | "~" | "null" | "Null" | "NULL")
}

/// Converts positions of the parser from characters to bytes. It starts at the
/// previous position, since they mostly increase.
struct Places<'a> {
    text: &'a str,
    chars: usize,
    bytes: usize,
}

impl Places<'_> {
    fn byte(&mut self, marker: &Marker) -> usize {
        let first = |b: &u8| (*b as i8) >= -0x40;
        let text = self.text.as_bytes();
        while self.chars > marker.index() {
            self.bytes -= 1;
            self.chars -= usize::from(first(&text[self.bytes]));
        }
        while self.chars < marker.index() && self.bytes < text.len() {
            let rest = &text[self.bytes + 1..];
            self.bytes += 1 + rest.iter().position(first).unwrap_or(rest.len());
            self.chars += 1;
        }
        self.chars = marker.index();
        self.bytes
    }

    /// The range of a block scalar. Unlike the parser's range, it includes the
    /// header, which follows `after`, and excludes trailing blank lines.
    fn block(&self, after: usize, content: Range<usize>) -> Range<usize> {
        let before = &self.text[after.min(content.start)..content.start];
        let start = before.find(['|', '>']).map_or(content.start, |i| content.start - before.len() + i);
        let lines = self.text[start..content.end].trim_end_matches([' ', '\t', '\r', '\n']);
        let end = start + lines.len();
        let feed = self.text[end..content.end].find('\n').map_or(0, |i| i + 1);
        start..end + feed
    }

    /// The indentation of the members of a block mapping.
    fn indent(&self, table: &Table, start: usize) -> usize {
        let first = table.members.first().map_or(start, |m| m.key.start);
        first - line_start(self.text, first)
    }
}
