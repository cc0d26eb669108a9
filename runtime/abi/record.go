package abi

import (
	"encoding/binary"
	"errors"
	"iter"
	"strconv"
)

// Tag is the meaning of a field in a request, a record or the result of a host
// function. Readers must skip unknown tags. Numbers are only ever added and never
// reused.
type Tag uint16

// The tags.
const (
	TagKey      Tag = 1  // a key, as bytes
	TagValue    Tag = 2  // a value, as bytes
	TagVersion  Tag = 3  // the version of a value, at most 256 bytes of printable ASCII
	TagStatus   Tag = 4  // a Status as little-endian u32; absent means ok
	TagPrefix   Tag = 5  // bytes that keys begin with
	TagConfig   Tag = 6  // one setting: nested TagName and TagText
	TagProvider Tag = 7  // the name of the provider in the configuration
	TagName     Tag = 8  // a name, as UTF-8
	TagText     Tag = 9  // a text, as UTF-8
	TagKind     Tag = 10 // KindFile or KindFolder as little-endian u32
	TagSize     Tag = 11 // a size in bytes, as little-endian u64
	TagCursor   Tag = 12 // opaque bytes that the host keeps between polls
	TagSettled  Tag = 13 // 1 if any later content has another version, else 0, as little-endian u32
)

// tagNames is indexed by Tag; there is no tag 0.
var tagNames = [...]string{
	"", "key", "value", "version", "status", "prefix", "config", "provider", "name", "text", "kind",
	"size", "cursor", "settled",
}

// String returns the name of the tag, or its number if it is unknown.
func (t Tag) String() string {
	if t == 0 || int(t) >= len(tagNames) {
		return strconv.Itoa(int(t))
	}
	return tagNames[t]
}

// Tags returns all tags in the order of their numbers. The caller may change the
// slice.
func Tags() []Tag {
	all := make([]Tag, len(tagNames)-1)
	for i := range all {
		all[i] = Tag(i + 1)
	}
	return all
}

// Kinds of files, the content of a [TagKind] field.
const (
	KindFile   uint32 = 0
	KindFolder uint32 = 1
)

// headerLen is the size of the tag and the length of a field.
const headerLen = 6

// Append appends one field to dst: the tag as little-endian u16, the length as
// little-endian u32, then the bytes.
//
//	Append(nil, TagKey, []byte("a")) = 01 00  01 00 00 00  61
//
// The value must have less than 4 GiB.
func Append(dst []byte, tag Tag, value []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(tag))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(value)))
	return append(dst, value...)
}

// AppendUint32 appends one field to dst with v as little-endian u32.
func AppendUint32(dst []byte, tag Tag, v uint32) []byte {
	return Append(dst, tag, binary.LittleEndian.AppendUint32(nil, v))
}

// AppendUint64 appends one field to dst with v as little-endian u64.
func AppendUint64(dst []byte, tag Tag, v uint64) []byte {
	return Append(dst, tag, binary.LittleEndian.AppendUint64(nil, v))
}

// Field is one decoded field. Value is a part of the buffer that was decoded; its
// capacity ends with it.
type Field struct {
	Tag   Tag
	Value []byte
}

// Uint32 returns Value as a number. ok is false unless Value has 4 bytes.
func (f Field) Uint32() (v uint32, ok bool) {
	if len(f.Value) != 4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(f.Value), true
}

// Uint64 returns Value as a number. ok is false unless Value has 8 bytes.
func (f Field) Uint64() (v uint64, ok bool) {
	if len(f.Value) != 8 {
		return 0, false
	}
	return binary.LittleEndian.Uint64(f.Value), true
}

// Fields yields the fields of b in order. If the last one is incomplete, the last
// pair has an error instead, whose text contains no part of a value. Fields
// allocates only that error.
func Fields(b []byte) iter.Seq2[Field, error] {
	return func(yield func(Field, error) bool) {
		for len(b) > 0 {
			if len(b) < headerLen {
				yield(Field{}, errors.New("abi: field header has "+strconv.Itoa(len(b))+" bytes, want "+strconv.Itoa(headerLen)))
				return
			}
			tag, n := Tag(binary.LittleEndian.Uint16(b)), binary.LittleEndian.Uint32(b[2:])
			b = b[headerLen:]
			if uint64(n) > uint64(len(b)) {
				yield(Field{}, errors.New("abi: field "+tag.String()+" has "+strconv.Itoa(len(b))+" bytes, want "+strconv.FormatUint(uint64(n), 10)))
				return
			}
			if !yield(Field{tag, b[:n:n]}, nil) {
				return
			}
			b = b[n:]
		}
	}
}
