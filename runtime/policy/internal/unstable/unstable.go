// Package unstable detects a source whose content keeps changing, whether it alternates or
// is new each time.
package unstable

// most is how often the content may change before it counts as unsettled, and how often
// it must be found unchanged in a row before the count starts again.
const most = 5

// Reads counts the reads that found the content changed. Reads that failed are left out.
// The zero value has seen none.
type Reads struct {
	last    string // what the last read found, "" if it failed
	found   string // what the last successful read found
	alike   int    // reads in a row that found the content unchanged
	changed int    // reads that found it changed
}

// Add counts a read that found the content with this revision; "" means that it failed.
// It reports whether the read before found the same.
func (r *Reads) Add(revision string) (again bool) {
	again, r.last = revision == r.last, revision
	switch {
	case revision == "":
	case revision != r.found:
		r.found, r.alike = revision, 0
		r.changed++
	default:
		if r.alike++; r.alike >= most {
			r.changed = 0
		}
	}
	return again
}

// Unsettled reports whether the content changes too often.
func (r *Reads) Unsettled() bool { return r.changed >= most }

// Judged starts again: the last content took effect, or is known to be broken.
func (r *Reads) Judged() { r.changed = 0 }
