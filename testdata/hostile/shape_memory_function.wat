;; exports a function named memory
(module
  (memory 1)
  (func (export "memory"))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
