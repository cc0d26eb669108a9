//! The tables of a document, and the rules about which may be defined where.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

use text::limit;
use text::problem::Problem;
use text::tree::{Kind, Member};

use crate::form::{self, Form, Node};

/// A dotted key: its parts and the position of all of it.
pub struct Path {
    pub parts: Vec<String>,
    pub span: Range<usize>,
}

/// Tables under construction. Most may get members until the end of the document.
pub struct Tables {
    all: Vec<Partial>,
    /// From a path, with NUL after each part, to an index in `all`.
    index: BTreeMap<String, usize>,
    members: usize,
    text: usize,
}

struct Partial {
    origin: Origin,
    form: Form,
    key: Range<usize>,
    leaves: Vec<Member<Form>>,
    /// Names and indexes in `all`.
    children: Vec<(String, usize)>,
    path: String,
}

/// What defined a table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Nothing yet: a header names a table in it.
    Implied,
    /// A header, or the start of the document.
    Header,
    /// A dotted key in this section.
    Dotted(usize),
    /// Headers of a list of tables; the index of the last of them.
    List(usize),
}

fn duplicate<T>(at: &Range<usize>) -> Result<T, Problem> {
    Err(Problem::At { offset: at.start, what: "duplicate table" })
}

impl Tables {
    /// Tables with a root.
    pub fn new(root: Form) -> Self {
        let mut tables = Tables { all: Vec::new(), index: BTreeMap::new(), members: 0, text: 0 };
        tables.add(Origin::Header, 0..0, String::new());
        tables.all[0].form = root;
        tables
    }

    fn add(&mut self, origin: Origin, key: Range<usize>, path: String) -> usize {
        let (leaves, children) = (Vec::new(), Vec::new());
        self.all.push(Partial { origin, form: Form::Implied, key, leaves, children, path });
        self.all.len() - 1
    }

    /// The table `name` in the table `from`, which is added if it is new.
    fn child(&mut self, from: usize, name: &str, key: &Range<usize>) -> Result<usize, Problem> {
        let mut path = self.all[from].path.clone();
        path.push_str(name);
        path.push('\0');
        if let Some(found) = self.index.get(&path) {
            return Ok(*found);
        }
        self.text += 2 * path.len();
        if self.text > limit::KEYS {
            return Err(Problem::TooLarge(limit::KEYS_EXCEEDED));
        }
        self.count()?;
        let table = self.add(Origin::Implied, key.clone(), path.clone());
        self.index.insert(path, table);
        self.all[from].children.push((name.into(), table));
        Ok(table)
    }

    fn count(&mut self) -> Result<(), Problem> {
        self.members += 1;
        if self.members > limit::MEMBERS {
            return Err(Problem::TooLarge(limit::MEMBERS_EXCEEDED));
        }
        Ok(())
    }

    /// Opens the table of a header and returns it. Its members begin at `body`.
    pub fn header(&mut self, mut path: Path, list: bool, body: usize) -> Result<usize, Problem> {
        let last = path.parts.pop().unwrap_or_default();
        let mut table = 0;
        for part in &path.parts {
            table = self.child(table, part, &path.span)?;
            if let Origin::List(element) = self.all[table].origin {
                table = element;
            }
        }
        let before = self.all.len();
        table = self.child(table, &last, &path.span)?;
        let new = table == before;
        if list {
            table = self.element(table, new, &path.span)?;
        } else if self.all[table].origin != Origin::Implied {
            return duplicate(&path.span);
        }
        let found = &mut self.all[table];
        (found.origin, found.form, found.key) = (Origin::Header, Form::Section(body), path.span);
        Ok(table)
    }

    /// Adds a table to a list of tables.
    fn element(&mut self, list: usize, new: bool, key: &Range<usize>) -> Result<usize, Problem> {
        if !new && !matches!(self.all[list].origin, Origin::List(_)) {
            return duplicate(key);
        }
        self.count()?;
        let path = format!("{}{}\0", self.all[list].path, self.all.len());
        let element = self.add(Origin::Header, key.clone(), path);
        self.all[list].origin = Origin::List(element);
        Ok(element)
    }

    /// Adds a value under a key that may be dotted. `end` is the end of its line.
    pub fn member(&mut self, section: usize, mut path: Path, node: Node, end: usize) -> Result<(), Problem> {
        let name = path.parts.pop().unwrap_or_default();
        let mut table = section;
        for (i, part) in path.parts.iter().enumerate() {
            table = self.child(table, part, &path.span)?;
            let found = &mut self.all[table];
            if found.origin != Origin::Implied && found.origin != Origin::Dotted(section) {
                return duplicate(&path.span);
            }
            found.origin = Origin::Dotted(section);
            found.form = Form::Dotted { names: i + 1, at: end };
        }
        self.count()?;
        self.all[table].leaves.push(Member { name, key: path.span, node });
        if let Form::Section(at) = &mut self.all[section].form {
            *at = end;
        }
        Ok(())
    }

    /// The finished root.
    pub fn finish(mut self) -> Node {
        self.take(0)
    }

    fn take(&mut self, at: usize) -> Node {
        let form = self.all[at].form;
        if let Origin::List(element) = self.all[at].origin {
            let form = Form::List(form::end(&self.take(element)));
            return Node { span: 0..0, kind: Kind::Opaque, form };
        }
        let mut members = mem::take(&mut self.all[at].leaves);
        for (name, child) in mem::take(&mut self.all[at].children) {
            let key = self.all[child].key.clone();
            let node = self.take(child);
            members.push(Member { name, key, node });
        }
        Node { span: 0..0, kind: Kind::Table(members), form }
    }
}
