;; kv keys that are too short, too long or strange
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_kv_v1" "put" (func $kv_put (param i32 i32 i32 i32) (result i32)))
  (import "postern_kv_v1" "get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (data (i32.const 512) "\00\0a\1b")
  (func (export "postern_get") (result i32)
    (if (i32.ne (call $kv_put (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const -6)) (then unreachable))
    (if (i32.ne (call $kv_put (i32.const 0) (i32.const 513) (i32.const 0) (i32.const 1)) (i32.const -6)) (then unreachable))
    (if (call $kv_put (i32.const 512) (i32.const 3) (i32.const 0) (i32.const 1)) (then unreachable))
    (call $emit (i32.const 0) (i32.const 15))))
