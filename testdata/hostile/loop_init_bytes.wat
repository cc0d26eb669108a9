;; copies a few bytes of a segment without end
(module
  (memory (export "memory") 1)
  (data "once")
  (func (export "postern_get") (result i32)
    (loop $again
      (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 4))
      (br $again))
    (unreachable)))
