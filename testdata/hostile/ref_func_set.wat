;; a reference to a function that is put into a table in a loop
(module
  (memory (export "memory") 1)
  (table $t 1 1 funcref)
  (elem declare func $f)
  (func $f)
  (func (export "postern_get") (result i32)
    (loop $l (table.set $t (i32.const 0) (ref.func $f)) (br $l))
    (i32.const 0)))
