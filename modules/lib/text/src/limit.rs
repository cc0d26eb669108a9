//! Limits that keep a hostile file from exhausting the memory of the module. They
//! are far above the size of real files and fit the default memory of 16 MiB.

/// Bytes of a file that is parsed. It does not apply to the files of a folder.
pub const SOURCE: usize = 1 << 20;
/// Members of all tables together. An edit keeps the parsed file twice in memory.
pub const MEMBERS: usize = 20_000;
/// Entries of a folder, including the folders in it.
pub const ENTRIES: usize = 50_000;
/// Levels of nested tables and lists.
pub const DEPTH: usize = 64;
/// Bytes of all keys together, and of all values that aliases repeat.
pub const KEYS: usize = 4 << 20;
/// Bytes of a YAML file that are parsed, again and again, to accept one more closing
/// bracket at the margin.
pub const REPEATED: usize = 8 << 20;
/// Tokens of a TOML file.
pub const TOKENS: usize = 150_000;

/// The message for a file over the limit.
pub const SOURCE_EXCEEDED: &str = "the file is larger than 1 MiB";
/// See [`SOURCE_EXCEEDED`].
pub const MEMBERS_EXCEEDED: &str = "the file has more than 20000 members";
/// See [`SOURCE_EXCEEDED`].
pub const DEPTH_EXCEEDED: &str = "the file is nested deeper than 64 levels";
/// See [`SOURCE_EXCEEDED`].
pub const KEYS_EXCEEDED: &str = "the keys or aliases of the file have more than 4 MiB";
