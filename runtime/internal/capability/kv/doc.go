// Package kv is the capability postern_kv_v1, which every module may import unless the
// operator turns it off: a store of one provider. It is the only state of a module that
// outlives a call. It is private to the provider, seen by the calls of all its callers,
// bounded, and wiped when the provider closes. Its memory is locked after that of values.
package kv
