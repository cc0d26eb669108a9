//! A parsed file: nested tables of scalars, with the place of each in the text,
//! so that an edit can replace just that.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// A value in the text.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its bytes, brackets and quotes included.
    pub span: Range<usize>,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    /// No value.
    Null,
    Scalar(Scalar),
    /// A list or another thing that has no keys.
    Opaque,
    Table(Table),
}

#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text without quotes and escapes.
    pub text: String,
    /// It stands in the text without quotes.
    pub bare: bool,
    /// Another place in the file refers to it.
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
    /// YAML: one line for each member, indented by so many spaces.
    Block(usize),
    /// TOML: the root, or under a header. A new member goes to this place.
    Section(usize),
    /// TOML: by dotted keys, or because a header names a table within it.
    Implied,
}

/// A name and its value.
#[derive(Clone, Debug)]
pub struct Member {
    pub name: String,
    /// Where the name is. For a dotted key, all of it.
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
