//! What a file holds, as keys.

use alloc::string::String;
use alloc::vec::Vec;

use crate::dotenv::Dotenv;
use crate::key;
use crate::limit;
use crate::problem::Problem;
use crate::tree::{Kind, Member, Node};

/// Keys with their values: sorted, each once.
#[derive(Debug)]
pub struct Entries<'a> {
    sorted: Vec<Entry<'a>>,
    /// Names that are no keys.
    pub skipped: usize,
}

#[derive(Debug)]
struct Entry<'a> {
    key: String,
    value: &'a str,
    at: usize,
}

impl<'a> Entries<'a> {
    /// The assignments of a dotenv file; of two for one name the last.
    pub fn of_dotenv(file: &'a Dotenv) -> Self {
        let all = file.assignments.iter();
        let entry = |a: &'a crate::dotenv::Assignment| Entry { key: a.name.clone(), value: &a.value, at: a.span.start };
        let mut sorted: Vec<Entry> = all.map(entry).collect();
        // The last comes first, so that it is the one that stays.
        sorted.sort_unstable_by(|a, b| (&a.key, b.at).cmp(&(&b.key, a.at)));
        sorted.dedup_by(|later, kept| later.key == kept.key);
        Entries { sorted, skipped: file.skipped }
    }

    /// The scalars of a tree. Two spellings of one key are a problem: which of
    /// them counts would be a guess.
    pub fn of_tree(root: &'a Node) -> Result<Self, Problem> {
        let mut entries = Entries { sorted: Vec::new(), skipped: 0 };
        let mut budget = limit::TEXT;
        entries.add("", root, &mut budget)?;
        entries.sorted.sort_unstable_by(|a, b| (&a.key, a.at).cmp(&(&b.key, b.at)));
        match entries.sorted.windows(2).find(|pair| pair[0].key == pair[1].key) {
            Some(pair) => Err(twice(pair[1].at)),
            None => Ok(entries),
        }
    }

    fn add(&mut self, prefix: &str, node: &'a Node, budget: &mut usize) -> Result<(), Problem> {
        let Kind::Table(table) = &node.kind else { return Ok(()) };
        unique(&table.members)?;
        for member in &table.members {
            let key = join(prefix, &member.name);
            if !key::valid(&key) {
                self.skipped += 1;
                continue;
            }
            match &member.node.kind {
                Kind::Table(_) => self.add(&key, &member.node, budget)?,
                Kind::Scalar(scalar) => {
                    *budget = budget.checked_sub(key.len()).ok_or(Problem::TooLarge(limit::TEXT_TEXT))?;
                    self.sorted.push(Entry { key, value: &scalar.text, at: member.key.start });
                }
                Kind::Null | Kind::Opaque => {}
            }
        }
        Ok(())
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        let at = self.sorted.binary_search_by(|e| e.key.as_str().cmp(key)).ok()?;
        Some(self.sorted[at].value)
    }

    /// All keys with their values, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.sorted.iter().map(|e| (e.key.as_str(), e.value))
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

/// Refuses a name that stands twice in one table.
fn unique(members: &[Member]) -> Result<(), Problem> {
    let mut names: Vec<(&str, usize)> = members.iter().map(|m| (m.name.as_str(), m.key.start)).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(twice(pair[1].1)),
        None => Ok(()),
    }
}

fn twice(offset: usize) -> Problem {
    Problem::At { offset, what: "two spellings of one key" }
}
