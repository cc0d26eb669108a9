;; answers every key with 1,000 bytes of all kinds, which are dear to mask
(module
  (import "postern_v1" "input" (func $input (param i32 i32) (result i32)))
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (global $state (mut i32) (i32.const 1))
  (func $fill (param $at i32) (param $end i32)
    (loop $more
      (global.set $state (i32.add (i32.mul (global.get $state) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.store8 (local.get $at) (i32.shr_u (global.get $state) (i32.const 24)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $at) (local.get $end)))))
  (func (export "postern_get") (result i32) (local $at i32) (local $end i32) (local $size i32)
    (local.set $end (call $input (i32.const 4096) (i32.const 100000)))
    (if (i32.eqz (local.get $end)) (then (return (i32.const 0))))
    (local.set $at (i32.const 4096))
    (local.set $end (i32.add (local.get $end) (i32.const 4096)))
    (loop $keys
      (local.set $size (i32.add (i32.const 6) (i32.load offset=2 align=1 (local.get $at))))
      ;; the field of the key, and then that of the value
      (memory.copy (i32.sub (i32.const 200000) (local.get $size)) (local.get $at) (local.get $size))
      (i32.store16 align=1 (i32.const 200000) (i32.const 2))
      (i32.store offset=2 align=1 (i32.const 200000) (i32.const 1000))
      (call $fill (i32.const 200006) (i32.const 201006))
      (drop (call $emit (i32.sub (i32.const 200000) (local.get $size)) (i32.add (local.get $size) (i32.const 1006))))
      (local.set $at (i32.add (local.get $at) (local.get $size)))
      (br_if $keys (i32.lt_u (local.get $at) (local.get $end))))
    (i32.const 0)))
