//! How a value or table is written.

use alloc::vec::Vec;

use crate::tag::Tag;

/// A part of a document.
pub type Node = text::tree::Node<Form>;

/// A parsed document.
pub struct Document {
    pub root: Node,
    /// The anchors that aliases refer to.
    pub aliased: Vec<usize>,
    /// Where the first member of an empty document goes.
    pub end: usize,
    /// The text ends in a block scalar to which a line break would be added.
    pub unclosed: bool,
}

/// How a value or table is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Form {
    /// The anchors of the value and of its key; 0 if there is none.
    pub anchor: usize,
    pub key_anchor: usize,
    pub tag: Tag,
    pub shape: Shape,
}

/// What kind of value it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    #[default]
    Scalar,
    /// A scalar after `|` or `>`; the span begins there.
    BlockScalar,
    /// A mapping in braces.
    Flow,
    /// A mapping whose members are indented by this many spaces.
    Block(usize),
}

impl Document {
    /// Whether an alias refers to the value, to its key, or to a table around it.
    pub fn referred(&self, node: &Node) -> bool {
        let anchors = [node.form.anchor, node.form.key_anchor];
        anchors.iter().any(|a| *a != 0 && self.aliased.contains(a))
    }
}
