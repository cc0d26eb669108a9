;; emits records with values of 14 MB that cannot be decoded, and one with an unknown status
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 256)
  (func (export "postern_get") (result i32) (local $i i32)
    (i32.store16 (i32.const 2000000) (i32.const 2))
    (i32.store (i32.const 2000002) (i32.const 14000000))
    (i32.store8 (i32.const 16000006) (i32.const 4))
    (loop $m (drop (call $emit (i32.const 2000000) (i32.const 14000008)))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $m (i32.lt_u (local.get $i) (i32.const 5))))
    (i32.store (i32.const 16000008) (i32.const 4))
    (i32.store (i32.const 16000012) (i32.const 99))
    (drop (call $emit (i32.const 2000000) (i32.const 14000016)))
    (i32.const 0)))
