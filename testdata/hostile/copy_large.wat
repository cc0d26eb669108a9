;; moves more memory than a small one has, and traps if a number in it is then wrong
(module
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\01\00\00\00k\02\00\02\00\00\00ok")
  (func $check (param $from i32) (param $n i32) ;; each number is that of its place
    (loop $l
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (if (i32.ne (i32.load (i32.add (local.get $from) (i32.shl (local.get $n) (i32.const 10)))) (local.get $n)) (then unreachable))
      (br_if $l (local.get $n))))
  (func (export "postern_get") (result i32)
    (local $n i32)
    (drop (memory.grow (i32.const 319)))
    (loop $l ;; a number in each of 18,000 KiB
      (i32.store (i32.add (i32.const 65536) (i32.shl (local.get $n) (i32.const 10))) (local.get $n))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $l (i32.ne (local.get $n) (i32.const 18000))))
    (memory.copy (i32.const 99999) (i32.const 65536) (i32.const 18432000))
    (call $check (i32.const 99999) (i32.const 18000))
    (memory.copy (i32.const 70001) (i32.const 99999) (i32.const 18432000))
    (call $check (i32.const 70001) (i32.const 18000))
    (memory.fill (i32.const 65536) (i32.const 255) (i32.const 18500000))
    (if (i32.ne (i32.load (i32.const 18565532)) (i32.const -1)) (then unreachable))
    (if (i32.load (i32.const 18565536)) (then unreachable))
    (call $emit (i32.const 0) (i32.const 15))))
