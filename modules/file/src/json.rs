//! JSON: serde_json finds the members of an object and hands out their source
//! text, so a number keeps its spelling and every value its place.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::limit;
use crate::problem::Problem;
use crate::tree::{Kind, Member, Node, Style, Table};

/// Parses a document, which must be an object.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let root: &RawValue = match serde_json::from_str(text) {
        Ok(root) => root,
        Err(error) => return Err(syntax(offset_of(text, error.line(), error.column()))),
    };
    let mut reader = Reader { text, members: 0 };
    let node = reader.node(root, 0)?;
    match node.kind {
        Kind::Table(_) => Ok(node),
        _ => Err(Problem::At { offset: node.span.start, what: "the document is no object" }),
    }
}

struct Reader<'a> {
    text: &'a str,
    members: usize,
}

impl<'a> Reader<'a> {
    fn node(&mut self, raw: &'a RawValue, depth: usize) -> Result<Node, Problem> {
        let source = raw.get();
        // The parser borrows, so the source is a part of the text.
        let start = source.as_ptr() as usize - self.text.as_ptr() as usize;
        let span = start..start + source.len();
        let kind = match source.as_bytes().first() {
            Some(b'{') => Kind::Table(self.table(source, start, depth)?),
            Some(b'[') => Kind::Opaque,
            Some(b'n') => Kind::Null,
            Some(b'"') => return Ok(Node::scalar(span, string(source, start)?, false)),
            _ => return Ok(Node::scalar(span, source.into(), true)),
        };
        Ok(Node { span, kind })
    }

    fn table(&mut self, source: &'a str, start: usize, depth: usize) -> Result<Table, Problem> {
        if depth == limit::DEPTH {
            return Err(Problem::TooLarge(limit::DEPTH_TEXT));
        }
        // The syntax was found good with the whole, so only the bound is left.
        let pairs: Pairs = serde_json::from_str(source).map_err(|e| match e.is_data() {
            true => Problem::TooLarge(limit::MEMBERS_TEXT),
            false => syntax(start),
        })?;
        self.members += pairs.0.len();
        if self.members > limit::MEMBERS {
            return Err(Problem::TooLarge(limit::MEMBERS_TEXT));
        }
        let mut table = Table::new(Style::Flow);
        for (key, value) in pairs.0 {
            let at = key.get().as_ptr() as usize - self.text.as_ptr() as usize;
            table.members.push(Member {
                name: string(key.get(), at)?,
                key: at..at + key.get().len(),
                node: self.node(value, depth + 1)?,
            });
        }
        Ok(table)
    }
}

fn string(source: &str, start: usize) -> Result<String, Problem> {
    serde_json::from_str(source).map_err(|_| syntax(start))
}

fn syntax(offset: usize) -> Problem {
    Problem::At { offset, what: "not JSON" }
}

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.max(1) - 1).map(str::len).sum();
    (start + column.max(1) - 1).min(text.len())
}

/// The members of one object, in their order, as source text.
struct Pairs<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    if pairs.len() == limit::MEMBERS {
                        return Err(A::Error::custom(""));
                    }
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        from.deserialize_map(Collect)
    }
}
