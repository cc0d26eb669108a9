;; A start function that never ends.
(module (memory 1) (start $begin) (func $begin (loop $again (br $again))))
