;; answers with 256 KiB of bytes of all kinds and says a word, which has to be masked
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_v1" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 5)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\00\00\04\00")
  (data (i32.const 300000) "word")
  (global $state (mut i32) (i32.const 1))
  ;; fills the memory from 13 on up to an end, with bytes of all kinds
  (func $fill (param $end i32) (local $at i32)
    (local.set $at (i32.const 13))
    (loop $more
      (global.set $state (i32.add (i32.mul (global.get $state) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.store8 (local.get $at) (i32.shr_u (global.get $state) (i32.const 24)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $at) (local.get $end)))))
  (func (export "postern_get") (result i32)
    (call $log (i32.const 8) (i32.const 300000) (i32.const 4))
    (call $fill (i32.const 262157))
    (call $emit (i32.const 0) (i32.const 262157))))
