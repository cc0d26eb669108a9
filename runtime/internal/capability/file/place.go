package file

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// place is a folder that is opened by its path.
type place struct {
	path   string
	within string // the folder in which it lies, wherever links lead; "" for any
}

// place returns a folder on the way to what is granted.
func (p grantedPath) place(path string) place { return place{path, p.within} }

// cost is the charge for [place.open].
func (p place) cost() int64 {
	if p.within == "" {
		return walkCost(p.path)
	}
	return walkCost(p.within) + 3*walkCost(p.path)
}

// open opens the folder, the one in which it lies first: nothing that is exchanged meanwhile
// leads out of that. Links may do so on the way, if they come back.
func (p place) open() (*os.Root, error) {
	if p.within == "" {
		return openRoot(p.path)
	}
	root, err := openRoot(p.within)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	opened, err := openBeneath(root, p.within, p.path)
	if err == nil || !isEscape(err) {
		return opened, err
	}
	within, err := real(p.within)
	if err != nil {
		return nil, err
	}
	path, err := real(p.path)
	if err != nil {
		return nil, err
	}
	if opened, err = openBeneath(root, within, path); err != nil && isEscape(err) {
		return nil, outsideError(p.within)
	}
	return opened, err
}

// openRoot opens a folder by its path. The dot makes the system refuse anything but a folder
// instead of opening it, which would block on a pipe.
func openRoot(path string) (*os.Root, error) { return os.OpenRoot(path + separator + ".") }

// openBeneath opens the folder path beneath dir, which root is.
func openBeneath(root *os.Root, dir, path string) (*os.Root, error) {
	name, err := filepath.Rel(dir, path)
	if err != nil { // it is on another volume
		return nil, outsideError(dir)
	}
	return root.OpenRoot(name + separator + ".")
}

// real returns where all links on a path lead.
func real(path string) (string, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil && isEscape(err) { // it counted the links
		err = &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
	}
	return path, err
}

// outsideError is the error for what leads out of the folder in which it has to lie.
type outsideError string

func (e outsideError) Error() string {
	return "is outside of " + strconv.Quote(string(e)) + ", and granted only in that folder"
}
