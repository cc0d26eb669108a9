//! Which variable belongs to which key. A variable and a key belong together only
//! if each leads to the other.

use alloc::borrow::Cow;
use alloc::string::String;

/// How the part of a variable's name behind the prefix becomes a key.
#[derive(Clone, Copy, PartialEq)]
pub enum Names {
    /// It is the key.
    Exact,
    /// `DB__MAX_CONN` is `db/max_conn`: lower case, with `/` in place of `__`.
    Path,
}

impl Names {
    /// The setting `names`, or `None` for an unknown one.
    pub fn parse(setting: &str) -> Option<Self> {
        match setting {
            "" | "exact" => Some(Names::Exact),
            "path" => Some(Names::Path),
            _ => None,
        }
    }

    /// The variable of a key, without the prefix; `None` if no variable has this key.
    pub fn variable(self, key: &str) -> Option<Cow<'_, str>> {
        if self == Names::Exact {
            return Some(Cow::Borrowed(key));
        }
        let name = self.spell(key);
        (self.splits(key) && self.read(&name) == key).then_some(Cow::Owned(name))
    }

    /// The key of a variable without its prefix; `None` if no key leads to it.
    pub fn key(self, variable: &str) -> Option<String> {
        let key = self.read(variable);
        (valid(&key) && self.splits(&key) && self.spell(&key) == variable).then_some(key)
    }

    /// Reports whether only `/` becomes `__`: `A___B` could be `a_/b` or `a/_b`, so
    /// neither is a key.
    fn splits(self, key: &str) -> bool {
        self == Names::Exact
            || key.split('/').all(|s| !s.starts_with('_') && !s.ends_with('_') && !s.contains("__"))
    }

    fn spell(self, key: &str) -> String {
        match self {
            Names::Exact => key.into(),
            Names::Path => key.to_ascii_uppercase().replace('/', "__"),
        }
    }

    fn read(self, variable: &str) -> String {
        match self {
            Names::Exact => variable.into(),
            Names::Path => variable.to_ascii_lowercase().replace("__", "/"),
        }
    }
}

/// Reports whether the host takes a key: segments joined by `/`.
fn valid(key: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._@:+-".contains(c);
    let segment = |s: &str| !matches!(s, "" | "." | "..") && s.chars().all(allowed);
    key.len() <= 512 && key.split('/').all(segment)
}
