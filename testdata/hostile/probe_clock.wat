;; looks for a clock finer than a millisecond
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func (export "postern_get") (result i32)
    (local $i i32)
    (loop $l
      (if (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 512)) (then unreachable))
      (if (i64.ne (i64.rem_u (i64.load (i32.const 512)) (i64.const 1000000)) (i64.const 0)) (then unreachable))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 100))))
    (if (i32.ne (call $clock_time_get (i32.const 2) (i64.const 0) (i32.const 512)) (i32.const 28)) (then unreachable))
    (call $emit (i32.const 0) (i32.const 15))))
