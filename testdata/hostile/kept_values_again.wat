;; reads 12 values of 1 MiB in turn, 78 times in all
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_kv_v1" "get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (import "postern_kv_v1" "put" (func $kv_put (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 18)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32) (local $i i32)
    (loop $m (i32.store8 (i32.const 4096) (local.get $i)) (i32.store (i32.const 65536) (local.get $i)) (drop (call $kv_put (i32.const 4096) (i32.const 1) (i32.const 65536) (i32.const 1048576)))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $m (i32.lt_u (local.get $i) (i32.const 12))))
    (local.set $i (i32.const 0))
    (loop $r (i32.store8 (i32.const 4096) (i32.rem_u (local.get $i) (i32.const 12))) (drop (call $kv_get (i32.const 4096) (i32.const 1) (i32.const 65536) (i32.const 1048576)))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $r (i32.lt_u (local.get $i) (i32.const 78))))
    (call $emit (i32.const 0) (i32.const 15))))
