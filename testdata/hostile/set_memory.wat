;; traps in a write, after it was refused memory
(module
  (memory (export "memory") 1)
  (func (export "postern_set") (result i32)
    (drop (memory.grow (i32.const 60000)))
    unreachable)
  (func (export "postern_get") (result i32)
    (i32.const 0)))
