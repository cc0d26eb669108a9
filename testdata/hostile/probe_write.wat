;; writes where it may only read
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_file_v1" "write" (func $file_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (data (i32.const 512) "granted/file")
  (func (export "postern_get") (result i32)
    (if (i32.ne (call $file_write (i32.const 512) (i32.const 12) (i32.const 0) (i32.const 4)) (i32.const -14)) (then unreachable))
    (call $emit (i32.const 0) (i32.const 15))))
