;; a text of 60,000 bytes that are not UTF-8
(module
  (import "postern_v1" "fail" (func $fail (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "postern_get") (result i32)
    (memory.fill (i32.const 0) (i32.const 255) (i32.const 60000))
    (call $fail (i32.const 0) (i32.const 60000))
    (i32.const 4)))
