;; reads standard input
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (data (i32.const 512) "\08\02\00\00d\00\00\00")
  (func (export "postern_get") (result i32)
    (i32.store (i32.const 640) (i32.const -1))
    (drop (call $fd_read (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 640)))
    (if (i32.load (i32.const 640)) (then unreachable))
    (call $emit (i32.const 0) (i32.const 15))))
