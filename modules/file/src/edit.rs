//! Edits of JSON, TOML and YAML: each replaces one span of the text and keeps the
//! other bytes. The caller must parse the result before it writes it.

use alloc::string::String;
use core::ops::Range;

use postern_guest::{Result, Status};

use crate::format::Format;
use crate::problem::line_start;
use crate::spell;
use crate::tree::{Kind, Member, Node, Style, Table};

/// One edit: a span and the text that replaces it.
struct Splice {
    span: Range<usize>,
    text: String,
}

impl Splice {
    fn insert(at: usize, text: String) -> Self {
        Splice { span: at..at, text }
    }

    fn apply(self, text: &str) -> String {
        let mut new = String::with_capacity(text.len() + self.text.len());
        new.push_str(&text[..self.span.start]);
        new.push_str(&self.text);
        new.push_str(&text[self.span.end..]);
        new
    }
}

/// The text with a key set to a value.
pub fn set(format: Format, text: &str, root: &Node, key: &str, value: &str) -> Result<String> {
    let editor = Editor { format, text };
    match find(root, key) {
        Some((table, at)) => editor.replace(&table.members[at], value),
        None => editor.add(root, key, value),
    }
}

/// The text without a key.
pub fn delete(format: Format, text: &str, root: &Node, key: &str) -> Result<String> {
    let (table, at) = find(root, key).ok_or(Status::NotFound)?;
    if table.members[at].node.text().is_none() {
        return Err(Status::NotFound);
    }
    Ok(Editor { format, text }.remove(table, at).apply(text))
}

/// The member with a key, in nested tables, in names with slashes, or in both.
fn find<'a>(node: &'a Node, key: &str) -> Option<(&'a Table, usize)> {
    let Kind::Table(table) = &node.kind else { return None };
    if let Some(at) = table.members.iter().position(|m| m.name == key) {
        return Some((table, at));
    }
    table.members.iter().find_map(|m| {
        let rest = key.strip_prefix(m.name.as_str())?.strip_prefix('/')?;
        find(&m.node, rest)
    })
}

fn blank(text: &str) -> bool {
    text.trim_ascii().is_empty()
}

struct Editor<'a> {
    format: Format,
    text: &'a str,
}

impl Editor<'_> {
    fn line_feed(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// The start of the line after an offset, or the offset itself if a line
    /// starts there.
    fn next_line(&self, at: usize) -> usize {
        if at == 0 || self.text.as_bytes()[at - 1] == b'\n' {
            return at;
        }
        self.text[at..].find('\n').map_or(self.text.len(), |i| at + i + 1)
    }

    fn replace(&self, member: &Member, value: &str) -> Result<String> {
        let node = &member.node;
        let old = &self.text[node.span.clone()];
        let splice = match &node.kind {
            Kind::Table(_) => return Err(Status::InvalidKey.because("the key is a table")),
            Kind::Opaque => return Err(Status::InvalidKey.because("the key is a list")),
            Kind::Scalar(s) if s.anchored => {
                return Err(Status::ReadOnly.because("aliases in the file refer to the value"));
            }
            Kind::Null if old.is_empty() => {
                let colon = self.text[member.key.end..].find(':').ok_or(Status::Internal)?;
                Splice::insert(member.key.end + colon + 1, [" ", &spell::quoted(value)].concat())
            }
            Kind::Null => Splice { span: node.span.clone(), text: spell::quoted(value) },
            Kind::Scalar(s) => {
                let mut text = spell::keep_scalar_type(s.bare.then_some(old), value);
                if old.ends_with('\n') {
                    text.push_str(self.line_feed());
                }
                Splice { span: node.span.clone(), text }
            }
        };
        Ok(splice.apply(self.text))
    }

    /// Adds a key to the innermost table on its path that exists, and nests the
    /// rest. If a value is on the path, the rest becomes one name with slashes.
    fn add(&self, root: &Node, key: &str, value: &str) -> Result<String> {
        let (mut node, mut rest) = (root, key);
        let mut path = String::new();
        let mut blocked = false;
        while let Some((segment, after)) = rest.split_once('/') {
            let Kind::Table(table) = &node.kind else { break };
            let Some(next) = table.members.iter().find(|m| m.name == segment) else { break };
            if !matches!(next.node.kind, Kind::Table(_)) {
                blocked = true;
                break;
            }
            path.push_str(&spell::name(self.format, segment));
            path.push('.');
            (node, rest) = (&next.node, after);
        }
        let Kind::Table(table) = &node.kind else { return Err(Status::Internal) };
        let value = spell::quoted(value);
        let splice = match (table.style, self.format) {
            (Style::Flow, _) => self.add_flow(node, table, rest, blocked, &value),
            (Style::Block(indent), _) => self.add_block(table, indent, rest, blocked, &value),
            (Style::Section(at), _) if blocked || !rest.contains('/') => {
                self.add_line(at, &[&spell::name(self.format, rest), " = ", &value].concat())
            }
            _ => self.add_section(&path, rest, blocked, &value),
        };
        Ok(splice.apply(self.text))
    }

    /// Adds a member between braces.
    fn add_flow(&self, node: &Node, table: &Table, rest: &str, blocked: bool, value: &str) -> Splice {
        let entry = self.flow_entry(rest, blocked, value);
        let open = node.span.start + 1;
        let Some(last) = table.members.last() else {
            let end = self.line_feed();
            let text = match self.format {
                Format::Json if node.span.start == 0 => [end, "  ", &entry, end].concat(),
                Format::Toml => [" ", &entry, " "].concat(),
                _ => entry,
            };
            // Replaces blanks between the braces.
            let close = node.span.end - 1;
            let span = if blank(&self.text[open..close]) { open..close } else { open..open };
            return Splice { span, text };
        };
        let before = &self.text[open..last.key.start];
        let gap = &before[before.trim_ascii_end().len()..];
        let gap = if table.members.len() == 1 && !gap.contains('\n') { " " } else { gap };
        Splice::insert(last.node.span.end, [",", gap, &entry].concat())
    }

    fn flow_entry(&self, rest: &str, blocked: bool, value: &str) -> String {
        let (between, nested) = match self.format {
            Format::Toml => (" = ", ("{ ", " }")),
            _ => (": ", ("{", "}")),
        };
        match rest.split_once('/') {
            Some((segment, after)) if !blocked => {
                let inner = self.flow_entry(after, false, value);
                [&spell::name(self.format, segment), between, nested.0, &inner, nested.1].concat()
            }
            _ => [&spell::name(self.format, rest), between, value].concat(),
        }
    }

    /// Adds a member to a YAML block mapping.
    fn add_block(&self, table: &Table, indent: usize, rest: &str, blocked: bool, value: &str) -> Splice {
        let at = match table.members.last() {
            Some(last) => self.next_line(last.node.span.end.max(last.key.end)),
            None => self.text.len(),
        };
        let end = self.line_feed();
        let mut text = String::new();
        if at > 0 && self.text.as_bytes()[at - 1] != b'\n' {
            text.push_str(end);
        }
        let (mut rest, mut indent) = (rest, indent);
        while let (Some((segment, after)), false) = (rest.split_once('/'), blocked) {
            text.push_str(&[&" ".repeat(indent), &*spell::name(self.format, segment), ":", end].concat());
            (rest, indent) = (after, indent + 2);
        }
        text.push_str(&[&" ".repeat(indent), &*spell::name(self.format, rest), ": ", value, end].concat());
        Splice::insert(at, text)
    }

    /// Adds a line, at the start of another line or at the end of the text.
    fn add_line(&self, at: usize, line: &str) -> Splice {
        let end = self.line_feed();
        let open = at > 0 && self.text.as_bytes()[at - 1] != b'\n';
        Splice::insert(at, [if open { end } else { "" }, line, end].concat())
    }

    /// Adds a TOML table at the end, for a key whose table has no header.
    fn add_section(&self, path: &str, rest: &str, blocked: bool, value: &str) -> Splice {
        let end = self.line_feed();
        let (mut header, mut name) = (String::from(path), rest);
        while let (Some((segment, after)), false) = (name.split_once('/'), blocked) {
            header.push_str(&spell::name(self.format, segment));
            header.push('.');
            name = after;
        }
        header.pop();
        let blank = if blank(self.text) { "" } else { end };
        let line = [blank, "[", &header, "]", end, &spell::name(self.format, name), " = ", value].concat();
        self.add_line(self.text.len(), &line)
    }

    fn remove(&self, table: &Table, at: usize) -> Splice {
        let member = &table.members[at];
        let end = member.node.span.end.max(member.key.end);
        if table.style == Style::Flow {
            let (from, to) = match (at.checked_sub(1), table.members.get(at + 1)) {
                (Some(previous), _) => {
                    let previous = &table.members[previous];
                    (previous.node.span.end.max(previous.key.end), end)
                }
                (None, Some(next)) => (member.key.start, next.key.start),
                (None, None) => (member.key.start, end),
            };
            return Splice { span: from..to, text: String::new() };
        }
        let start = line_start(self.text, member.key.start);
        let alone = blank(&self.text[start..member.key.start]);
        let (start, end) = if alone { (start, self.next_line(end)) } else { (member.key.start, end) };
        Splice { span: start..end, text: String::new() }
    }
}
