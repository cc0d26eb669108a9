//go:build wasip1

// Command goguest is a provider in stock Go that handles secrets as carelessly as
// many programs do: it converts, appends and splits them, keeps them in maps, and
// leaves all copies to the garbage collector.
package main

import (
	"encoding/binary"
	"encoding/json"
	"strings"
	"unsafe"
)

//go:wasmimport postern_v1 input
func input(buf unsafe.Pointer, size uint32) int32

//go:wasmimport postern_v1 emit
func emit(record unsafe.Pointer, n uint32) int32

//go:wasmimport postern_env_v1 get
func envGet(name unsafe.Pointer, n uint32, buf unsafe.Pointer, size uint32) int32

var seen = map[string]string{}

func main() {}

//go:wasmexport postern_get
func get() int32 {
	request := make([]byte, 1024)
	n := input(unsafe.Pointer(&request[0]), uint32(len(request)))
	if n < 6 {
		return 0 // the warm-up
	}
	key := string(request[6:n])
	value := make([]byte, 64)
	name := []byte(key)
	for {
		n = envGet(unsafe.Pointer(&name[0]), uint32(len(name)), unsafe.Pointer(&value[0]), uint32(len(value)))
		if n < 0 {
			return -n
		}
		if int(n) <= len(value) {
			break
		}
		value = make([]byte, n)
	}
	text := string(value[:n])
	seen[key] = strings.ToUpper(text)
	doc, err := json.Marshal(map[string]string{"value": text})
	if err != nil {
		return 10
	}
	var back struct{ Value string }
	if json.Unmarshal(doc, &back) != nil {
		return 10
	}
	record := field(nil, 1, key)
	record = field(record, 2, back.Value)
	return -emit(unsafe.Pointer(&record[0]), uint32(len(record)))
}

func field(b []byte, tag uint16, v string) []byte {
	b = binary.LittleEndian.AppendUint16(b, tag)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(v)))
	return append(b, v...)
}
