//! A parsed file: nested tables of scalars. Each has its position in the text, so
//! that an edit can replace it and nothing else.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::key::cut;

/// A value in the text. `F` is how its format wrote it.
#[derive(Clone, Debug)]
pub struct Node<F> {
    /// Its bytes, including brackets and quotes.
    pub span: Range<usize>,
    pub kind: Kind<F>,
    pub form: F,
}

#[derive(Clone, Debug)]
pub enum Kind<F> {
    /// No value.
    Null,
    Scalar(Scalar),
    /// A list, or anything else without keys.
    Opaque,
    Table(Vec<Member<F>>),
}

#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text without quotes and escapes, or the bytes that it encodes.
    pub value: Vec<u8>,
    /// Written without quotes.
    pub bare: bool,
    /// The span of a tag because of which nobody may be given the value.
    pub refused: Option<Range<usize>>,
}

/// A name and its value.
#[derive(Clone, Debug)]
pub struct Member<F> {
    pub name: String,
    /// The position of the name; of a whole dotted key.
    pub key: Range<usize>,
    pub node: Node<F>,
}

impl<F> Node<F> {
    /// A scalar.
    pub fn scalar(span: Range<usize>, text: String, bare: bool, form: F) -> Self {
        let scalar = Scalar { value: text.into_bytes(), bare, refused: None };
        Node { span, kind: Kind::Scalar(scalar), form }
    }

    /// The members of a table.
    pub fn members(&self) -> Option<&[Member<F>]> {
        match &self.kind {
            Kind::Table(members) => Some(members),
            _ => None,
        }
    }
}

/// A member and where it was found.
pub struct Found<'a, F> {
    /// The tables around it, outermost first. The last one has it as a member.
    pub tables: Vec<&'a Node<F>>,
    /// Its index in the last table.
    pub at: usize,
    pub member: &'a Member<F>,
}

/// Finds the member with a key, in nested tables, in names with slashes, or in both.
/// A scalar is preferred, since at most one scalar has the key.
pub fn find<'a, F>(root: &'a Node<F>, key: &str) -> Option<Found<'a, F>> {
    let scalar = |m: &Member<F>| matches!(m.node.kind, Kind::Scalar(_));
    search(root, key, &scalar).or_else(|| search(root, key, &|_| true))
}

fn search<'a, F>(node: &'a Node<F>, key: &str, wanted: &dyn Fn(&Member<F>) -> bool) -> Option<Found<'a, F>> {
    let members = node.members()?;
    if let Some(at) = members.iter().position(|m| m.name == key && wanted(m)) {
        return Some(Found { tables: alloc::vec![node], at, member: &members[at] });
    }
    members.iter().find_map(|m| {
        let rest = key.strip_prefix(m.name.as_str())?.strip_prefix('/')?;
        let mut found = search(&m.node, rest, wanted)?;
        found.tables.insert(0, node);
        Some(found)
    })
}

/// Where a new key belongs.
pub struct Place<'a, 'k, F> {
    /// The tables on its path that exist, outermost first.
    pub tables: Vec<&'a Node<F>>,
    /// Their names; the root has none.
    pub path: Vec<&'k str>,
    /// The names that are missing, outermost first.
    pub rest: Vec<&'k str>,
    /// The member with the first of them, if it is there without a value. A table takes its
    /// place.
    pub gap: Option<&'a Member<F>>,
}

/// Finds the innermost table on the path of a new key. The rest of the key is nested
/// in it; but if a value is on the path, the rest is one name with slashes.
pub fn place<'a, 'k, F>(root: &'a Node<F>, key: &'k str) -> Place<'a, 'k, F> {
    let mut place = Place { tables: alloc::vec![root], path: Vec::new(), rest: Vec::new(), gap: None };
    let (mut node, mut rest) = (root, key);
    while let Some((segment, after)) = cut(rest) {
        let Some(next) = node.members().and_then(|m| m.iter().find(|m| m.name == segment)) else { break };
        match next.node.kind {
            Kind::Table(_) => {}
            Kind::Null => {
                place.gap = Some(next);
                break;
            }
            _ => {
                place.rest.push(rest);
                return place;
            }
        }
        place.path.push(segment);
        place.tables.push(&next.node);
        (node, rest) = (&next.node, after);
    }
    while let Some((segment, after)) = cut(rest) {
        place.rest.push(segment);
        rest = after;
    }
    place.rest.push(rest);
    place
}
