;; an export whose name forges a log line
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "\1b[31m\0a{\22level\22:\22ERROR\22,\22msg\22:\22forged\22}\0d"))
  (func (export "postern_get") (result i32)
    (call $emit (i32.const 0) (i32.const 15))))
