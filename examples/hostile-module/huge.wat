;; Sixty bytes that ask for a table of a gigabyte.
(module
  (table 134217728 funcref)
  (memory (export "memory") 1)
  (func (export "postern_get") (result i32) (i32.const 0)))
