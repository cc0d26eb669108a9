//! Edits of a TOML document.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use postern_guest::{Result, Status};
use text::edit::Edit;
use text::flow::Flow;
use text::quote::quoted;
use text::tree::{Kind, Place, find, place};
use text::{lines, word};

use crate::form::{self, Form, Node};

/// Sets a key to a value.
pub fn set(text: &str, root: &Node, key: &str, value: &str) -> Result<Vec<Edit>> {
    let Some(found) = find(root, key) else {
        return Ok(alloc::vec![add(text, place(root, key), &quoted(value))]);
    };
    let node = &found.member.node;
    match &node.kind {
        Kind::Table(_) => Err(Status::InvalidKey.because("the key is a table")),
        Kind::Opaque | Kind::Null => Err(Status::InvalidKey.because("the key is a list")),
        Kind::Scalar(s) => {
            let old = s.bare.then_some(&text[node.span.clone()]);
            Ok(alloc::vec![Edit::replace(node.span.clone(), word::keep_type(old, value))])
        }
    }
}

/// Adds a key to the innermost table that exists, the way that table is written.
fn add(text: &str, place: Place<Form>, value: &str) -> Edit {
    let Place { tables, path, rest, .. } = place;
    let table = tables[tables.len() - 1];
    match table.form {
        Form::Inline => add_inline(text, table, &nested(&rest, value)),
        Form::Dotted { names, at } => {
            let key = dotted(path[path.len() - names..].iter().chain(&rest));
            let entry = [&key, " = ", value].concat();
            match tables[tables.len() - 1 - names] {
                outer if outer.form == Form::Inline => add_inline(text, outer, &entry),
                _ => add_line(text, at, &entry),
            }
        }
        Form::Section(at) if rest.len() == 1 => add_line(text, at, &nested(&rest, value)),
        _ => {
            let (name, outer) = rest.split_last().unwrap_or((&"", &[]));
            let header = dotted(path.iter().chain(outer));
            let end = lines::feed(text);
            let blank = if lines::blank(text) { "" } else { end };
            let entry = [blank, "[", &header, "]", end, &spell(name), " = ", value].concat();
            // Beside the others of its table: readers get tables wrong that are apart.
            let at = if path.is_empty() { text.len() } else { form::end(table) };
            add_line(text, at, &entry)
        }
    }
}

/// Adds a line, at the start of another line or at the end of the text.
fn add_line(text: &str, at: usize, line: &str) -> Edit {
    let end = lines::feed(text);
    let open = if lines::closed(text, at) { "" } else { end };
    Edit::insert(at, [open, line, end].concat())
}

fn add_inline(text: &str, table: &Node, entry: &str) -> Edit {
    let inside = inside(table);
    let members = flat(table);
    if members.is_empty() {
        let entry = [" ", entry, " "].concat();
        let blank = lines::blank(&text[inside.clone()]);
        let span = if blank { inside } else { inside.start..inside.start };
        return Edit::replace(span, entry);
    }
    Flow { text, inside, members: &members }.insert(entry)
}

fn inside(table: &Node) -> Range<usize> {
    table.span.start + 1..table.span.end - 1
}

/// The members of a table in braces, those with dotted keys included, in the order
/// of the text.
fn flat(table: &Node) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    collect(table, &mut spans);
    spans.sort_by_key(|s| s.start);
    spans
}

fn collect(table: &Node, spans: &mut Vec<Range<usize>>) {
    for member in table.members().unwrap_or_default() {
        match member.node.form {
            Form::Dotted { .. } => collect(&member.node, spans),
            _ => spans.push(member.key.start..member.node.span.end),
        }
    }
}

/// `a = { b = value }` for the names `a` and `b`.
fn nested(names: &[&str], value: &str) -> String {
    match names {
        [] => value.into(),
        [name] => [&*spell(name), " = ", value].concat(),
        [name, rest @ ..] => [&*spell(name), " = { ", &nested(rest, value), " }"].concat(),
    }
}

fn dotted<'a>(names: impl Iterator<Item = &'a &'a str>) -> String {
    let mut key = String::new();
    for name in names {
        if !key.is_empty() {
            key.push('.');
        }
        key.push_str(&spell(name));
    }
    key
}

fn spell(name: &str) -> Cow<'_, str> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !name.is_empty() && name.bytes().all(word) { name.into() } else { quoted(name).into() }
}

/// Deletes a key that has a value.
pub fn delete(text: &str, root: &Node, key: &str) -> Result<Vec<Edit>> {
    let found = find(root, key).ok_or(Status::NotFound)?;
    let span = found.member.key.start..found.member.node.span.end;
    let around = found.tables.iter().rfind(|t| !matches!(t.form, Form::Dotted { .. }));
    let edit = match around {
        Some(table) if table.form == Form::Inline => {
            let members = flat(table);
            let at = members.iter().position(|m| *m == span).ok_or(Status::Internal)?;
            Flow { text, inside: inside(table), members: &members }.remove(at)
        }
        _ => Edit::remove(lines::start(text, span.start)..lines::next(text, span.end)),
    };
    Ok(alloc::vec![edit])
}
