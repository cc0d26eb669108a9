//! The spelling of names and values that a shell, python-dotenv, npm's dotenv,
//! `node --env-file` and godotenv read alike. DIALECT.md has the rules.

use alloc::string::String;

/// Whether a name can be written. A shell would execute a line with another name.
pub fn name(name: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    name.bytes().all(word) && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

/// The names to which bash or dash give another value than the one that is assigned, or
/// end at the assignment.
const KEPT: &[&str] = &[
    "BASHOPTS",
    "BASHPID",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_COMMAND",
    "BASH_COMPAT",
    "BASH_LINENO",
    "BASH_MONOSECONDS",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "BASH_TRAPSIG",
    "BASH_VERSINFO",
    "BASH_XTRACEFD",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "LINENO",
    "OPTIND",
    "PIPESTATUS",
    "PPID",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "SRANDOM",
    "UID",
    "_",
];

/// Whether shells keep a name for themselves.
pub fn kept(name: &str) -> bool {
    KEPT.contains(&name)
}

/// Spells a value. The previous quotes are kept if possible. The error says what
/// cannot be written.
pub fn value(value: &str, quote: Option<u8>) -> Result<String, &'static str> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(&b);
    let plain = value.bytes().all(word) && !value.starts_with('=') && !value.contains(":=");
    if value.contains(['\0', '\r']) {
        return Err("dotenv readers differ on a carriage return");
    }
    if value.split_once("${").is_some_and(|(_, rest)| rest.contains('}')) {
        return Err("some dotenv readers expand ${...}");
    }
    let double = !value.contains(['"', '\\', '$', '`']);
    if quote == Some(b'"') && double {
        return Ok(wrap('"', value));
    }
    if quote.is_none() && !value.is_empty() && plain {
        return Ok(value.into());
    }
    if !value.contains('\'') {
        if value.ends_with('\\') || value.contains("\\\\") {
            return Err("dotenv readers differ on a backslash at the end or before a backslash");
        }
        return Ok(wrap('\'', value));
    }
    if double {
        return Ok(wrap('"', value));
    }
    Err("dotenv readers differ on a value with a single quote and one of \" \\ $ `")
}

fn wrap(quote: char, value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push(quote);
    out.push_str(value);
    out.push(quote);
    out
}
