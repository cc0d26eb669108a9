;; a valid name, then bytes that are not a record
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\04\00\00\00good\01\00\ff")
  (func (export "postern_keys") (result i32) (local $i i32)
    (drop (call $emit (i32.const 0) (i32.const 13)))
    (i32.const 0))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
