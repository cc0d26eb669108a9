;; a text that forges a log line
(module
  (import "postern_v1" "fail" (func $fail (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "x\1b[31m\0d\0a{\22level\22:\22ERROR\22,\22msg\22:\22forged\22}\00\ff\e2\80\ae")
  (func (export "postern_get") (result i32)
    (call $fail (i32.const 0) (i32.const 45))
    (i32.const 2)))
