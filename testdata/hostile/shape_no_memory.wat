;; has no memory
(module
  (func (export "postern_get") (result i32)
    (i32.const 0)))
