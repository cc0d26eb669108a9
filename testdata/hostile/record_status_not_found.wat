;; a status for one key, with a value beside it
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\04\00\04\00\00\00\01\00\00\00\02\00\05\00\00\00value")
  (func (export "postern_get") (result i32)
    (drop (call $emit (i32.const 0) (i32.const 28)))
    (i32.const 0)))
