;; loops in _initialize
(module
  (memory (export "memory") 1)
  (func (export "_initialize") (loop $l (br $l)))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
