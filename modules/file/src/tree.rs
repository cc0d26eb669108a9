//! A parsed file: nested tables of scalars. Each has its position in the text, so
//! that an edit can replace it and nothing else.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// A value in the text.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its bytes, including brackets and quotes.
    pub span: Range<usize>,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    /// No value.
    Null,
    Scalar(Scalar),
    /// A list, or anything else without keys.
    Opaque,
    Table(Table),
}

#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text without quotes and escapes.
    pub text: String,
    /// Written without quotes.
    pub bare: bool,
    /// Has a YAML anchor.
    pub anchored: bool,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub style: Style,
    pub members: Vec<Member>,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Between braces.
    Flow,
    /// YAML: members on their own lines, indented by this many spaces.
    Block(usize),
    /// TOML: the root, or below a header. New members go to this offset.
    Section(usize),
    /// TOML: exists because a dotted key or a header names something in it.
    Implied,
}

/// A name and its value.
#[derive(Clone, Debug)]
pub struct Member {
    pub name: String,
    /// The position of the name; of a whole dotted key.
    pub key: Range<usize>,
    pub node: Node,
}

impl Table {
    pub fn new(style: Style) -> Self {
        Table { style, members: Vec::new() }
    }
}

impl Node {
    pub fn scalar(span: Range<usize>, text: String, bare: bool) -> Self {
        Node { span, kind: Kind::Scalar(Scalar { text, bare, anchored: false }) }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }
}
