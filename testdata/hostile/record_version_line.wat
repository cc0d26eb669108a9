;; a version with a line break
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok\03\00\03\00\00\001\0a2")
  (func (export "postern_get") (result i32)
    (drop (call $emit (i32.const 0) (i32.const 24)))
    (i32.const 0)))
