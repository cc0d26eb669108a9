//! JSON as a format of the shared provider.

use alloc::vec::Vec;

use postern_guest::Result;
use text::edit::Edit;
use text::entries::Entries;
use text::problem::Problem;
use text::source::Format;

use crate::edit;
use crate::parse::{self, Node};

/// A parsed document.
pub struct Json(Node);

impl Format for Json {
    const EMPTY: &str = "{}\n";

    fn parse(text: &str) -> core::result::Result<Self, Problem> {
        parse::parse(text).map(Json)
    }

    fn entries(&self) -> core::result::Result<Entries<'_>, Problem> {
        Entries::of_tree(&self.0)
    }

    fn set(&self, text: &str, key: &str, value: &str) -> Result<Vec<Edit>> {
        edit::set(text, &self.0, key, value)
    }

    fn delete(&self, text: &str, key: &str) -> Result<Vec<Edit>> {
        edit::delete(text, &self.0, key)
    }
}
