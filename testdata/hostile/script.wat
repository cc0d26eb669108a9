;; runs the steps in the variable S: each is a byte, a length of two bytes and that
;; many bytes. Step 1 emits the bytes, 2 fails with them, 3 logs them; any other
;; byte ends the script, with the length as the status
(module
  (import "postern_v1" "input" (func $input (param i32 i32) (result i32)))
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_v1" "fail" (func $fail (param i32 i32)))
  (import "postern_v1" "log" (func $log (param i32 i32 i32)))
  (import "postern_env_v1" "get" (func $env_get (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 0) "S")
  (func (export "postern_get") (result i32)
    (if (i32.eqz (call $input (i32.const 0) (i32.const 0))) (then (return (i32.const 0)))) ;; the warm-up
    (call $run))
  (func (export "postern_keys") (result i32) (call $run))
  (func $run (result i32) (local $at i32) (local $end i32) (local $len i32) (local $step i32)
    (local.set $end (call $env_get (i32.const 0) (i32.const 1) (i32.const 4096) (i32.const 131072)))
    (if (i32.lt_s (local.get $end) (i32.const 0)) (then (return (i32.const 11))))
    (local.set $end (i32.add (local.get $end) (i32.const 4096)))
    (local.set $at (i32.const 4096))
    (loop $next
      (if (i32.ge_u (i32.add (local.get $at) (i32.const 3)) (local.get $end)) (then (return (i32.const 0))))
      (local.set $step (i32.load8_u (local.get $at)))
      (local.set $len (i32.load16_u offset=1 (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 3)))
      (block $done
        (if (i32.eq (local.get $step) (i32.const 1))
          (then (drop (call $emit (local.get $at) (local.get $len))) (br $done)))
        (if (i32.eq (local.get $step) (i32.const 2))
          (then (call $fail (local.get $at) (local.get $len)) (br $done)))
        (if (i32.eq (local.get $step) (i32.const 3))
          (then (call $log (i32.const 4) (local.get $at) (local.get $len)) (br $done)))
        (return (local.get $len)))
      (local.set $at (i32.add (local.get $at) (local.get $len)))
      (br $next))
    (i32.const 0)))
