//go:build !wasip1

package postern

import "unsafe"

// Without a host, functions that can fail return Unsupported and others do nothing.

func rawInput(unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawEmit(unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawFail(unsafe.Pointer, uint32) {}

func rawLog(int32, unsafe.Pointer, uint32) {}

func rawLogEnabled(int32) int32 { return 0 }

func rawEnvGet(unsafe.Pointer, uint32, unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawEnvList(unsafe.Pointer, uint32, unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawFileRead(unsafe.Pointer, uint32, unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawFileReadAt(unsafe.Pointer, uint32, uint32, unsafe.Pointer, uint32) int32 {
	return -int32(Unsupported)
}

func rawFileStat(unsafe.Pointer, uint32, unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawFileList(unsafe.Pointer, uint32, unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawFileWrite(unsafe.Pointer, uint32, unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawFileRemove(unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawKVGet(unsafe.Pointer, uint32, unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawKVPut(unsafe.Pointer, uint32, unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawKVDelete(unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }

func rawKVList(unsafe.Pointer, uint32, unsafe.Pointer, uint32) int32 { return -int32(Unsupported) }
