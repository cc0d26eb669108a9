;; puts its configuration, which holds a secret, into the text of a failure
(module
  (import "postern_v1" "input" (func $input (param i32 i32) (result i32)))
  (import "postern_v1" "fail" (func $fail (param i32 i32)))
  (import "postern_kv_v1" "get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (import "postern_kv_v1" "put" (func $kv_put (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 512) "secret")
  (func (export "postern_open") (result i32) ;; keeps the secret, the end of its configuration, in its kv
    (drop (call $kv_put (i32.const 512) (i32.const 6)
      (i32.add (i32.const 2008) (call $input (i32.const 2048) (i32.const 4096))) (i32.const 40)))
    (i32.const 0))
  (func (export "postern_get") (result i32)
    (call $fail (i32.const 0) (call $kv_get (i32.const 512) (i32.const 6) (i32.const 0) (i32.const 64)))
    (i32.const 4)))
