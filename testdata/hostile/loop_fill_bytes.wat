;; fills a few bytes without end
(module
  (memory (export "memory") 1)
  (func (export "postern_get") (result i32)
    (loop $again
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 1000))
      (br $again))
    (unreachable)))
