;; calls in tail position, which a meter would not take for a loop
(module
  (memory (export "memory") 1)
  (func $f (result i32) (return_call $f))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
