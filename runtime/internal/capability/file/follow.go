package file

import (
	"path/filepath"
	"syscall"

	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/safefile"
)

// maxLinks is how many links out of a folder are followed, as many as by the system.
const maxLinks = 40

// following calls do with a location. While that is a file which a grant names, and a link
// out of its folder, it does so again with where the link leads: the operator chose it. It also
// returns the location of the last call.
func following[T any](c *capability.Call, at location, do func(location) (T, error)) (location, T, error) {
	for n := 0; ; n++ {
		got, err := do(at)
		if err == nil || !at.named || at.only.strict() || !isEscape(err) {
			return at, got, err
		}
		next, failed := at.target(c)
		if n == maxLinks {
			failed = syscall.ELOOP
		}
		if failed != nil {
			return at, got, failed
		}
		at = next
	}
}

// target returns where the location leads, which is a link: to the next one, or to the end of
// them where a folder must not be left, since links may lead out of that and back.
func (at location) target(c *capability.Call) (location, error) {
	c.Charge(walkCost(at.name))
	path, err := at.next()
	c.Charge(2*walkCost(path) + capability.Copied(len(path)))
	if err != nil {
		return location{}, err
	}
	if err := (grantedPath{path: path}).check(); err != nil {
		return location{}, placeError{err} // the link has changed since the provider was opened
	}
	at.folder, err = stateOf(c).folder(c, at.granted.place(filepath.Dir(path)))
	at.name, at.led = filepath.Base(path), path
	return at, err
}

func (at location) next() (string, error) {
	if at.granted.within != "" {
		return real(filepath.Join(at.Name(), at.name))
	}
	link, err := at.Readlink(at.name)
	if err != nil {
		return "", err
	}
	return safefile.Resolve(at.Name(), filepath.FromSlash(link))
}

// placeError is the error for a link to where no ordinary files are.
type placeError struct{ error }

func (e placeError) reason(granted string) string {
	return "the symbolic link " + granted + " leads to what " + e.Error()
}
