package file

import (
	"path"
	"path/filepath"
	"sync"

	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/safefile"
)

// folders are those for which this process has done something that it does once, by path.
type folders struct {
	mu   sync.Mutex
	seen map[string]bool // guarded by mu
}

// maxFolders is how many folders are remembered. A module may ask for any number of
// them, and those above it are swept when they are written.
const maxFolders = 256

// has reports whether nothing more is to be done in a folder.
func (s *folders) has(dir string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[dir] || len(s.seen) >= maxFolders
}

// first reports whether it is the first time in a folder, which it remembers.
func (s *folders) first(dir string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[dir] || len(s.seen) >= maxFolders {
		return false
	}
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	s.seen[dir] = true
	return true
}

// sweep removes what killed writers left in the folder of a file that may be
// written, when the folder is first used. Every write does that too.
func (f *Files) sweep(c *capability.Call, at location) {
	name := path.Dir(at.name)
	if !at.granted.write || !f.swept.first(filepath.Join(at.Name(), name)) {
		return
	}
	dir, err := at.OpenRoot(name + "/.")
	if err != nil {
		return // the use of the folder reports it
	}
	defer dir.Close()
	safefile.RemoveAbandonedIn(dir, notDone(c))
}
