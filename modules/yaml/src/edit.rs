//! Edits of a YAML document.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use postern_guest::{Result, Status};
use text::edit::Edit;
use text::flow::Flow;
use text::quote::quoted;
use text::tree::{Found, Kind, Member, find, place};
use text::{lines, word};

use crate::form::{Document, Form, Node, Shape};
use crate::places;
use crate::tag::Tag;

/// Sets a key to a value.
pub fn set(text: &str, document: &Document, key: &str, value: &str) -> Result<Vec<Edit>> {
    let Some(found) = find(&document.root, key) else {
        return Ok(alloc::vec![add(text, document, key, value)?]);
    };
    let member = found.member;
    match &member.node.kind {
        Kind::Table(_) => return Err(Status::InvalidKey.because("the key is a table")),
        Kind::Opaque => return Err(Status::InvalidKey.because("the key is a list")),
        Kind::Scalar(s) if s.refused.is_some() => return Err(unsuitable(key)),
        _ => writable(document, &found.tables, &found.member.node)?,
    }
    let node = &member.node;
    let old = &text[node.span.clone()];
    let bare = matches!(&node.kind, Kind::Scalar(s) if s.bare).then_some(old);
    let mut spelling = spell(key, value, bare, node.form.tag)?;
    let mut edit = Edit::default();
    if node.form.tag == Tag::Plain {
        // Behind it, some readers take even a string for a number, a date or null.
        let mut tag = places::tag(text, member.key.end, node.span.start).ok_or(Status::Internal)?;
        tag.start -= usize::from(text.as_bytes()[..tag.start].last() == Some(&b' '));
        edit = Edit::remove(tag);
    }
    if old.is_empty() {
        edit = edit.and(fill(text, &found, &spelling));
        return Ok(alloc::vec![edit]);
    }
    if node.form.shape == Shape::BlockScalar {
        if let (Some(comment), _) = places::header(text, node.span.start) {
            spelling = [&spelling, " ", comment].concat();
        }
        if lines::closed(old, old.len()) {
            spelling.push_str(lines::feed(text));
        }
    }
    Ok(alloc::vec![edit.and(Edit::replace(node.span.clone(), spelling))])
}

/// Fails if an alias refers to a value or to what is around it: an edit would change
/// another key too.
fn writable(document: &Document, tables: &[&Node], node: &Node) -> Result<()> {
    if document.referred(node) || tables.iter().any(|t| document.referred(t)) {
        return Err(Status::ReadOnly.because("aliases refer to it"));
    }
    Ok(())
}

/// The spelling of a value behind a tag.
fn spell(key: &str, value: &str, bare: Option<&str>, tag: Tag) -> Result<String> {
    let fits = match tag {
        Tag::Plain => return Ok(quoted(value)),
        Tag::None | Tag::Str => return Ok(word::keep_type(bare, value)),
        Tag::Int => word::number(value) && word::whole(value),
        Tag::Float => word::number(value),
        Tag::Bool => word::boolean(value),
        _ => false,
    };
    if fits {
        return Ok(value.into());
    }
    Err(unsuitable(key))
}

fn unsuitable(key: &str) -> Status {
    Status::InvalidValue.because(&[key, ": its tag does not allow the value"].concat())
}

/// Puts a value where a member has none.
fn fill(text: &str, found: &Found<Form>, value: &str) -> Edit {
    let (member, at) = (found.member, found.member.node.span.start);
    if at > member.key.end || member.node.form.tag != Tag::None || member.node.form.anchor != 0 {
        return Edit::insert(at, [" ", value].concat());
    }
    match found.tables.last().map(|t| t.form.shape) {
        Some(Shape::Block(indent)) => {
            let line = [lines::feed(text), &" ".repeat(indent), ": ", value].concat();
            Edit::insert(lines::end(text, at), line)
        }
        _ => Edit::insert(at, [": ", value].concat()),
    }
}

fn add(text: &str, document: &Document, key: &str, value: &str) -> Result<Edit> {
    let place = place(&document.root, key);
    let table = *place.tables.last().ok_or(Status::Internal)?;
    writable(document, &place.tables, place.gap.map_or(table, |m| &m.node))?;
    if place.tables.iter().any(|t| t.form.tag == Tag::Other) {
        return Err(unsuitable(key));
    }
    let stub = stub(text, &place.tables);
    let indent = match table.form.shape {
        Shape::Block(indent) => Some(indent),
        _ => stub,
    };
    let end = lines::feed(text);
    let mut entry = quoted(value);
    for (i, segment) in place.rest.iter().enumerate().rev() {
        let (open, close) = match indent {
            Some(indent) => (" ".repeat(indent + 2 * i), ""),
            None if i > 0 => ("{".into(), "}"),
            None => (String::new(), ""),
        };
        let next = if indent.is_some() && i + 1 < place.rest.len() { end } else { " " };
        entry = [&open, &*name(segment), ":", next, &entry, close].concat();
    }
    let taken = place.gap.map(whole).or(stub.map(|_| table.span.clone()));
    if let Some(taken) = taken {
        return Ok(Edit::replace(taken, entry.trim_ascii().into()));
    }
    if indent.is_none() {
        return Ok(add_flow(text, table, entry));
    }
    let last = table.members().unwrap_or_default().last();
    let at = last.map_or(document.end, |m| lines::after(text, whole(m).end));
    let open = if lines::closed(text, at) { "" } else { end };
    // Behind a block scalar that ends with the text, a line break would become part of
    // its value.
    let (at, open) = match last {
        Some(last) if document.unclosed && at == text.len() => (lines::start(text, last.key.start), ""),
        _ => (at, open),
    };
    Ok(Edit::insert(at, [open, &entry, end].concat()))
}

/// The indentation of an empty table in a line of its own, such as `delete` leaves behind.
/// Members without braces may take its place.
fn stub(text: &str, tables: &[&Node]) -> Option<usize> {
    let (table, outer) = tables.split_last()?;
    let start = table.span.start;
    let indent = &text[lines::start(text, start)..start];
    let lines = outer.last().is_none_or(|t| matches!(t.form.shape, Shape::Block(_)));
    (lines && text[table.span.clone()] == *"{}" && lines::blank(indent)).then_some(indent.len())
}

fn add_flow(text: &str, table: &Node, entry: String) -> Edit {
    let inside = inside(table);
    if table.members().unwrap_or_default().is_empty() {
        let blank = lines::blank(&text[inside.clone()]);
        let span = if blank { inside } else { inside.start..inside.start };
        return Edit::replace(span, entry);
    }
    let edit = Flow { text, inside, members: &spans(table) }.insert(&entry);
    apart(text, table.members().unwrap_or_default().last()).and(edit)
}

/// Keeps what follows from an empty value: some readers take a comma or a brace right behind a
/// colon, a `?` or a tag for a part of it.
fn apart(text: &str, member: Option<&Member<Form>>) -> Edit {
    let Some(Member { key, node, .. }) = member else { return Edit::default() };
    let marked = node.span.end > key.end || text.as_bytes().get(key.start) == Some(&b'?');
    match node.span.is_empty() && marked {
        true => Edit::insert(node.span.end, " ".into()),
        false => Edit::default(),
    }
}

fn inside(table: &Node) -> Range<usize> {
    table.span.start + 1..table.span.end - 1
}

fn spans(table: &Node) -> Vec<Range<usize>> {
    let members = table.members().unwrap_or_default();
    members.iter().map(whole).collect()
}

/// All of a member.
fn whole(m: &Member<Form>) -> Range<usize> {
    m.key.start..m.key.end.max(m.node.span.end)
}

/// Deletes a key that has a value.
pub fn delete(text: &str, document: &Document, key: &str) -> Result<Vec<Edit>> {
    let found = find(&document.root, key).ok_or(Status::NotFound)?;
    writable(document, &found.tables, &found.member.node)?;
    let table = *found.tables.last().ok_or(Status::Internal)?;
    let members = table.members().unwrap_or_default();
    let member = found.member;
    let all = whole(member);
    let start = lines::start(text, all.start);
    let span = start..lines::after(text, all.end);
    let feed = lines::feed(text);
    let indent = &text[start..all.start];
    // A table without members would be null. Some readers refuse a document without anything.
    let only = members.len() == 1;
    let kept = Edit::replace(span.clone(), [indent, if only { "{}" } else { "#" }, feed].concat());
    let edit = if table.form.shape == Shape::Flow {
        let flow = Flow { text, inside: inside(table), members: &spans(table) };
        let last = found.at + 1 == members.len();
        let before = members[..found.at].last().filter(|_| last);
        apart(text, before).and(flow.remove(found.at))
    } else if !lines::blank(indent) {
        let end = members.get(found.at + 1).map_or(all.end, |next| next.key.start);
        Edit::remove(all.start..end)
    } else if only {
        kept
    } else {
        return Ok(remove_lines(text, span, kept));
    };
    Ok(alloc::vec![edit])
}

/// Edits that remove lines. The last one leaves `kept` in their place.
fn remove_lines(text: &str, span: Range<usize>, kept: Edit) -> Vec<Edit> {
    let start = span.start;
    let mut blanks = span.end;
    while blanks < text.len() && lines::blank(&text[blanks..lines::end(text, blanks)]) {
        blanks = lines::next(text, blanks);
    }
    // What follows may otherwise become part of a block scalar before it.
    alloc::vec![Edit::remove(span), Edit::remove(start..blanks), kept]
}

/// The name of a member, without quotes if every reader takes it for a string.
fn name(name: &str) -> Cow<'_, str> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let bare = name.bytes().all(word) && name.as_bytes()[0].is_ascii_alphabetic() && !reserved(name);
    if bare { name.into() } else { quoted(name).into() }
}

/// Words that some YAML parser does not read as a string.
fn reserved(word: &str) -> bool {
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"];
    words.iter().any(|w| w.eq_ignore_ascii_case(word))
}
