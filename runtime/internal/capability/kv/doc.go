// Package kv is the capability postern_kv_v1, which every module may import: a
// store of one provider that survives its calls and ends with the process.
package kv
