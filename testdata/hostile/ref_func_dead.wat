;; a reference to a function behind a return
(module
  (memory (export "memory") 1)
  (table $t 1 1 funcref)
  (elem declare func $f)
  (func $f)
  (func (export "postern_get") (result i32)
    (return (i32.const 0))
    (drop (ref.func $f))
    (i32.const 0)))
