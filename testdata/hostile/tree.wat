;; a call tree with 2^40 leaves, without a loop
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\08\00\00\00SURVIVED")
  (func $n (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $n (i32.sub (local.get 0) (i32.const 1))) (call $n (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 1))))
  (func (export "postern_get") (result i32)
    (if (i32.load (i32.const 1024)) (then (return (call $emit (i32.const 0) (i32.const 21)))))
    (i32.store (i32.const 1024) (i32.const 1))
    (call $n (i32.const 40))))
