;; levels that do not exist
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_v1" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32)
    (call $log (i32.const 2147483647) (i32.const 13) (i32.const 2))
    (call $log (i32.const -2147483648) (i32.const 13) (i32.const 2))
    (call $emit (i32.const 0) (i32.const 15))))
