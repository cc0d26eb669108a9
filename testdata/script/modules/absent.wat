;; Is never configured, and says why.
(module
  (import "postern_v1" "input" (func $input (param i32 i32) (result i32)))
  (import "postern_v1" "fail" (func $fail (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "VAULT_TOKEN is missing")
  (func (export "postern_get") (result i32)
    (drop (call $input (i32.const 64) (i32.const 1000)))
    (call $fail (i32.const 0) (i32.const 22))
    (i32.const 11))
  (func (export "postern_keys") (result i32)
    (call $fail (i32.const 0) (i32.const 22))
    (i32.const 11)))
