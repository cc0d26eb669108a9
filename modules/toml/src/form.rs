//! How a value or table is written.

/// A part of a document.
pub type Node = text::tree::Node<Form>;

/// Where the last section of a table ends, which may be that of a table in it; 0
/// without sections.
pub fn end(table: &Node) -> usize {
    let own = match table.form {
        Form::Section(at) | Form::List(at) => at,
        _ => 0,
    };
    table.members().unwrap_or_default().iter().fold(own, |last, m| last.max(end(&m.node)))
}

/// How a value or table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A scalar or a list.
    Value,
    /// A list of tables with headers. Its last section ends at this offset.
    List(usize),
    /// A table in braces.
    Inline,
    /// The root, or a table with a header. New members go to this offset.
    Section(usize),
    /// A table that exists because a header names a table in it.
    Implied,
    /// A table that exists because a dotted key names something in it.
    Dotted {
        /// The number of names that such a key has before those of its members.
        names: usize,
        /// Where another such key goes, unless the key is in braces.
        at: usize,
    },
}
