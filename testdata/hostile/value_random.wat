;; answers each key with 64 bytes of all kinds, which are dear to mask: in pooled mode others each time
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_v1" "input" (func $input (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $state (mut i32) (i32.const 1))
  (func $fill (param $at i32) (param $end i32)
    (loop $more
      (global.set $state (i32.add (i32.mul (global.get $state) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.store8 (local.get $at) (i32.shr_u (global.get $state) (i32.const 24)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $at) (local.get $end)))))
  ;; The record of the key is that of the answer, with the value behind it.
  (func (export "postern_get") (result i32) (local $size i32)
    (drop (call $input (i32.const 0) (i32.const 4096)))
    (local.set $size (i32.add (i32.const 6) (i32.load offset=2 align=1 (i32.const 0))))
    (i32.store16 align=1 (local.get $size) (i32.const 2))
    (i32.store offset=2 align=1 (local.get $size) (i32.const 64))
    (call $fill (i32.add (local.get $size) (i32.const 6)) (i32.add (local.get $size) (i32.const 70)))
    (call $emit (i32.const 0) (i32.add (local.get $size) (i32.const 70)))))
