;; an import whose name forges a log line
(module
  (import "env" "\1b[31m\0a{\22level\22:\22ERROR\22,\22msg\22:\22forged\22}\0d" (func))
  (memory (export "memory") 1)
  (func (export "postern_get") (result i32)
    (i32.const 0)))
