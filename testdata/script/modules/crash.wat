;; Traps.
(module
  (memory (export "memory") 1)
  (func (export "postern_get") (result i32) unreachable))
