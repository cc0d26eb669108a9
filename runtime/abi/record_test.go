package abi_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
)

// decode returns the fields of b up to the first error.
func decode(b []byte) (fields []abi.Field, err error) {
	for f, err := range abi.Fields(b) {
		if err != nil {
			return fields, err
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func encode(fields []abi.Field) []byte {
	var b []byte
	for _, f := range fields {
		b = abi.Append(b, f.Tag, f.Value)
	}
	return b
}

func equal(a, b abi.Field) bool { return a.Tag == b.Tag && bytes.Equal(a.Value, b.Value) }

func TestFieldsRoundTrip(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		fields []abi.Field
		want   string // the encoding in hex, "" if not pinned
	}{
		{"none", nil, ""},
		{"key", []abi.Field{{Tag: abi.TagKey, Value: []byte("a")}}, "01 00 01 00 00 00 61"},
		{"empty value", []abi.Field{{Tag: abi.TagValue}}, "02 00 00 00 00 00"},
		{"two", []abi.Field{{Tag: abi.TagKey, Value: []byte("k")}, {Tag: abi.TagValue, Value: []byte{0, 0xff}}},
			"01 00 01 00 00 00 6b 02 00 02 00 00 00 00 ff"},
		{"status", []abi.Field{{Tag: abi.TagStatus, Value: []byte{1, 0, 0, 0}}}, "04 00 04 00 00 00 01 00 00 00"},
		{"repeated", []abi.Field{{Tag: abi.TagKey, Value: []byte("a")}, {Tag: abi.TagKey, Value: []byte("a")}}, ""},
		{"unknown tags", []abi.Field{{Tag: 0, Value: []byte("x")}, {Tag: math.MaxUint16, Value: []byte("y")}}, ""},
		{"large", []abi.Field{{Tag: abi.TagValue, Value: bytes.Repeat([]byte("v"), 1<<20)}}, ""},
		{"nested", []abi.Field{{Tag: abi.TagConfig, Value: encode([]abi.Field{
			{Tag: abi.TagName, Value: []byte("path")}, {Tag: abi.TagText, Value: []byte("a.toml")},
		})}}, ""},
	} {
		b := encode(tt.fields)
		if got := fmt.Sprintf("% x", b); tt.want != "" && got != tt.want {
			t.Errorf("%s: encoded %s, want %s", tt.name, got, tt.want)
		}
		got, err := decode(b)
		if err != nil || !slices.EqualFunc(got, tt.fields, equal) {
			t.Errorf("%s: decoded %v, %v, want %v", tt.name, got, err, tt.fields)
		}
	}
}

func TestFieldsRefusesCutInput(t *testing.T) {
	t.Parallel()
	first := abi.Append(nil, abi.TagKey, []byte("key"))
	whole := abi.Append(slices.Clone(first), abi.TagValue, []byte("value"))
	for n := range len(whole) {
		fields, err := decode(whole[:n])
		wantErr := n != 0 && n != len(first)
		if (err != nil) != wantErr {
			t.Errorf("the first %d bytes: error %v, want one: %t", n, err, wantErr)
		}
		if want := encode(fields); !bytes.HasPrefix(whole, want) || len(want) > n {
			t.Errorf("the first %d bytes decode to %v", n, fields)
		}
	}
	for _, b := range [][]byte{
		{1, 0, 0xff, 0xff, 0xff, 0xff},
		{1, 0, 0xff, 0xff, 0xff, 0x7f, 'a'},
		{1, 0, 0, 0, 0, 0x80, 'a'},
	} {
		if fields, err := decode(b); err == nil || len(fields) != 0 {
			t.Errorf("% x: %v, %v, want only an error", b, fields, err)
		}
	}
}

// The error has numbers and no bytes of the field.
func TestFieldsErrorHoldsNoValue(t *testing.T) {
	t.Parallel()
	b := abi.Append(nil, abi.TagValue, []byte("hunter2hunter2"))
	if _, err := decode(b[:len(b)-1]); err == nil || strings.Contains(err.Error(), "hunter") {
		t.Errorf("error = %v, want one without the value", err)
	}
}

func TestFieldsStopsWhenAsked(t *testing.T) {
	t.Parallel()
	b := encode([]abi.Field{{Tag: 1}, {Tag: 2}, {Tag: 3}})
	n := 0
	for range abi.Fields(b) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d fields were yielded, want 2", n)
	}
}

// Appending to a field does not overwrite the next one.
func TestFieldValueIsCapped(t *testing.T) {
	t.Parallel()
	b := encode([]abi.Field{{Tag: 1, Value: []byte("ab")}, {Tag: 2, Value: []byte("cd")}})
	before := slices.Clone(b)
	for f := range abi.Fields(b) {
		_ = append(f.Value, "overwritten"...)
	}
	if !bytes.Equal(b, before) {
		t.Errorf("appending to a field changed the buffer: % x", b)
	}
}

func TestFieldNumbers(t *testing.T) {
	t.Parallel()
	for _, n := range []uint64{0, 1, 255, 256, math.MaxInt32, math.MaxUint32} {
		fields, err := decode(abi.AppendUint32(nil, abi.TagKind, uint32(n)))
		if err != nil || len(fields) != 1 {
			t.Fatalf("AppendUint32(%d): %v, %v", n, fields, err)
		}
		if got, ok := fields[0].Uint32(); !ok || uint64(got) != n {
			t.Errorf("Uint32() = %d, %t, want %d", got, ok, n)
		}
		if got, ok := fields[0].Uint64(); ok || got != 0 {
			t.Errorf("Uint64() of 4 bytes = %d, %t, want 0, false", got, ok)
		}
	}
	for _, n := range []uint64{0, 1 << 20, 1 << 40, math.MaxUint64} {
		fields, err := decode(abi.AppendUint64(nil, abi.TagSize, n))
		if err != nil || len(fields) != 1 {
			t.Fatalf("AppendUint64(%d): %v, %v", n, fields, err)
		}
		if got, ok := fields[0].Uint64(); !ok || got != n {
			t.Errorf("Uint64() = %d, %t, want %d", got, ok, n)
		}
		if got, ok := fields[0].Uint32(); ok || got != 0 {
			t.Errorf("Uint32() of 8 bytes = %d, %t, want 0, false", got, ok)
		}
	}
}

func TestFieldsAllocatesNothing(t *testing.T) {
	b := encode([]abi.Field{{Tag: abi.TagKey, Value: []byte("key")}, {Tag: abi.TagValue, Value: []byte("value")}})
	sum := 0
	if got := testing.AllocsPerRun(100, func() {
		for f := range abi.Fields(b) {
			sum += len(f.Value)
		}
	}); got != 0 {
		t.Errorf("reading a record allocates %v times, want 0", got)
	}
}

// The fields of arbitrary bytes encode to the bytes that they were decoded from.
func FuzzFields(f *testing.F) {
	f.Add([]byte{})
	f.Add(abi.Append(nil, abi.TagKey, []byte("a")))
	f.Add(abi.Append(abi.AppendUint32(nil, abi.TagStatus, 1), abi.TagValue, make([]byte, 300)))
	f.Add([]byte{1, 0, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{1, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		fields, err := decode(b)
		back := encode(fields)
		if !bytes.HasPrefix(b, back) {
			t.Fatalf("% x decodes to fields that encode as % x", b, back)
		}
		if whole := len(back) == len(b); whole != (err == nil) {
			t.Fatalf("% x: %d of %d bytes were decoded, error %v", b, len(back), len(b), err)
		}
	})
}
