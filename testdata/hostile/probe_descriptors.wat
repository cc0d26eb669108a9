;; tries descriptors 3 to 1,000
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32)
    (local $fd i32)
    (local.set $fd (i32.const 3))
    (loop $l
      (if (i32.ne (call $fd_prestat_get (local.get $fd) (i32.const 512)) (i32.const 8)) (then unreachable))
      (if (i32.ne (call $fd_fdstat_get (local.get $fd) (i32.const 512)) (i32.const 8)) (then unreachable))
      (if (i32.ne (call $fd_read (local.get $fd) (i32.const 512) (i32.const 0) (i32.const 600)) (i32.const 8)) (then unreachable))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $fd) (i32.const 1000))))
    (call $emit (i32.const 0) (i32.const 15))))
