;; imports the environment without a grant
(module
  (import "postern_env_v1" "get" (func $env_get (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "postern_get") (result i32)
    (i32.const 0)))
