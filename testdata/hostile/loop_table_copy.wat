;; copies a few elements without end
(module
  (memory (export "memory") 1)
  (table 100 100 funcref)
  (func (export "postern_get") (result i32)
    (loop $again
      (table.copy (i32.const 0) (i32.const 50) (i32.const 40))
      (br $again))
    (unreachable)))
