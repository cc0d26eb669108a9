;; an atomic instruction
(module
  (memory (export "memory") 1)
  (func (drop (i32.atomic.load (i32.const 0))))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
