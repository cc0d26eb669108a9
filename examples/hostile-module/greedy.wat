;; Imports the file capability, which it is not granted.
(module
  (import "postern_file_v1" "read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "/etc/passwd")
  (func (export "postern_get") (result i32)
    (drop (call $read (i32.const 0) (i32.const 11) (i32.const 64) (i32.const 4096)))
    (i32.const 0)))
