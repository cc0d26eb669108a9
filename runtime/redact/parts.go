package redact

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// A part is a piece or spelling of a value that counts as the value: numbers
// under firstLine name spellings of the whole, the others its lines.
const (
	partRaw      = iota // as stored
	partTrim            // without white space around it
	partLF              // with Unix line ends
	partTrimLF          // both
	partCRLF            // with DOS line ends, as a terminal shows them
	partTrimCRLF        // both
	firstLine           // firstLine+i is line i, trimmed
	minLine      = 8    // shorter lines are not secret on their own
	maxLines     = 1 << 16
	firstLeaf    = 1 << 20 // firstLeaf+i is string i of a JSON value
	maxLeaves    = 1 << 10
	whiteSpace   = " \t\r\n\v\f"
	armourEdge   = "-----"
	armourBegin  = armourEdge + "BEGIN "
	armourEnd    = armourEdge + "END "
)

// spelled reports whether appendPart makes new bytes for the part.
func spelled(part uint32) bool {
	return part > partTrim && part < firstLine || part >= firstLeaf
}

// appendPart returns the given part of v: a slice of v where that is possible,
// otherwise of what it appended to dst.
func appendPart(dst, v []byte, part uint32) []byte {
	switch part {
	case partRaw:
		return v
	case partTrim:
		return bytes.Trim(v, whiteSpace)
	case partLF:
		return appendLF(dst, v)
	case partTrimLF:
		return appendLF(dst, bytes.Trim(v, whiteSpace))
	case partCRLF:
		return appendCRLF(dst, v)
	case partTrimCRLF:
		return appendCRLF(dst, bytes.Trim(v, whiteSpace))
	}
	if part >= firstLeaf {
		leaves(v, func(i uint32, leaf string) {
			if i == part {
				dst = append(dst, leaf...)
			}
		})
		return dst
	}
	for i := uint32(firstLine); len(v) > 0; i++ {
		line, rest, _ := bytes.Cut(v, []byte{'\n'})
		if i == part {
			return bytes.Trim(line, whiteSpace)
		}
		v = rest
	}
	return nil
}

func appendLF(dst, v []byte) []byte {
	for i, c := range v {
		if c == '\r' && i+1 < len(v) && v[i+1] == '\n' {
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

func appendCRLF(dst, v []byte) []byte {
	for i, c := range v {
		if c == '\n' && (i == 0 || v[i-1] != '\r') {
			dst = append(dst, '\r')
		}
		dst = append(dst, c)
	}
	return dst
}

// secretLine reports whether a single line of a longer value is searched.
func secretLine(line []byte) bool {
	return len(line) >= minLine && !bytes.HasPrefix(line, []byte(armourBegin)) &&
		!bytes.HasPrefix(line, []byte(armourEnd)) && classify(line) == searched
}

// partsOf lists the parts of v to search. The lines of a value are searched as
// they are; everything else in all forms.
func partsOf(v []byte) []uint32 {
	parts := []uint32{partRaw}
	if len(bytes.Trim(v, whiteSpace)) != len(v) {
		parts = append(parts, partTrim)
	}
	if bytes.IndexByte(v, '\n') < 0 {
		return parts
	}
	parts = append(parts, partLF, partTrimLF, partCRLF, partTrimCRLF)
	for i := uint32(firstLine); len(v) > 0 && i < maxLines; i++ {
		line, rest, _ := bytes.Cut(v, []byte{'\n'})
		if secretLine(bytes.Trim(line, whiteSpace)) {
			parts = append(parts, i)
		}
		v = rest
	}
	return parts
}

// leaves calls f with each string, but no name, of a JSON object or array.
func leaves(v []byte, f func(part uint32, leaf string)) {
	if v = bytes.Trim(v, whiteSpace); len(v) == 0 || v[0] != '{' && v[0] != '[' || !json.Valid(v) {
		return
	}
	var walk func(any)
	i := uint32(firstLeaf)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if i < firstLeaf+maxLeaves {
				f(i, v)
			}
			i++
		case []any:
			for _, v := range v {
				walk(v)
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				walk(v[name])
			}
		}
	}
	var root any
	if json.Unmarshal(v, &root) == nil {
		walk(root)
	}
}

// leavesOf lists the leaves of v to search.
func leavesOf(v []byte) []uint32 {
	var parts []uint32
	leaves(v, func(part uint32, leaf string) {
		if len(leaf) >= minLine && classify([]byte(leaf)) == searched {
			parts = append(parts, part)
		}
	})
	return parts
}
