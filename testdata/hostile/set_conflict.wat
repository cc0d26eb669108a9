;; returns conflict from a write each time
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_set") (result i32)
    (i32.const 8))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
