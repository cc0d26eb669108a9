;; exits with 0 in _initialize
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32) ))
  (memory (export "memory") 1)
  (func (export "_initialize") (call $proc_exit (i32.const 0)))
  (func (export "postern_get") (result i32)
    (i32.const 0)))
