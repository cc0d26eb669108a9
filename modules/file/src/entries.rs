//! The keys and values of a parsed file.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::dotenv::Dotenv;
use crate::key;
use crate::limit;
use crate::problem::Problem;
use crate::tree::{Kind, Member, Node};

/// Keys with their values, sorted and without duplicates.
#[derive(Debug)]
pub struct Entries<'a> {
    sorted: Vec<Entry<'a>>,
    /// The number of names that are not valid keys.
    pub skipped: usize,
}

#[derive(Debug)]
struct Entry<'a> {
    key: Cow<'a, str>,
    value: &'a str,
    at: usize,
}

impl<'a> Entries<'a> {
    /// The assignments of a dotenv file. If a name occurs twice, the last one wins.
    pub fn of_dotenv(file: &'a Dotenv) -> Self {
        let mut entries = Entries { sorted: Vec::new(), skipped: file.skipped };
        for found in &file.assignments {
            entries.push(&found.name, &found.value, found.span.start);
        }
        sort(&mut entries.sorted);
        entries.sorted.dedup_by(|later, kept| {
            let same = later.key == kept.key;
            if same {
                core::mem::swap(later, kept);
            }
            same
        });
        entries
    }

    /// The scalars of a tree. Two spellings of one key, such as `"a/b"` and `b` in
    /// the table `a`, are an error, since neither has precedence.
    pub fn of_tree(root: &'a Node) -> Result<Self, Problem> {
        let mut entries = Entries { sorted: Vec::new(), skipped: 0 };
        let mut budget = limit::KEYS;
        entries.add("", root, &mut budget)?;
        sort_unique(&mut entries.sorted)?;
        Ok(entries)
    }

    fn push(&mut self, key: &str, value: &'a str, at: usize) {
        self.sorted.push(Entry { key: Cow::Owned(key.into()), value, at });
    }

    fn add(&mut self, prefix: &str, node: &'a Node, budget: &mut usize) -> Result<(), Problem> {
        let Kind::Table(table) = &node.kind else { return Ok(()) };
        check_names(&table.members)?;
        for member in &table.members {
            let key = join(prefix, &member.name);
            if !key::valid(&key) {
                self.skipped += 1;
                continue;
            }
            match &member.node.kind {
                Kind::Table(_) => self.add(&key, &member.node, budget)?,
                Kind::Scalar(scalar) => {
                    *budget = budget.checked_sub(key.len()).ok_or(Problem::TooLarge(limit::KEYS_EXCEEDED))?;
                    self.push(&key, &scalar.text, member.key.start);
                }
                Kind::Null | Kind::Opaque => {}
            }
        }
        Ok(())
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        let at = self.sorted.binary_search_by(|e| (*e.key).cmp(key)).ok()?;
        Some(self.sorted[at].value)
    }

    /// All keys with their values, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.sorted.iter().map(|e| (&*e.key, e.value))
    }
}

fn join(prefix: &str, name: &str) -> String {
    let mut key = String::with_capacity(prefix.len() + 1 + name.len());
    key.push_str(prefix);
    if !prefix.is_empty() {
        key.push('/');
    }
    key.push_str(name);
    key
}

/// Fails if a name occurs twice in one table.
fn check_names(members: &[Member]) -> Result<(), Problem> {
    sort_unique(&mut members.iter().map(named).collect::<Vec<_>>())
}

fn named(member: &Member) -> Entry<'_> {
    Entry { key: Cow::Borrowed(&member.name), value: "", at: member.key.start }
}

/// Sorts by key, then by position in the file.
fn sort(entries: &mut [Entry]) {
    entries.sort_unstable_by(|a, b| (&*a.key, a.at).cmp(&(&*b.key, b.at)));
}

/// Sorts, and fails if a key occurs twice.
fn sort_unique(entries: &mut [Entry]) -> Result<(), Problem> {
    sort(entries);
    match entries.windows(2).find(|pair| pair[0].key == pair[1].key) {
        None => Ok(()),
        Some(pair) => Err(Problem::At { offset: pair[1].at, what: "duplicate key" }),
    }
}
