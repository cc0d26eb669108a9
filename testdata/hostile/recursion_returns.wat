;; calls itself 200,000 deep and returns: the engine keeps the stack
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func $r (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.add (call $r (i32.sub (local.get 0) (i32.const 1))) (local.get 0))) (else (i32.const 0))))
  (func (export "postern_get") (result i32)
    (drop (call $r (i32.const 200000)))
    (call $emit (i32.const 0) (i32.const 15))))
