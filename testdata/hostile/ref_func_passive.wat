;; references to functions in a segment that is taken in pieces
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (table $t 2 2 funcref)
  (elem $e func $f $f)
  (func $f)
  (func (export "postern_get") (result i32)
    (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2)) (elem.drop $e)
    (call $emit (i32.const 0) (i32.const 15))))
