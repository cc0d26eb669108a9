;; has no postern_get
(module
  (memory (export "memory") 1))
