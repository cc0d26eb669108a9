;; Lacks postern_get.
(module
  (memory (export "memory") 1)
  (func (export "postern_keys") (result i32) (i32.const 0)))
