;; a line of 1 MiB
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_v1" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 17)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32)
    (call $log (i32.const 8) (i32.const 0) (i32.const 1048576))
    (call $emit (i32.const 0) (i32.const 15))))
