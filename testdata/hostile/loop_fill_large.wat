;; fills more memory than a small one has, without end
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\08\00\00\00SURVIVED")
  (func (export "postern_get") (result i32)
    (if (i32.load (i32.const 1024)) (then (return (call $emit (i32.const 0) (i32.const 21)))))
    (i32.store (i32.const 1024) (i32.const 1))
    (drop (memory.grow (i32.const 319)))
    (loop $l
      (memory.fill (i32.const 4096) (i32.const 7) (i32.const 20000000))
      (br $l))
    (i32.const 0)))
