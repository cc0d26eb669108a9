package file

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
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
// that it saw first.
type folder struct {
	*os.Root
	pins   map[string]string // by folder: the generation that its dataLink names, or ""
	served bool              // something was read in a pinned generation
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
// gone, it takes the next one, unless something was read from the old one. Strict
// pins only the links that kubelet makes, which keep the name of what they lead to.
func pinned[T any](f *folder, name string, strict bool, do func(string) (T, error)) (T, error) {
	for range maxTries {
		pin := f.pin(name, strict)
		got, err := do(pin)
		if pin == name || !errors.Is(err, fs.ErrNotExist) || !f.moved() {
			f.served = f.served || pin != name && err == nil
			return got, err
		}
		if f.served {
			break
		}
		f.unpin()
	}
	var none T
	return none, errMoved
}

// pin returns name with the first link through dataLink resolved.
func (f *folder) pin(name string, strict bool) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		dir := path.Join(parts[:i]...)
		generation := f.generation(dir)
		if generation == "" {
			continue
		}
		rest := part
		if part != dataLink {
			link, err := f.Readlink(path.Join(dir, part))
			if err != nil {
				continue
			}
			rest = link
			if strict && rest != dataLink+"/"+part {
				continue
			}
		}
		if tail, ok := strings.CutPrefix(rest, dataLink); ok && (tail == "" || tail[0] == '/') {
			return path.Join(dir, generation+tail, path.Join(parts[i+1:]...))
		}
	}
	return name
}

// generation returns where the dataLink of dir leads, "" if it has none.
func (f *folder) generation(dir string) string {
	generation, known := f.pins[dir]
	if !known {
		generation = f.current(dir)
		if f.pins == nil {
			f.pins = map[string]string{}
		}
		f.pins[dir] = generation
	}
	return generation
}

// current reads the dataLink of dir. Only a link to a hidden folder beside it
// counts as a generation.
func (f *folder) current(dir string) string {
	link, err := f.Readlink(path.Join(dir, dataLink))
	if err != nil || link == dataLink || len(link) < 3 || !strings.HasPrefix(link, "..") || strings.ContainsAny(link, `/\`) {
		return ""
	}
	return link
}

// moved reports whether a pinned folder has another generation now.
func (f *folder) moved() bool {
	for dir, generation := range f.pins {
		if f.current(dir) != generation {
			return true
		}
	}
	return false
}

func (f *folder) unpin() {
	clear(f.pins)
	f.served = false
}
