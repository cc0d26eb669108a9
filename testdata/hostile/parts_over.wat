;; reads parts of a file until the host has no memory for the call
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_file_v1" "read_at" (func $file_read_at (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 2048) "granted/file")
  (func (export "postern_get") (result i32)
    (local $at i32)
    (local $got i32)
    (loop $l
      (local.set $got (call $file_read_at (i32.const 2048) (i32.const 12) (local.get $at) (i32.const 8192) (i32.const 32768)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $l (i32.ge_s (local.get $got) (i32.const 0))))
    (i32.sub (i32.const 0) (local.get $got))))
