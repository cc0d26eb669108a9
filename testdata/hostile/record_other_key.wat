;; answers for another key
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\05\00\00\00other\02\00\06\00\00\00stolen")
  (func (export "postern_get") (result i32)
    (drop (call $emit (i32.const 0) (i32.const 23)))
    (i32.const 0)))
