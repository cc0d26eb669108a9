;; asks for a variable with a name of 15 MiB
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_env_v1" "get" (func $env_get (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 256)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32)
    (memory.fill (i32.const 65536) (i32.const 65) (i32.const 15728640)) (drop (call $env_get (i32.const 65536) (i32.const 15728640) (i32.const 4096) (i32.const 0)))
    (call $emit (i32.const 0) (i32.const 15))))
