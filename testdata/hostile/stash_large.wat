;; in a memory that is restored by dropping pages
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_v1" "input" (func $input (param i32 i32) (result i32)))
  (memory (export "memory") 256)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\05\00\00\00FOUND")
  (data (i32.const 32) "\01\00\01\00\00\00k\02\00\05\00\00\00clean")
  (func (export "postern_open") (result i32) (memory.fill (i32.const 1048576) (i32.const 9) (i32.const 8388608)) (i32.const 0))
  (func (export "postern_get") (result i32)
    (if (i32.eqz (call $input (i32.const 0) (i32.const 0))) (then (return (i32.const 0)))) ;; the warm-up
    (if (i32.load (i32.const 10000000)) (then (return (call $emit (i32.const 0) (i32.const 18)))))
    (i32.store (i32.const 10000000) (i32.const 1))
    (call $emit (i32.const 32) (i32.const 18))))
