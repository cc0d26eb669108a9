;; emits 10^6 keys, and stops when the host returns too_large
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\04\00\00\00aaaa")
  (func (export "postern_keys") (result i32) (local $i i32)
    (loop $l
      (i32.store (i32.const 6) (i32.add (i32.const 0x61616161) (i32.and (local.get $i) (i32.const 0x0f0f0f0f))))
      (if (call $emit (i32.const 0) (i32.const 10)) (then (return (i32.const 9))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 1000000))))
    (i32.const 0))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
