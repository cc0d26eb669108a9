;; asks for more memory than there is without end
(module
  (memory (export "memory") 1)
  (func (export "postern_get") (result i32)
    (loop $again
      (drop (memory.grow (i32.const 60000)))
      (br $again))
    (unreachable)))
