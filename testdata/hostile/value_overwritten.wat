;; overwrites its answer as soon as emit has returned
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_v1" "input" (func $input (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32)
    (if (i32.eqz (call $input (i32.const 0) (i32.const 0))) (then (return (i32.const 0)))) ;; the warm-up
    (drop (call $emit (i32.const 0) (i32.const 15)))
    (memory.fill (i32.const 0) (i32.const 120) (i32.const 4096))
    (i32.const 0)))
