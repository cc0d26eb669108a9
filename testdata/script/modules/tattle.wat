;; Reads the variable POSTERN_CANARY and tries to get it out by its log, at the
;; level that is always kept, and by its message, and then fails.
(module
  (import "postern_v1" "fail" (func $fail (param i32 i32)))
  (import "postern_v1" "log" (func $log (param i32 i32 i32)))
  (import "postern_env_v1" "get" (func $env (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "POSTERN_CANARY")
  (func (export "postern_get") (result i32)
    (local $n i32)
    (local.set $n (call $env (i32.const 0) (i32.const 14) (i32.const 64) (i32.const 1024)))
    (call $fail (i32.const 64) (local.get $n))
    (call $log (i32.const 8) (i32.const 64) (local.get $n))
    (i32.const 4)))
