//go:build wasip1

// Command extism is an Extism plugin that stores one key. It calls the host
// functions directly, as Extism's PDK for Go does.
package main

import "encoding/binary"

//go:wasmimport extism:host/env input_length
func inputLength() uint64

//go:wasmimport extism:host/env input_load_u8
func inputLoad8(offset uint64) uint32

//go:wasmimport extism:host/env input_load_u64
func inputLoad64(offset uint64) uint64

//go:wasmimport extism:host/env alloc
func alloc(n uint64) uint64

//go:wasmimport extism:host/env store_u8
func store8(offset uint64, v uint32)

//go:wasmimport extism:host/env store_u64
func store64(offset uint64, v uint64)

//go:wasmimport extism:host/env output_set
func outputSet(offset, n uint64)

var store = map[string][]byte{"DB_URL": []byte("postgres://u:p@localhost:5432/db")}

//go:wasmexport get
func get() int32 {
	value, ok := store[string(input())]
	if !ok {
		return 1
	}
	output(value)
	return 0
}

func input() []byte {
	b := make([]byte, inputLength())
	i := 0
	for ; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], inputLoad64(uint64(i)))
	}
	for ; i < len(b); i++ {
		b[i] = byte(inputLoad8(uint64(i)))
	}
	return b
}

func output(b []byte) {
	n := uint64(len(b))
	at := alloc(n)
	i := uint64(0)
	for ; i+8 <= n; i += 8 {
		store64(at+i, binary.LittleEndian.Uint64(b[i:]))
	}
	for ; i < n; i++ {
		store8(at+i, uint32(b[i]))
	}
	outputSet(at, n)
}

func main() {}
