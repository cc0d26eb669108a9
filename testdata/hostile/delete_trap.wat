;; traps in a removal
(module
  (memory (export "memory") 1)
  (func (export "postern_delete") (result i32) unreachable)
  (func (export "postern_get") (result i32)
    (i32.const 0)))
