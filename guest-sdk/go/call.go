package postern

import (
	"unsafe"

	"github.com/postern-project/postern/runtime/abi"
)

// firstCap is what a first attempt offers; most values fit.
const firstCap = 1024

// grow offers a buffer until it is large enough for what the host has to say.
func grow(fill func(buf unsafe.Pointer, cap uint32) int32) ([]byte, error) {
	b := make([]byte, firstCap)
	for {
		n := fill(pointer(b), uint32(len(b)))
		switch {
		case n < 0:
			return nil, Status(-n)
		case int(n) <= len(b):
			return b[:n], nil
		}
		b = make([]byte, n)
	}
}

// ask is grow for a function that is asked about a name.
func ask(function func(name unsafe.Pointer, nameLen uint32, buf unsafe.Pointer, cap uint32) int32, name string) ([]byte, error) {
	return grow(func(buf unsafe.Pointer, cap uint32) int32 {
		return function(pointer(name), uint32(len(name)), buf, cap)
	})
}

// done is the result of a function that answers with nothing but a status.
func done(result int32) error {
	if result < 0 {
		return Status(-result)
	}
	return nil
}

func input() ([]byte, error) { return grow(rawInput) }

// pointer returns where the bytes lie. They are the collector's, which does not
// move them, and the caller keeps them alive through the call.
func pointer[T string | []byte](b T) unsafe.Pointer {
	switch b := any(b).(type) {
	case string:
		return unsafe.Pointer(unsafe.StringData(b))
	case []byte:
		return unsafe.Pointer(unsafe.SliceData(b))
	}
	return nil
}

// texts returns the fields of one tag.
func texts(b []byte, tag abi.Tag) ([]string, error) {
	var out []string
	for f, err := range abi.Fields(b) {
		if err != nil {
			return nil, Internal
		}
		if f.Tag == tag {
			out = append(out, string(f.Value))
		}
	}
	return out, nil
}
