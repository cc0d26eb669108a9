;; a reference to a function that is chosen
(module
  (memory (export "memory") 1)
  (table $t 1 1 funcref)
  (elem declare func $f)
  (func $f)
  (func (export "postern_get") (result i32)
    (drop (select (result funcref) (ref.func $f) (ref.null func) (i32.const 0)))
    (i32.const 0)))
