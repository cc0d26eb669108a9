;; answers with 1 MiB, then fails
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 18)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32)
    (memory.copy (i32.const 65536) (i32.const 0) (i32.const 7)) (i32.store16 (i32.const 65543) (i32.const 2)) (i32.store (i32.const 65545) (i32.const 1048576))
    (drop (call $emit (i32.const 65536) (i32.const 1048589)))
    (i32.const 4)))
