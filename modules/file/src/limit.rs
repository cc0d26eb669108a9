//! Bounds that keep a hostile file from using up the module's memory. They are
//! far above what a file of secrets needs and fit in the default of 16 MiB.

/// Bytes of a text that is parsed. Files of a folder are not.
pub const SOURCE: usize = 1 << 20;
/// Members of all tables together. A change holds the file twice.
pub const MEMBERS: usize = 20_000;
/// Entries of a folder and the folders within it.
pub const ENTRIES: usize = 50_000;
/// Nested tables, lists and folders.
pub const DEPTH: usize = 64;
/// Bytes of all keys together, and of all values that aliases repeat.
pub const TEXT: usize = 4 << 20;
/// Tokens of a TOML file.
pub const TOKENS: usize = 150_000;

/// What to say when one was passed.
pub const SOURCE_TEXT: &str = "the file is larger than 1 MiB";
/// See [`SOURCE_TEXT`].
pub const MEMBERS_TEXT: &str = "the file has more than 20000 members";
/// See [`SOURCE_TEXT`].
pub const DEPTH_TEXT: &str = "the file is nested deeper than 64 levels";
/// See [`SOURCE_TEXT`].
pub const TEXT_TEXT: &str = "the keys or aliases of the file take more than 4 MiB";
