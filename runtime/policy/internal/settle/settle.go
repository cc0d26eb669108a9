// Package settle finds a source that gives other content again and again, whether in
// turn or always new.
package settle

// most is how often the source may give other content than at the read before, until
// so many reads in a row find the same content.
const most = 5

// Reads counts the reads that found other content than the one before. Reads that failed
// are left out. The zero value has seen none.
type Reads struct {
	last    string // what the last read found, "" if it failed
	found   string // what the last read found that did not fail
	alike   int    // reads in a row that found the same as the one before
	changed int    // reads that did not
}

// Add counts a read, which found the content with this revision, or failed if it is "".
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
