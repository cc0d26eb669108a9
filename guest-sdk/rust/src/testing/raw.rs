//! The host functions for tests.

use super::{Host, host};
use crate::status::{Result, Status};
use crate::tlv::{Tag, append};

/// # Safety
/// The pair must be a readable slice.
unsafe fn text<'a>(ptr: *const u8, len: usize) -> &'a str {
    // SAFETY: see above.
    unsafe { core::str::from_utf8(bytes(ptr, len)).expect("text from a module") }
}

/// # Safety
/// The pair must be a readable slice.
unsafe fn bytes<'a>(ptr: *const u8, len: usize) -> &'a [u8] {
    // SAFETY: see above.
    unsafe { core::slice::from_raw_parts(ptr, len) }
}

fn code(result: Result<()>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(status) => -(status.code() as i32),
    }
}

/// Writes a result if it fits, and returns its length.
///
/// # Safety
/// The pair must be a writable buffer.
unsafe fn fill(buf: *mut u8, cap: usize, result: Result<Vec<u8>>) -> i32 {
    match result {
        Err(status) => code(Err(status)),
        Ok(found) => {
            if found.len() <= cap {
                // SAFETY: the caller guarantees cap writable bytes.
                unsafe { buf.copy_from_nonoverlapping(found.as_ptr(), found.len()) };
            }
            found.len() as i32
        }
    }
}

pub unsafe extern "C" fn input(buf: *mut u8, cap: usize) -> i32 {
    unsafe { fill(buf, cap, Ok(host(|h| h.input.clone()))) }
}

pub unsafe extern "C" fn emit(ptr: *const u8, len: usize) -> i32 {
    let record = unsafe { bytes(ptr, len) }.to_vec();
    host(|h| h.emitted.push(record));
    0
}

pub unsafe extern "C" fn fail(ptr: *const u8, len: usize) {
    let line = unsafe { text(ptr, len) }.into();
    host(|h| h.failed = Some(line));
}

pub unsafe extern "C" fn log(_level: i32, ptr: *const u8, len: usize) {
    let line = unsafe { text(ptr, len) }.into();
    host(|h| h.logged.push(line));
}

pub unsafe extern "C" fn log_enabled(_level: i32) -> i32 {
    1
}

pub unsafe extern "C" fn env_get(name: *const u8, name_len: usize, buf: *mut u8, cap: usize) -> i32 {
    let name = unsafe { text(name, name_len) };
    let found = host(|h| {
        if h.env_denied.iter().any(|n| n == name) {
            return Err(Status::Capability);
        }
        h.env.get(name).cloned().ok_or(Status::NotFound)
    });
    unsafe { fill(buf, cap, found) }
}

pub unsafe extern "C" fn env_list(prefix: *const u8, prefix_len: usize, buf: *mut u8, cap: usize) -> i32 {
    let prefix = unsafe { text(prefix, prefix_len) };
    let mut found = Vec::new();
    host(|h| {
        for name in h.env.keys().filter(|n| n.starts_with(prefix)) {
            append(&mut found, Tag::Name, name.as_bytes());
        }
    });
    unsafe { fill(buf, cap, Ok(found)) }
}

/// Calls `f`, unless the test set a status for the path.
fn find<T>(h: &mut Host, path: &str, f: impl FnOnce(&mut Host) -> Result<T>) -> Result<T> {
    h.file_calls += 1;
    match h.file_errors.get(path) {
        Some(status) => Err(*status),
        None => f(h),
    }
}

fn is_folder(h: &Host, path: &str) -> bool {
    let within = format!("{}/", path.trim_end_matches('/'));
    h.files.keys().any(|p| p.starts_with(&within))
}

pub unsafe extern "C" fn file_read(path: *const u8, path_len: usize, buf: *mut u8, cap: usize) -> i32 {
    let path = unsafe { text(path, path_len) };
    let found = host(|h| {
        find(h, path, |h| match h.files.get(path) {
            Some(content) => Ok(content.clone()),
            None if is_folder(h, path) => Err(Status::Capability),
            None => Err(Status::NotFound),
        })
    });
    unsafe { fill(buf, cap, found) }
}

pub unsafe extern "C" fn file_read_at(
    path: *const u8,
    path_len: usize,
    offset: usize,
    buf: *mut u8,
    len: usize,
) -> i32 {
    let path = unsafe { text(path, path_len) };
    let found = host(|h| {
        find(h, path, |h| match h.files.get(path) {
            Some(content) => Ok(content.iter().skip(offset).take(len).copied().collect()),
            None if is_folder(h, path) => Err(Status::Capability),
            None => Err(Status::NotFound),
        })
    });
    unsafe { fill(buf, len, found) }
}

pub unsafe extern "C" fn file_stat(path: *const u8, path_len: usize, buf: *mut u8, cap: usize) -> i32 {
    let path = unsafe { text(path, path_len) };
    let found = host(|h| {
        find(h, path, |h| {
            let (kind, size) = match h.files.get(path) {
                Some(content) => (0u32, content.len() as u64),
                None if is_folder(h, path) => (1, 0),
                None => return Err(Status::NotFound),
            };
            let mut found = Vec::new();
            append(&mut found, Tag::Kind, &kind.to_le_bytes());
            append(&mut found, Tag::Size, &size.to_le_bytes());
            append(&mut found, Tag::Version, format!("v{}", h.generation).as_bytes());
            append(&mut found, Tag::Settled, &u32::from(!h.unsettled).to_le_bytes());
            Ok(found)
        })
    });
    unsafe { fill(buf, cap, found) }
}

pub unsafe extern "C" fn file_list(path: *const u8, path_len: usize, buf: *mut u8, cap: usize) -> i32 {
    let path = unsafe { text(path, path_len) };
    let found = host(|h| find(h, path, |h| entries(h, path)));
    unsafe { fill(buf, cap, found) }
}

fn entries(h: &Host, path: &str) -> Result<Vec<u8>> {
    let within = format!("{}/", path.trim_end_matches('/'));
    let (mut found, mut last) = (Vec::new(), "");
    for (name, content) in &h.files {
        let Some(rest) = name.strip_prefix(&within) else { continue };
        let (entry, kind, size) = match rest.split_once('/') {
            Some((folder, _)) => (folder, 1u32, 0u64),
            None => (rest, 0, content.len() as u64),
        };
        if entry == last || entry.starts_with("..") {
            continue;
        }
        last = entry;
        append(&mut found, Tag::Name, entry.as_bytes());
        append(&mut found, Tag::Kind, &kind.to_le_bytes());
        append(&mut found, Tag::Size, &size.to_le_bytes());
    }
    if last.is_empty() { Err(Status::NotFound) } else { Ok(found) }
}

pub unsafe extern "C" fn file_write(path: *const u8, path_len: usize, ptr: *const u8, len: usize) -> i32 {
    let path = unsafe { text(path, path_len) };
    let content = unsafe { bytes(ptr, len) }.to_vec();
    code(host(|h| {
        find(h, path, |h| {
            if h.read_only {
                return Err(Status::ReadOnly);
            }
            h.generation += 1;
            h.files.insert(path.into(), content);
            Ok(())
        })
    }))
}

pub unsafe extern "C" fn file_remove(path: *const u8, path_len: usize) -> i32 {
    let path = unsafe { text(path, path_len) };
    code(host(|h| {
        find(h, path, |h| {
            if h.read_only {
                return Err(Status::ReadOnly);
            }
            h.files.remove(path).map(|_| ()).ok_or(Status::NotFound)
        })
    }))
}

pub unsafe extern "C" fn kv_get(key: *const u8, key_len: usize, buf: *mut u8, cap: usize) -> i32 {
    let key = unsafe { text(key, key_len) };
    let found = host(|h| h.kv.get(key).cloned().ok_or(Status::NotFound));
    unsafe { fill(buf, cap, found) }
}

pub unsafe extern "C" fn kv_put(key: *const u8, key_len: usize, ptr: *const u8, len: usize) -> i32 {
    let key = unsafe { text(key, key_len) };
    let value = unsafe { bytes(ptr, len) }.to_vec();
    host(|h| h.kv.insert(key.into(), value));
    0
}

pub unsafe extern "C" fn kv_delete(key: *const u8, key_len: usize) -> i32 {
    let key = unsafe { text(key, key_len) };
    code(host(|h| h.kv.remove(key).map(|_| ()).ok_or(Status::NotFound)))
}

pub unsafe extern "C" fn kv_list(prefix: *const u8, prefix_len: usize, buf: *mut u8, cap: usize) -> i32 {
    let prefix = unsafe { text(prefix, prefix_len) };
    let mut found = Vec::new();
    host(|h| {
        for key in h.kv.keys().filter(|k| k.starts_with(prefix)) {
            append(&mut found, Tag::Key, key.as_bytes());
        }
    });
    unsafe { fill(buf, cap, Ok(found)) }
}
