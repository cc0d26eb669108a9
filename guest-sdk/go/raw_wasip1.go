//go:build wasip1

package postern

import "unsafe"

// The host functions. A module imports only those that it calls.

//go:wasmimport postern_v1 input
func rawInput(buf unsafe.Pointer, cap uint32) int32

//go:wasmimport postern_v1 emit
func rawEmit(ptr unsafe.Pointer, n uint32) int32

//go:wasmimport postern_v1 fail
func rawFail(ptr unsafe.Pointer, n uint32)

//go:wasmimport postern_v1 log
func rawLog(level int32, ptr unsafe.Pointer, n uint32)

//go:wasmimport postern_v1 log_enabled
func rawLogEnabled(level int32) int32

//go:wasmimport postern_env_v1 get
func rawEnvGet(name unsafe.Pointer, nameLen uint32, buf unsafe.Pointer, cap uint32) int32

//go:wasmimport postern_env_v1 list
func rawEnvList(prefix unsafe.Pointer, prefixLen uint32, buf unsafe.Pointer, cap uint32) int32

//go:wasmimport postern_file_v1 read
func rawFileRead(path unsafe.Pointer, pathLen uint32, buf unsafe.Pointer, cap uint32) int32

//go:wasmimport postern_file_v1 read_at
func rawFileReadAt(path unsafe.Pointer, pathLen uint32, offset uint32, buf unsafe.Pointer, n uint32) int32

//go:wasmimport postern_file_v1 stat
func rawFileStat(path unsafe.Pointer, pathLen uint32, buf unsafe.Pointer, cap uint32) int32

//go:wasmimport postern_file_v1 list
func rawFileList(path unsafe.Pointer, pathLen uint32, buf unsafe.Pointer, cap uint32) int32

//go:wasmimport postern_file_v1 write
func rawFileWrite(path unsafe.Pointer, pathLen uint32, ptr unsafe.Pointer, n uint32) int32

//go:wasmimport postern_file_v1 remove
func rawFileRemove(path unsafe.Pointer, pathLen uint32) int32

//go:wasmimport postern_kv_v1 get
func rawKVGet(key unsafe.Pointer, keyLen uint32, buf unsafe.Pointer, cap uint32) int32

//go:wasmimport postern_kv_v1 put
func rawKVPut(key unsafe.Pointer, keyLen uint32, ptr unsafe.Pointer, n uint32) int32

//go:wasmimport postern_kv_v1 delete
func rawKVDelete(key unsafe.Pointer, keyLen uint32) int32

//go:wasmimport postern_kv_v1 list
func rawKVList(prefix unsafe.Pointer, prefixLen uint32, buf unsafe.Pointer, cap uint32) int32
