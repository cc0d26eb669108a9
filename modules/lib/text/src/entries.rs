//! The keys and values of a parsed file.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

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

/// A key with its value.
#[derive(Debug)]
pub struct Entry<'a> {
    pub key: Cow<'a, str>,
    /// `None` for null and lists, which have no value but must survive an edit.
    pub value: Option<&'a [u8]>,
    /// The span of a tag because of which nobody may be given the value.
    pub refused: Option<&'a Range<usize>>,
    /// The offset of the key in the text.
    pub at: usize,
}

impl<'a> Entries<'a> {
    /// Keys, values and their offsets in the text. If a key occurs twice, the last
    /// one wins.
    pub fn last_wins(all: impl Iterator<Item = (&'a str, &'a str, usize)>, skipped: usize) -> Self {
        let mut sorted: Vec<_> = all.map(|(key, value, at)| entry(key, value, at)).collect();
        sort(&mut sorted);
        sorted.dedup_by(|later, kept| {
            let same = later.key == kept.key;
            if same {
                core::mem::swap(later, kept);
            }
            same
        });
        Entries { sorted, skipped }
    }

    /// The scalars of a tree. Two spellings of one key, such as `"a/b"` and `b` in
    /// the table `a`, are an error, since neither has precedence.
    pub fn of_tree<F>(root: &'a Node<F>) -> Result<Self, Problem> {
        let mut entries = Entries { sorted: Vec::new(), skipped: 0 };
        let mut budget = limit::KEYS;
        entries.add("", root, &mut budget)?;
        sort_unique(&mut entries.sorted)?;
        Ok(entries)
    }

    fn add<F>(&mut self, prefix: &str, node: &'a Node<F>, budget: &mut usize) -> Result<(), Problem> {
        let Kind::Table(members) = &node.kind else { return Ok(()) };
        check_names(members)?;
        for member in members {
            let key = join(prefix, &member.name);
            if !key::valid(&key) {
                self.skipped += 1;
                continue;
            }
            let (value, refused) = match &member.node.kind {
                Kind::Table(_) => {
                    self.add(&key, &member.node, budget)?;
                    continue;
                }
                Kind::Scalar(scalar) => (Some(&*scalar.value), scalar.refused.as_ref()),
                Kind::Null | Kind::Opaque => (None, None),
            };
            *budget = budget.checked_sub(key.len()).ok_or(Problem::TooLarge(limit::KEYS_EXCEEDED))?;
            self.sorted.push(Entry { key: Cow::Owned(key), value, refused, at: member.key.start });
        }
        Ok(())
    }

    /// The entry of a key that has a value.
    pub fn get(&self, key: &str) -> Option<&Entry<'a>> {
        let at = self.sorted.partition_point(|e| &*e.key < key);
        self.sorted[at..].iter().take_while(|e| &*e.key == key).find(|e| e.value.is_some())
    }

    /// All keys that have a value, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.sorted.iter().filter(|e| e.value.is_some())
    }

    /// Whether two files have the same values, apart from a key that was edited and
    /// tables around it, which an edit may make empty.
    pub fn same_but(&self, other: &Entries, key: &str) -> bool {
        let around = |e: &Entry| {
            e.value.is_none() && key.strip_prefix(&*e.key).is_some_and(|rest| rest.starts_with('/'))
        };
        let kept = |e: &&Entry| *e.key != *key && !around(e);
        let ours = self.sorted.iter().filter(kept);
        let mut theirs = other.sorted.iter().filter(kept);
        for e in ours {
            match theirs.next() {
                Some(o)
                    if o.key == e.key && o.value == e.value && o.refused.is_some() == e.refused.is_some() => {
                }
                _ => return false,
            }
        }
        theirs.next().is_none() && self.skipped == other.skipped
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
fn check_names<F>(members: &[Member<F>]) -> Result<(), Problem> {
    sort_unique(&mut members.iter().map(named).collect::<Vec<_>>())
}

fn named<F>(member: &Member<F>) -> Entry<'_> {
    entry(&member.name, "", member.key.start)
}

fn entry<'a>(key: &'a str, value: &'a str, at: usize) -> Entry<'a> {
    Entry { key: Cow::Borrowed(key), value: Some(value.as_bytes()), refused: None, at }
}

/// Sorts by key, then by position in the file. A heapsort, since the sorts of the
/// standard library take 3 KB of a module.
fn sort(entries: &mut [Entry]) {
    for at in (0..entries.len() / 2).rev() {
        sift(entries, at);
    }
    for end in (1..entries.len()).rev() {
        entries.swap(0, end);
        sift(&mut entries[..end], 0);
    }
}

/// Moves an entry down the heap until none below it is greater.
fn sift(heap: &mut [Entry], mut at: usize) {
    let less = |a: &Entry, b: &Entry| (&*a.key, a.at) < (&*b.key, b.at);
    loop {
        let mut child = 2 * at + 1;
        if child + 1 < heap.len() && less(&heap[child], &heap[child + 1]) {
            child += 1;
        }
        if child >= heap.len() || !less(&heap[at], &heap[child]) {
            return;
        }
        heap.swap(at, child);
        at = child;
    }
}

/// Sorts, and fails if a key occurs twice. Null and lists may share a key with a
/// value elsewhere, since they do not have one.
fn sort_unique(entries: &mut [Entry]) -> Result<(), Problem> {
    sort(entries);
    let mut last: Option<&Entry> = None;
    for e in entries.iter().filter(|e| e.value.is_some()) {
        if last.is_some_and(|l| l.key == e.key) {
            return Err(Problem::At { offset: e.at, what: "duplicate key" });
        }
        last = Some(e);
    }
    Ok(())
}
