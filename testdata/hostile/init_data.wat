;; an active segment that lies outside of memory
(module
  (memory (export "memory") 1)
  (data (i32.const 65535) "ab")
  (func (export "postern_get") (result i32)
    (i32.const 0)))
