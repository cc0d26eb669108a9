;; Every way to spend time, with a known number of charges.
(module
  (import "env" "host" (func $host))
  (memory (export "memory") 1 4)
  (table 4 4 funcref)
  (elem (i32.const 0) $even $odd $leaf)
  (type $i32_i32 (func (param i32) (result i32)))
  (global $count (mut i32) (i32.const 7))
  (global $wide (mut i64) (i64.const -1))
  (global $single (mut f32) (f32.const 1.5))
  (global $double (export "double") (mut f64) (f64.const 2.5))
  (global $fixed i32 (i32.const 3))

  (func $leaf (export "leaf") (param i32) (result i32) (local.get 0))

  ;; 1 + passes
  (func (export "loop") (param $n i32)
    (loop $again
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))

  (func (export "forever") (loop $again (br $again)))

  ;; a loop whose parameters and results ride on the operand stack
  (func (export "carry") (param $n i32) (result i32)
    i32.const 0
    local.get $n
    loop $again (param i32 i32) (result i32)
      i32.const 1
      i32.sub
      local.tee $n
      local.get $n
      br_if $again
      i32.add
    end)

  ;; 2^(n+1) - 1 calls without a loop
  (func $tree (export "tree") (param $n i32)
    (if (local.get $n) (then
      (call $tree (i32.sub (local.get $n) (i32.const 1)))
      (call $tree (i32.sub (local.get $n) (i32.const 1))))))

  ;; n + 1 calls, from one to the other
  (func $ping (export "ping") (param $n i32)
    (if (local.get $n) (then (call $pong (i32.sub (local.get $n) (i32.const 1))))))
  (func $pong (param $n i32)
    (if (local.get $n) (then (call $ping (i32.sub (local.get $n) (i32.const 1))))))

  ;; the same through a table
  (func $even (export "even") (param $n i32) (result i32)
    (if (result i32) (i32.eqz (local.get $n)) (then (i32.const 1))
      (else (call_indirect (type $i32_i32) (i32.sub (local.get $n) (i32.const 1)) (i32.const 1)))))
  (func $odd (param $n i32) (result i32)
    (if (result i32) (i32.eqz (local.get $n)) (then (i32.const 0))
      (else (call_indirect (type $i32_i32) (i32.sub (local.get $n) (i32.const 1)) (i32.const 0)))))

  (func (export "fill") (param $n i32)
    (memory.fill (i32.const 0) (i32.const 1) (local.get $n)))
  (func (export "move") (param $n i32)
    (memory.copy (i32.const 8) (i32.const 0) (local.get $n)))

  (func (export "spoil")
    (global.set $count (i32.const 99)) (global.set $wide (i64.const 99))
    (global.set $single (f32.const 99)) (global.set $double (f64.const 99)))

  (func $outer (export "trap") (call $inner))
  (func $inner (unreachable))
  (func (export "callhost") (call $host)))
