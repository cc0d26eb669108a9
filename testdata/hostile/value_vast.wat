;; a value of 15 MiB
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 256)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\00\00\f0\00")
  (func (export "postern_get") (result i32)
    (drop (call $emit (i32.const 0) (i32.const 15728653)))
    (i32.const 0)))
