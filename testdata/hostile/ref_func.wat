;; makes references without end, each of which the engine would keep
(module
  (memory (export "memory") 1)
  (func $f)
  (elem declare func $f)
  (func (export "postern_get") (result i32)
    (loop $again
      (drop (ref.func $f))
      (br $again))
    (unreachable)))
