;; fails in postern_open with unauthenticated, and a secret in the text
(module
  (import "postern_v1" "fail" (func $fail (param i32 i32)))
  (import "postern_v1" "input" (func $input (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "postern_open") (result i32)
    (call $fail (i32.const 0) (call $input (i32.const 0) (i32.const 4096)))
    (i32.const 3))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
