;; says two words, then asks for the length of a variable without end
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_env_v1" "get" (func $env_get (param i32 i32 i32 i32) (result i32)))
  (import "postern_v1" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 4)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (data (i32.const 2048) "two wordsGRANTED")
  (func (export "postern_get") (result i32) (local $n i32)
    (call $log (i32.const 8) (i32.const 2048) (i32.const 9))
    (loop $l (drop (call $env_get (i32.const 2057) (i32.const 7) (i32.const 8192) (i32.const 0))) (br $l)) (i32.const 0)))
