;; replaces a value that fills half of its kv by one of the same length, 100 times
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_kv_v1" "put" (func $kv_put (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32) (local $i i32)
    (loop $m (if (call $kv_put (i32.const 4096) (i32.const 1) (i32.const 0) (i32.const 30000)) (then (unreachable)))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $m (i32.lt_u (local.get $i) (i32.const 100))))
    (call $emit (i32.const 0) (i32.const 15))))
