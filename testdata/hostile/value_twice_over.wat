;; emits again after too_large
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\09\00\00\00123456789")
  (data (i32.const 32) "\01\00\01\00\00\00k\02\00\05\00\00\00small")
  (func (export "postern_get") (result i32)
    (drop (call $emit (i32.const 0) (i32.const 22)))
    (drop (call $emit (i32.const 32) (i32.const 18)))
    (i32.const 0)))
