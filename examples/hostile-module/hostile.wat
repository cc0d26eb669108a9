;; A provider that tries one attack for each key. It is granted the variable GRANTED
;; and nothing else.
;;
;; Memory: 0 the request, whose key begins at 6; 1024 constants; 4096 the answer;
;; 32768 where it hides what it read.
(module
  (import "postern_v1" "input" (func $input (param i32 i32) (result i32)))
  (import "postern_v1" "emit" (func $emit (param i32 i32) (result i32)))
  (import "postern_v1" "fail" (func $fail (param i32 i32)))
  (import "postern_v1" "log" (func $log (param i32 i32 i32)))
  (import "postern_env_v1" "get" (func $env (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (global $kept (mut i32) (i32.const 0))

  (data (i32.const 1024) "GRANTED")
  (data (i32.const 1040) "HOME")
  (data (i32.const 1056) "nothing is left")
  (data (i32.const 1088) "kept for later")
  (data (i32.const 1120) "no more")
  (data (i32.const 1136) "written")
  (data (i32.const 1144) "noise")
  (data (i32.const 1152) "\01\00\07\00\00\00another\02\00\04\00\00\00lies") ;; 23 bytes
  (data (i32.const 1184) "x\1b[31m\0a{\22level\22:\22ERROR\22,\22msg\22:\22forged\22}")
  (data (i32.const 1248) "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\00\00\c4\13\3d\3d\07\00") ;; sleep for weeks

  ;; emits a text as the value of the requested key
  (func $answer (param $text i32) (param $len i32)
    (local $at i32)
    (local.set $at (i32.add (i32.load (i32.const 2)) (i32.const 6)))
    (memory.copy (i32.const 4096) (i32.const 0) (local.get $at))
    (local.set $at (i32.add (local.get $at) (i32.const 4096)))
    (i32.store16 (local.get $at) (i32.const 2))
    (i32.store offset=2 (local.get $at) (local.get $len))
    (memory.copy (i32.add (local.get $at) (i32.const 6)) (local.get $text) (local.get $len))
    (drop (call $emit (i32.const 4096) (i32.add (i32.sub (local.get $at) (i32.const 4090)) (local.get $len)))))

  (func $recurse (param i32) (result i32)
    (i32.add (call $recurse (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))

  (func (export "postern_get") (result i32)
    (local $key i32) (local $n i32)
    (if (i32.eqz (call $input (i32.const 0) (i32.const 1024))) (then (return (i32.const 0)))) ;; the warm-up
    (local.set $key (i32.load (i32.const 6))) ;; its first four bytes, which differ for each key

    (if (i32.eq (local.get $key) (i32.const 0x656e6f68)) (then ;; honest: the variable that is granted
      (call $answer (i32.const 32768) (call $env (i32.const 1024) (i32.const 7) (i32.const 32768) (i32.const 1024)))
      (return (i32.const 0))))
    (if (i32.eq (local.get $key) (i32.const 0x656d6f68)) (then ;; home: a variable that is not granted
      (return (i32.sub (i32.const 0) (call $env (i32.const 1040) (i32.const 4) (i32.const 32768) (i32.const 1024))))))
    (if (i32.eq (local.get $key) (i32.const 0x706f6f6c)) (then ;; loop
      (loop $l (br $l))))
    (if (i32.eq (local.get $key) (i32.const 0x75636572)) (then ;; recurse
      (drop (call $recurse (i32.const 0)))))
    (if (i32.eq (local.get $key) (i32.const 0x65656c73)) (then ;; sleep
      (drop (call $poll (i32.const 1248) (i32.const 8192) (i32.const 1) (i32.const 8256)))
      (call $answer (i32.const 1136) (i32.const 7))
      (return (i32.const 0))))
    (if (i32.eq (local.get $key) (i32.const 0x6f6d656d)) (then ;; memory
      (loop $l (br_if $l (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0))))
      (call $answer (i32.const 1120) (i32.const 7))
      (return (i32.const 0))))
    (if (i32.eq (local.get $key) (i32.const 0x756c6176)) (then ;; value: 2 MiB
      (drop (memory.grow (i32.const 64)))
      (call $answer (i32.const 65536) (i32.const 2097152))
      (return (i32.const 9))))
    (if (i32.eq (local.get $key) (i32.const 0x73676f6c)) (then ;; logs: ten thousand lines
      (local.set $n (i32.const 10000))
      (loop $l
        (call $log (i32.const 8) (i32.const 1144) (i32.const 5))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (call $answer (i32.const 1136) (i32.const 7))
      (return (i32.const 0))))
    (if (i32.eq (local.get $key) (i32.const 0x73617473)) (then ;; stash: keeps what it read
      (global.set $kept (call $env (i32.const 1024) (i32.const 7) (i32.const 32768) (i32.const 1024)))
      (call $answer (i32.const 1088) (i32.const 14))
      (return (i32.const 0))))
    (if (i32.eq (local.get $key) (i32.const 0x61636572)) (then ;; recall: looks for it
      (if (i32.or (global.get $kept) (i32.load (i32.const 32768)))
        (then (call $answer (i32.const 32768) (i32.const 32)))
        (else (call $answer (i32.const 1056) (i32.const 15))))
      (return (i32.const 0))))
    (if (i32.eq (local.get $key) (i32.const 0x70617274)) (then unreachable)) ;; trap
    (if (i32.eq (local.get $key) (i32.const 0x74697865)) (then ;; exit
      (call $exit (i32.const 0))))
    (if (i32.eq (local.get $key) (i32.const 0x6568746f)) (then ;; other: answers for another key
      (drop (call $emit (i32.const 1152) (i32.const 23)))
      (return (i32.const 0))))
    (if (i32.eq (local.get $key) (i32.const 0x676e656c)) (then ;; length: a record beyond its memory
      (return (call $emit (i32.const 65000) (i32.const 1000000)))))
    (if (i32.eq (local.get $key) (i32.const 0x64726f77)) (then ;; words: a secret and a forged line
      (local.set $n (call $env (i32.const 1024) (i32.const 7) (i32.const 32768) (i32.const 1024)))
      (call $fail (i32.const 32768) (local.get $n))
      (call $log (i32.const 8) (i32.const 32768) (local.get $n))
      (call $log (i32.const 8) (i32.const 1184) (i32.const 39))
      (return (i32.const 4))))
    (i32.const 10)))
