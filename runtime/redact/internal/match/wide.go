package match

import (
	"cmp"
	"slices"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// widen settles the byte order of values in UTF-16, and whether the text around
// them is UTF-16 too. Every second byte of a value is zero, so little-endian text
// reads as big-endian one byte earlier. Then it counts as little-endian: what comes
// out is right in both orders, and the byte before the value stays. If only one order
// fits, the text around is UTF-16 if the value begins at an even byte of it.
// It returns hold, or where a match begins whose order shows in the next byte.
func (sc *Scan) widen(text []byte, hold int, before Before, whole bool) int {
	sc.found = sc.found[:0]
	for _, m := range sc.Matches {
		if m.wide != encodings.Narrow {
			sc.found = append(sc.found, m)
		}
	}
	if len(sc.found) == 0 {
		return hold
	}
	slices.SortFunc(sc.found, compareWide)
	kept := sc.Matches[:0]
	for i := range sc.Matches {
		m := sc.Matches[i]
		switch m.wide {
		case encodings.BigEndian:
			if m.end == len(text) && !whole {
				hold = min(hold, m.Start)
				continue
			}
			if sc.hasWide(m.Start+1, encodings.LittleEndian) {
				continue
			}
			m.wide = m.narrow(before)
		case encodings.LittleEndian:
			if !sc.hasWide(m.Start-1, encodings.BigEndian) {
				m.wide = m.narrow(before)
			}
		}
		kept = append(kept, m)
	}
	sc.Matches = kept
	return hold
}

// narrow returns how the mask is encoded if the value reads in one order only.
func (m *Match) narrow(before Before) encodings.Wide {
	if before.odd != (m.Start%2 != 0) {
		return encodings.Narrow
	}
	return m.wide
}

// hasWide reports whether a match in UTF-16 begins at start.
func (sc *Scan) hasWide(start int, order encodings.Wide) bool {
	_, ok := slices.BinarySearchFunc(sc.found, Match{Start: start, wide: order}, compareWide)
	return ok
}

func compareWide(a, b Match) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.wide, b.wide))
}
