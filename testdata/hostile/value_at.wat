;; a value as large as the limit
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\08\00\00\0012345678")
  (func (export "postern_get") (result i32)
    (drop (call $emit (i32.const 0) (i32.const 21)))
    (i32.const 0)))
