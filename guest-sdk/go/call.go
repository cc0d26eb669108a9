package postern

import (
	"unsafe"

	"github.com/postern-project/postern/runtime/abi"
)

// firstCap is the size of the first buffer; most values fit.
const firstCap = 1024

// grow calls fill with larger buffers until the result fits.
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

// ask is grow for a host function that takes a name.
func ask(function func(name unsafe.Pointer, nameLen uint32, buf unsafe.Pointer, cap uint32) int32, name string) ([]byte, error) {
	return grow(func(buf unsafe.Pointer, cap uint32) int32 {
		return function(pointer(name), uint32(len(name)), buf, cap)
	})
}

// done returns the error of a host function whose only result is a status.
func done(result int32) error {
	if result < 0 {
		return Status(-result)
	}
	return nil
}

func input() ([]byte, error) { return grow(rawInput) }

// pointer returns the address of b. The garbage collector does not move it, and
// the caller keeps it alive during the host call.
func pointer[T string | []byte](b T) unsafe.Pointer {
	switch b := any(b).(type) {
	case string:
		return unsafe.Pointer(unsafe.StringData(b))
	case []byte:
		return unsafe.Pointer(unsafe.SliceData(b))
	}
	return nil
}

// texts returns the contents of the fields with a tag.
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
