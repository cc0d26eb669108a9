package wasmhost

import "github.com/postern-project/postern/runtime/internal/codecache"

// Cache is [codecache.Cache].
type Cache = codecache.Cache

// OpenCache is [codecache.Open].
func OpenCache(dir string) (*Cache, error) { return codecache.Open(dir) }
