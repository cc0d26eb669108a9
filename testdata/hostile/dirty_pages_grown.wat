;; grows its memory to the limit, and writes one byte into each new page
(module
  (import "postern_v1" "input" (func $input (param i32 i32) (result i32)))
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32) (local $j i32)
    (if (i32.eqz (call $input (i32.const 0) (i32.const 0))) (then (return (i32.const 0))))
    (drop (memory.grow (i32.const 255)))
    (loop $c (i32.store8 (i32.add (i32.const 65536) (i32.shl (local.get $j) (i32.const 12))) (i32.const 1))
      (local.set $j (i32.add (local.get $j) (i32.const 1))) (br_if $c (i32.lt_u (local.get $j) (i32.const 4070))))
    (drop (call $emit (i32.const 16) (i32.const 15)))
    (i32.const 0)))
