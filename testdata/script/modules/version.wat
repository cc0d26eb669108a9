;; Made for a later version of the ABI.
(module
  (import "postern_v2" "input" (func (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "postern_get") (result i32) (i32.const 0)))
