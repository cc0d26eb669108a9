;; references in a table and in a global, not in code
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (type $t (func (result i32)))
  (func $f (type $t) (call $emit (i32.const 0) (i32.const 15)))
  (table 1 1 funcref)
  (global funcref (ref.func $f))
  (elem (i32.const 0) funcref (ref.func $f))
  (func (export "postern_get") (result i32) (call_indirect (type $t) (i32.const 0))))
