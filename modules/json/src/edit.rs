//! Edits of a JSON document.

use alloc::vec::Vec;
use core::ops::Range;

use postern_guest::{Result, Status};
use text::edit::Edit;
use text::flow::Flow;
use text::quote::quoted;
use text::tree::{Kind, Member, find, place};
use text::{lines, word};

use crate::parse::Node;

/// Sets a key to a value.
pub fn set(text: &str, root: &Node, key: &str, value: &str) -> Result<Vec<Edit>> {
    let Some(found) = find(root, key) else { return add(text, root, key, value) };
    let node = &found.member.node;
    let old = &text[node.span.clone()];
    let spelling = match &node.kind {
        Kind::Table(_) => return Err(Status::InvalidKey.because("the key is a table")),
        Kind::Opaque => return Err(Status::InvalidKey.because("the key is a list")),
        Kind::Null => quoted(value),
        Kind::Scalar(s) => word::keep_type(s.bare.then_some(old), value),
    };
    Ok(alloc::vec![Edit::replace(node.span.clone(), spelling)])
}

fn add(text: &str, root: &Node, key: &str, value: &str) -> Result<Vec<Edit>> {
    let place = place(root, key);
    let mut entry = quoted(value);
    for (i, name) in place.rest.iter().enumerate().rev() {
        entry = [&quoted(name), ": ", &entry].concat();
        if i > 0 {
            entry = ["{", &entry, "}"].concat();
        }
    }
    if let Some(Member { key, node, .. }) = place.gap {
        return Ok(alloc::vec![Edit::replace(key.start..node.span.end, entry)]);
    }
    let table = *place.tables.last().ok_or(Status::Internal)?;
    let members = spans(table);
    let inside = table.span.start + 1..table.span.end - 1;
    if members.is_empty() {
        let end = lines::feed(text);
        if core::ptr::eq(table, root) {
            entry = [end, "  ", &entry, end].concat();
        }
        return Ok(alloc::vec![Edit::replace(inside, entry)]);
    }
    Ok(alloc::vec![Flow { text, inside, members: &members }.insert(&entry)])
}

/// Deletes a key that has a value.
pub fn delete(text: &str, root: &Node, key: &str) -> Result<Vec<Edit>> {
    let found = find(root, key).ok_or(Status::NotFound)?;
    let table = found.tables.last().ok_or(Status::Internal)?;
    let inside = table.span.start + 1..table.span.end - 1;
    Ok(alloc::vec![Flow { text, inside, members: &spans(table) }.remove(found.at)])
}

fn spans(table: &Node) -> Vec<Range<usize>> {
    let members = table.members().unwrap_or_default();
    members.iter().map(|m| m.key.start..m.node.span.end).collect()
}
