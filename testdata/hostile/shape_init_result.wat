;; _initialize returns a status
(module
  (memory (export "memory") 1)
  (func (export "_initialize") (result i32) (i32.const 0))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
