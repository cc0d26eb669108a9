package file

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/postern-project/postern/runtime/internal/capability"
)

const (
	// dataLink is the link that kubelet swaps to publish a new generation of all
	// files of a volume at once. The files are links through it.
	dataLink = "..data"
	// maxTries is how often something that changes is looked at before giving up.
	maxTries = 5
)

// errMoved is the error of a call under which a volume was swapped.
var errMoved = errors.New("capability: the folder was replaced during the call")

// folder is an open folder. A call reads all of its files from the generation
// whose content it saw first.
type folder struct {
	*os.Root
	call    *capability.Call
	pins    map[string]*pin // by folder
	renewed int             // how often a pin took another generation

	readNames    readNames
	entries      map[string][]string // names of folders, sorted, by folder
	spelledNames int                 // how many names were read for entries
}

// pin is the generation of a folder that a call uses.
type pin struct {
	generation string // where its dataLink leads, "" if it has none
	read       bool   // the call has read content of it, so it takes no other one
}

const (
	// pinCost is what a pin is counted as, besides the path that it is found by.
	pinCost = 128
	// pathCost is what an absent path, a file or a list is counted as, besides its bytes.
	pathCost = 512
)

// walkCost returns the charge for a look at a path: the system is called for each part.
func walkCost(name string) int64 {
	return capability.SystemUnits * int64(4+strings.Count(name, "/"))
}

// open opens the file or folder name for reading. It never blocks.
func (f *folder) open(name string, strict bool) (*os.File, error) {
	return pinned(f, name, strict, func(name string) (*os.File, error) {
		return f.OpenFile(name, os.O_RDONLY|nonBlocking, 0)
	})
}

// stat describes what name leads to, without opening it.
func (f *folder) stat(name string, strict bool) (fs.FileInfo, error) {
	return pinned(f, name, strict, f.Stat)
}

// pinned calls do with the name in the pinned generation. If that generation is
// gone, it takes the next one, unless content was read from the old one. Strict
// pins only the links that kubelet makes, which keep the name of what they lead to.
func pinned[T any](f *folder, name string, strict bool, do func(string) (T, error)) (T, error) {
	for range maxTries {
		inside, dir, p := f.pin(name, strict)
		f.call.Charge(walkCost(inside))
		got, err := do(inside)
		if p == nil || !errors.Is(err, fs.ErrNotExist) || f.current(dir) == p.generation {
			return got, err
		}
		if p.read {
			break
		}
		f.forgetGeneration(dir)
	}
	var none T
	return none, errMoved
}

// pin returns name with the first link through dataLink resolved, and the pin that
// it depends on with its folder; nil if there is none.
func (f *folder) pin(name string, strict bool) (inside, dir string, used *pin) {
	kept := false // name, by a pin
	for start := 0; start <= len(name); {
		f.call.Charge(capability.EntryUnits)
		part, _, more := strings.Cut(name[start:], "/")
		end := start + len(part)
		dir := name[:max(0, start-1)] // a part of name, so that pins of one path share it
		p, fresh := f.pinOf(dir)
		if fresh && !kept {
			f.call.Hold(len(name))
			kept = true
		}
		if p.generation != "" {
			if inside, ok := f.through(p, dir, part, strict); ok {
				return path.Join(dir, inside, strings.TrimPrefix(name[end:], "/")), dir, p
			}
		}
		if !more {
			break
		}
		start = end + 1
	}
	return name, "", nil
}

// through returns where part of dir leads in the generation of p; ok is false if it does
// not lead through dataLink.
func (f *folder) through(p *pin, dir, part string, strict bool) (inside string, ok bool) {
	rest := part
	if part != dataLink {
		f.call.Charge(walkCost(dir))
		link, err := f.Readlink(path.Join(dir, part))
		if err != nil || strict && link != dataLink+"/"+part {
			return "", false
		}
		rest = link
	}
	tail, ok := strings.CutPrefix(rest, dataLink)
	if !ok || tail != "" && tail[0] != '/' {
		return "", false
	}
	return p.generation + tail, true
}

// pinOf returns the pin of a folder, which is made when it is first asked for.
func (f *folder) pinOf(dir string) (p *pin, fresh bool) {
	if p = f.pins[dir]; p != nil {
		return p, false
	}
	f.call.Hold(pinCost)
	p = &pin{generation: f.current(dir)}
	if f.pins == nil {
		f.pins = map[string]*pin{}
	}
	f.pins[dir] = p
	return p, true
}

// current reads the dataLink of dir. Only a link to a hidden folder beside it
// counts as a generation.
func (f *folder) current(dir string) string {
	f.call.Charge(walkCost(dir))
	link, err := f.Readlink(path.Join(dir, dataLink))
	if err != nil || link == dataLink || len(link) < 3 || !strings.HasPrefix(link, "..") || strings.ContainsAny(link, `/\`) {
		return ""
	}
	return link
}

// forgetGeneration forgets the generation of a folder.
func (f *folder) forgetGeneration(dir string) {
	delete(f.pins, dir)
	f.renewed++
}

// renewMoved forgets the generations that were replaced and of which no content was
// read.
func (f *folder) renewMoved() {
	for dir, p := range f.pins {
		if !p.read && f.current(dir) != p.generation {
			f.forgetGeneration(dir)
		}
	}
}

// hold keeps the generation of name until the call ends, since its content was read.
func (f *folder) hold(name string, strict bool) {
	if _, _, p := f.pin(name, strict); p != nil {
		p.read = true
	}
}

// isMoved reports whether name depends on a generation that was replaced: what it
// leads to may be in the middle of its removal.
func (f *folder) isMoved(name string, strict bool) bool {
	_, dir, p := f.pin(name, strict)
	return p != nil && f.current(dir) != p.generation
}

// unpin forgets what was seen of the folder.
func (f *folder) unpin() {
	clear(f.pins)
	clear(f.entries)
	f.spelledNames = 0
}
