;; puts a host function into its table and calls it from there
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (type $e (func (param i32 i32) (result i32)))
  (table 1 1 funcref)
  (elem (i32.const 0) $emit)
  (func (export "postern_get") (result i32)
    (call_indirect (type $e) (i32.const 0) (i32.const 15) (i32.const 0))))
