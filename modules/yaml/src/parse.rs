//! YAML: builds tables from the events of saphyr-parser, which have positions. An
//! alias of a scalar is a copy of it. Other aliases are not followed, so that a
//! small file cannot expand to a large tree.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use text::digits::decimal;
use text::limit;
use text::lines;
use text::problem::Problem;
use text::tree::{Kind, Member, Scalar};

use crate::form::{Document, Form, Node, Shape};
use crate::places::{self, Places};
use crate::tag::Tag;

/// Parses a stream of at most one document, which must be a mapping or empty. The
/// parser refuses a closing bracket at the margin of what is around it, which readers
/// accept: then it gets a text with a space before that bracket.
pub fn parse(text: &str) -> Result<Document, Problem> {
    let mut source = Cow::Borrowed(text);
    let mut places = Places::new(text);
    let mut left = limit::REPEATED;
    loop {
        let mut builder = Builder::new(places);
        let Err(error) = builder.read(&source)? else { return builder.finish() };
        places = builder.places;
        left = left.saturating_sub(source.len());
        let margin = left > 0 && error.info() == "invalid indentation";
        match margin.then(|| places.indent(error.marker())).flatten() {
            Some(at) => source.to_mut().insert(at, ' '),
            None => return Err(Problem::At { offset: places.byte(error.marker()), what: "not YAML" }),
        }
    }
}

/// A collection whose end was not read yet.
struct Open {
    start: usize,
    form: Form,
    /// The tag because of which the values in it are refused.
    refused: Option<Range<usize>>,
    flow: bool,
    /// The members of a mapping; `None` for a sequence, whose items are ignored.
    mapping: Option<Vec<Member<Form>>>,
    /// A member whose value was not read yet.
    name: Option<Name>,
}

struct Name {
    text: Option<String>,
    span: Range<usize>,
    anchor: usize,
}

struct Builder<'a> {
    places: Places<'a>,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    /// The anchored scalars by number, in ascending order; `None` is null.
    anchors: Vec<(usize, Option<Scalar>)>,
    aliased: Vec<usize>,
    members: usize,
    repeated: usize,
    /// The end of the last scalar or bracket. It is the end of a block collection
    /// too, for which the parser gives the start of the next token.
    end: usize,
    /// The start of the mark that ends the document, or the end of the text.
    last: usize,
    unclosed: bool,
}

impl<'a> Builder<'a> {
    fn new(places: Places<'a>) -> Self {
        let last = places.text.len();
        Builder {
            places,
            open: Vec::new(),
            root: None,
            documents: 0,
            anchors: Vec::new(),
            aliased: Vec::new(),
            members: 0,
            repeated: 0,
            end: 0,
            last,
            unclosed: false,
        }
    }

    /// Reads what the parser finds in `source`, up to the first error.
    fn read(&mut self, source: &str) -> Result<Result<(), ScanError>, Problem> {
        for item in Parser::new_from_str(source) {
            match item {
                Ok((event, span)) => self.event(event, span)?,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(()))
    }

    fn event(&mut self, event: Event, span: Span) -> Result<(), Problem> {
        let range = self.places.byte(&span.start)..self.places.byte(&span.end);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Problem::At { offset: range.start, what: "more than one document" });
                }
                self.end = range.end;
            }
            Event::DocumentEnd if !range.is_empty() => self.last = range.start,
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map_or(Tag::None, |t| Tag::of(&t.handle, &t.suffix));
                // Copied, since the parser's string has spare capacity.
                self.scalar(String::from(&*text), style, Form { anchor, tag, ..Form::default() }, range)?;
            }
            Event::Alias(id) => {
                self.end = self.end.max(range.end);
                self.aliased.push(id);
                let found = self.anchors.binary_search_by_key(&id, |(id, _)| *id).ok();
                let kind = match found.map(|at| self.anchors[at].1.clone()) {
                    None => Kind::Opaque,
                    Some(None) => Kind::Null,
                    Some(Some(mut scalar)) => {
                        self.repeat(scalar.value.len())?;
                        scalar.bare = false;
                        scalar.refused = self.around().or(scalar.refused);
                        Kind::Scalar(scalar)
                    }
                };
                self.node(Node { span: range.clone(), kind, form: Form::default() }, range.start)?;
            }
            Event::MappingStart(anchor, tag) => {
                let tag = tag.map_or(Tag::None, |t| Tag::of(&t.handle, &t.suffix));
                self.start(range, true, Form { anchor, tag, ..Form::default() })?;
            }
            Event::SequenceStart(anchor, _) => {
                self.start(range, false, Form { anchor, ..Form::default() })?;
            }
            Event::MappingEnd | Event::SequenceEnd => self.stop(range.start)?,
            _ => {}
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        mut value: String,
        style: ScalarStyle,
        mut form: Form,
        range: Range<usize>,
    ) -> Result<(), Problem> {
        let text = self.places.text;
        let bare = style == ScalarStyle::Plain;
        let named = form.anchor != 0 || form.tag != Tag::None;
        let start = range.start;
        let span = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                form.shape = Shape::BlockScalar;
                let span = places::block(text, self.end, &range);
                // The parser ends the last line even if the file does not.
                if !lines::closed(text, span.end) && value.ends_with("\n") {
                    value.pop();
                    self.unclosed = true;
                }
                span
            }
            ScalarStyle::Plain if value.is_empty() => {
                let open = self.open.last().and_then(|o| o.name.as_ref());
                let at = match open {
                    _ if named => range.end,
                    Some(key) => places::empty_value(text, key.span.end),
                    None => places::empty(text, self.end, start),
                };
                at..at
            }
            ScalarStyle::Plain => places::skip_properties(text, start)..range.end,
            _ => places::quoted(text, places::skip_properties(text, start)),
        };
        let tag = form.tag;
        let scalar = if (bare && tag == Tag::None || tag == Tag::Null) && null(&value) {
            None
        } else {
            let value = tag.value(value);
            let refused = match value {
                Ok(_) => self.around(),
                Err(_) => Some(places::tag(text, self.end, span.start).unwrap_or_default()),
            };
            Some(Scalar { value: value.unwrap_or_else(|text| text), bare, refused })
        };
        self.end = self.end.max(span.end);
        if form.anchor != 0 {
            self.repeat(scalar.as_ref().map_or(0, |s| s.value.len()))?;
            self.anchors.push((form.anchor, scalar.clone()));
        }
        let kind = scalar.map_or(Kind::Null, Kind::Scalar);
        self.node(Node { span: span.clone(), kind, form }, start.min(span.start))
    }

    /// The tag because of which the values in the open collections are refused.
    fn around(&self) -> Option<Range<usize>> {
        self.open.last()?.refused.clone()
    }

    fn repeat(&mut self, len: usize) -> Result<(), Problem> {
        self.repeated += len;
        if self.repeated > limit::KEYS {
            return Err(Problem::TooLarge(limit::KEYS_EXCEEDED));
        }
        Ok(())
    }

    fn start(&mut self, range: Range<usize>, mapping: bool, mut form: Form) -> Result<(), Problem> {
        if self.open.len() == limit::DEPTH {
            return Err(Problem::TooLarge(limit::DEPTH_EXCEEDED));
        }
        let text = self.places.text;
        let start = match range.is_empty() {
            true => range.start,
            false => places::skip_properties(text, range.start).min(range.end),
        };
        let flow = !range.is_empty() && matches!(text.as_bytes()[start..], [b'{' | b'[', ..]);
        let refused = match form.tag {
            Tag::None | Tag::Map | Tag::Plain => self.around(),
            _ => {
                form.tag = Tag::Other;
                Some(places::tag(text, self.end, start).unwrap_or_default())
            }
        };
        self.open.push(Open { start, form, refused, flow, mapping: mapping.then(Vec::new), name: None });
        Ok(())
    }

    /// Ends a collection. If it is between brackets, the closing one is at `at`, or
    /// behind a comma there.
    fn stop(&mut self, mut at: usize) -> Result<(), Problem> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        if open.flow {
            while self.places.text.as_bytes().get(at) == Some(&b',') {
                at = places::skip_blanks(self.places.text, at + 1);
            }
            self.end = self.end.max(at + 1);
        }
        open.form.shape = match open.flow {
            true => Shape::Flow,
            false => Shape::Block(open.start - lines::start(self.places.text, open.start)),
        };
        let kind = open.mapping.map_or(Kind::Opaque, Kind::Table);
        let span = open.start..self.end.max(open.start);
        self.node(Node { span, kind, form: open.form }, open.start)
    }

    /// Adds a node, which is a name, a value, an item or the root. With its anchor and
    /// tag, it begins at `start`.
    fn node(&mut self, mut node: Node, start: usize) -> Result<(), Problem> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let Some(members) = &mut open.mapping else { return Ok(()) };
        match open.name.take() {
            None => {
                let name = self.places.text.get(node.span.clone()).unwrap_or("");
                let text = match node.kind {
                    _ if !matches!(node.form.tag, Tag::None | Tag::Plain | Tag::Str) => None,
                    Kind::Scalar(scalar) => core::str::from_utf8(&scalar.value).ok().map(String::from),
                    Kind::Null if !name.is_empty() => Some(name.into()),
                    _ => None,
                };
                let span = places::member_start(self.places.text, start)..node.span.end;
                open.name = Some(Name { text, span, anchor: node.form.anchor });
            }
            Some(Name { text, span, anchor }) => {
                self.members += 1;
                if self.members > limit::MEMBERS {
                    return Err(Problem::TooLarge(limit::MEMBERS_EXCEEDED));
                }
                // A collection as a name gets a name that is not a valid key.
                let name = text.unwrap_or_else(|| ["\0", &decimal(self.members)].concat());
                node.form.key_anchor = anchor;
                members.push(Member { name, key: span, node });
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Document, Problem> {
        let end = self.last;
        let empty = || Node {
            span: end..end,
            kind: Kind::Table(Vec::new()),
            form: Form { shape: Shape::Block(0), ..Form::default() },
        };
        let root = match self.root.take() {
            Some(node) if matches!(node.kind, Kind::Table(_)) => node,
            None => empty(),
            Some(node) if matches!(node.kind, Kind::Null) && node.span.is_empty() => empty(),
            Some(node) => {
                return Err(Problem::At { offset: node.span.start, what: "the document is not a mapping" });
            }
        };
        Ok(Document { root, aliased: self.aliased, end, unclosed: self.unclosed })
    }
}

fn null(plain: &str) -> bool {
    matches!(plain, "" | "~" | "null" | "Null" | "NULL")
}
