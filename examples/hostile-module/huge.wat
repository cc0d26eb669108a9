;; A module of 60 bytes with a table of 1 GiB.
(module
  (table 134217728 funcref)
  (memory (export "memory") 1)
  (func (export "postern_get") (result i32) (i32.const 0)))
