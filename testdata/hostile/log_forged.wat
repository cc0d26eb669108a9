;; lines with breaks, escape codes, JSON, zeroes and reversed text
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_v1" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (data (i32.const 64) "x\1b[31m\0d\0a{\22level\22:\22ERROR\22,\22msg\22:\22forged\22}\00\ff\e2\80\ae")
  (func (export "postern_get") (result i32)
    (call $log (i32.const 4) (i32.const 64) (i32.const 45))
    (call $emit (i32.const 0) (i32.const 15))))
