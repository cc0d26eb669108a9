;; sleeps for a quarter of its time, then returns conflict, each time
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (data (i32.const 2064) "\01")
  (data (i32.const 2072) "\c0\e1\e4\00")
  (func (export "postern_set") (result i32)
    (drop (call $poll_oneoff (i32.const 2048) (i32.const 4096) (i32.const 1) (i32.const 8192)))
    (i32.const 8))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
