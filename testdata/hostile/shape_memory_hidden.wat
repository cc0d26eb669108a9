;; does not export its memory
(module
  (memory 1)
  (func (export "postern_get") (result i32)
    (i32.const 0)))
