//! The formats, and which one a path has.

/// The format of a file, or of a folder of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Dotenv,
    Toml,
    Json,
    Yaml,
    /// A folder in which each file is one value.
    Dir,
}

impl Format {
    /// The format that the configuration calls `name`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "dotenv" => Format::Dotenv,
            "toml" => Format::Toml,
            "json" => Format::Json,
            "yaml" => Format::Yaml,
            "dir" => Format::Dir,
            _ => return None,
        })
    }

    /// The format that the name of a file implies, if it implies one.
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.split('/').next_back().unwrap_or(path);
        if name.is_empty() {
            return Some(Format::Dir);
        }
        if name == ".env" || name.starts_with(".env.") {
            return Some(Format::Dotenv);
        }
        let (_, rest) = name.split_once('.')?;
        match rest.split('.').next_back().unwrap_or(rest) {
            "env" => Some(Format::Dotenv),
            "yml" => Some(Format::Yaml),
            "dotenv" | "dir" => None,
            extension => Format::named(extension),
        }
    }
}
