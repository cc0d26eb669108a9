//! The imported functions, as SPEC.md lists them. On targets other than wasm32
//! [`crate::testing`] implements them.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::testing::raw::*;

#[cfg(target_arch = "wasm32")]
pub(crate) use wasm::*;

#[cfg(target_arch = "wasm32")]
mod wasm {
    #[link(wasm_import_module = "postern_v1")]
    unsafe extern "C" {
        pub fn input(buf: *mut u8, cap: usize) -> i32;
        pub fn emit(ptr: *const u8, len: usize) -> i32;
        pub fn fail(ptr: *const u8, len: usize);
        pub fn log(level: i32, ptr: *const u8, len: usize);
        pub fn log_enabled(level: i32) -> i32;
    }

    #[link(wasm_import_module = "postern_env_v1")]
    unsafe extern "C" {
        #[link_name = "get"]
        pub fn env_get(name: *const u8, name_len: usize, buf: *mut u8, cap: usize) -> i32;
        #[link_name = "list"]
        pub fn env_list(prefix: *const u8, prefix_len: usize, buf: *mut u8, cap: usize) -> i32;
    }

    #[link(wasm_import_module = "postern_file_v1")]
    unsafe extern "C" {
        #[link_name = "read"]
        pub fn file_read(path: *const u8, path_len: usize, buf: *mut u8, cap: usize) -> i32;
        #[link_name = "read_at"]
        pub fn file_read_at(path: *const u8, path_len: usize, offset: usize, buf: *mut u8, len: usize)
        -> i32;
        #[link_name = "stat"]
        pub fn file_stat(path: *const u8, path_len: usize, buf: *mut u8, cap: usize) -> i32;
        #[link_name = "list"]
        pub fn file_list(path: *const u8, path_len: usize, buf: *mut u8, cap: usize) -> i32;
        #[link_name = "write"]
        pub fn file_write(path: *const u8, path_len: usize, ptr: *const u8, len: usize) -> i32;
        #[link_name = "remove"]
        pub fn file_remove(path: *const u8, path_len: usize) -> i32;
    }

    #[link(wasm_import_module = "postern_kv_v1")]
    unsafe extern "C" {
        #[link_name = "get"]
        pub fn kv_get(key: *const u8, key_len: usize, buf: *mut u8, cap: usize) -> i32;
        #[link_name = "put"]
        pub fn kv_put(key: *const u8, key_len: usize, ptr: *const u8, len: usize) -> i32;
        #[link_name = "delete"]
        pub fn kv_delete(key: *const u8, key_len: usize) -> i32;
        #[link_name = "list"]
        pub fn kv_list(prefix: *const u8, prefix_len: usize, buf: *mut u8, cap: usize) -> i32;
    }
}
