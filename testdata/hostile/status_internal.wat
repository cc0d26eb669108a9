;; returns the status internal
(module
  (memory (export "memory") 1)
  (func (export "postern_get") (result i32)
    (i32.const 10)))
