;; asks for a variable with a name of 56 KiB without end
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_env_v1" "get" (func $env_get (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\08\00\00\00SURVIVED")
  (func (export "postern_get") (result i32)
    (if (i32.load (i32.const 1024)) (then (return (call $emit (i32.const 0) (i32.const 21)))))
    (i32.store (i32.const 1024) (i32.const 1))
    (memory.fill (i32.const 8192) (i32.const 65) (i32.const 57344))
    (loop $l (drop (call $env_get (i32.const 8192) (i32.const 57344) (i32.const 4096) (i32.const 16))) (br $l))
    (i32.const 0)))
