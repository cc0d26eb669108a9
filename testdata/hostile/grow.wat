;; grows its memory to the limit, then asks for more
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32)
    (drop (memory.grow (i32.const 255)))
    (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
    (if (i32.ne (memory.size) (i32.const 256)) (then unreachable))
    (i32.store (i32.const 16777212) (i32.const 1))
    (call $emit (i32.const 0) (i32.const 15))))
