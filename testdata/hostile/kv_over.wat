;; stores one value that is larger than its kv
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_kv_v1" "put" (func $kv_put (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32)
    (if (i32.eqz (call $kv_put (i32.const 4096) (i32.const 1) (i32.const 0) (i32.const 65536))) (then (unreachable)))
    (call $emit (i32.const 0) (i32.const 15))))
