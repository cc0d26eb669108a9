;; postern_get returns 64 bits
(module
  (memory (export "memory") 1)
  (func (export "postern_get") (result i64) (i64.const 0)))
