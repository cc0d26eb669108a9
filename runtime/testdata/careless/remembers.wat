;; careless: reads its settings and the variable GRANTED when it is opened, keeps both in
;; memory, and logs them in every later call. With the key "read" it also reads SECOND,
;; which it logs from the next call on.
(module
  (import "postern_v1" "input" (func $input (param i32 i32) (result i32)))
  (import "postern_v1" "log" (func $log (param i32 i32 i32)))
  (import "postern_env_v1" "get" (func $env (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $granted (mut i32) (i32.const 0))
  (global $second (mut i32) (i32.const 0))
  (global $settings (mut i32) (i32.const 0))
  (data (i32.const 1024) "GRANTEDSECOND")
  (func (export "postern_open") (result i32)
    (global.set $settings (call $input (i32.const 8192) (i32.const 1024)))
    (global.set $granted (call $env (i32.const 1024) (i32.const 7) (i32.const 32768) (i32.const 1024)))
    (i32.const 0))
  (func (export "postern_get") (result i32)
    (if (i32.eqz (call $input (i32.const 0) (i32.const 1024))) (then (return (i32.const 0))))
    (call $log (i32.const 8) (i32.const 32768) (global.get $granted))
    (call $log (i32.const 8) (i32.const 8192) (global.get $settings))
    (if (global.get $second) (then (call $log (i32.const 8) (i32.const 40960) (global.get $second))))
    (if (i32.eq (i32.load8_u (i32.const 6)) (i32.const 0x72))
      (then (global.set $second (call $env (i32.const 1031) (i32.const 6) (i32.const 40960) (i32.const 1024)))))
    (i32.const 1)))
