;; exports the global that holds its fuel
(module
  (memory (export "memory") 1)
  (global (export "postern.fuel") (mut i64) (i64.const 9223372036854775807))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
