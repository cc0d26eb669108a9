;; Work of several shapes, to measure what metering costs.
(module
  (memory (export "memory") 1)

  ;; the tightest loop that a compiler will not remove: a multiply and an add
  (func (export "tight") (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; one byte of memory per pass
  (func (export "bytes") (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 5))
                               (i32.load8_u (i32.and (local.get $n) (i32.const 0xffff)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; nothing but calls
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
                     (call $fib (i32.sub (local.get $n) (i32.const 2)))))))

  ;; a round of a hash per pass: some twenty operations on four words
  (func (export "hash") (param $n i32) (result i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $t i32)
    (local.set $a (i32.const 0x6a09e667)) (local.set $b (i32.const 0xbb67ae85))
    (local.set $c (i32.const 0x3c6ef372)) (local.set $d (i32.const 0xa54ff53a))
    (loop $again
      (local.set $t (i32.add (i32.add (local.get $d)
          (i32.xor (i32.xor (i32.rotr (local.get $a) (i32.const 6)) (i32.rotr (local.get $a) (i32.const 11)))
                   (i32.rotr (local.get $a) (i32.const 25))))
          (i32.add (i32.xor (i32.and (local.get $a) (local.get $b))
                            (i32.and (i32.xor (local.get $a) (i32.const -1)) (local.get $c)))
                   (i32.load (i32.shl (i32.and (local.get $n) (i32.const 0x3fff)) (i32.const 2))))))
      (local.set $d (local.get $c))
      (local.set $c (local.get $b))
      (local.set $b (local.get $a))
      (local.set $a (i32.add (local.get $t)
          (i32.or (i32.and (local.get $b) (local.get $c)) (i32.and (local.get $d) (i32.or (local.get $b) (local.get $c))))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $a)))
