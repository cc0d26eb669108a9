;; emits a value of 14 MB in a record that cannot be decoded, without end
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 256)
  (func (export "postern_get") (result i32)
    (i32.store16 (i32.const 2000000) (i32.const 2))
    (i32.store (i32.const 2000002) (i32.const 14000000))
    (i32.store8 (i32.const 16000006) (i32.const 4))
    (loop $m (drop (call $emit (i32.const 2000000) (i32.const 14000008))) (br $m))
    (i32.const 0)))
