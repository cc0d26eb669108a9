package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/runfiles"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// descriptors is where Linux shows each process its own descriptors.
const descriptors = "/proc/self/fd"

// delivery holds the variables and files of the command.
type delivery struct {
	environ environ
	files   []*os.File // the descriptors of the command from first on
	first   int
	folder  *runfiles.Folder // nil if there are no files in a folder
}

// deliver creates the variables and files of the command. The caller calls remove
// when the command has ended, even if deliver failed.
func deliver(a *app.App, p *plan, place string) (d delivery, err error) {
	names, files := map[string]bool{}, 0
	for _, item := range p.items {
		if names[item.name] = true; item.file {
			files++
		}
	}
	d.first = firstDescriptor(files)
	for _, v := range p.inherited {
		if !names[v.name] {
			d.environ.add(v.name, []byte(v.value))
		}
	}
	for _, item := range p.items {
		if item.file {
			var path string
			path, err = d.file(a, item, place)
			d.environ.add(item.name, []byte(path))
		} else {
			err = item.value.Expose(func(b []byte) error { d.environ.add(item.name, b); return nil })
		}
		if err != nil {
			return d, err
		}
	}
	return d, nil
}

// file creates a file with the value and returns its path.
func (d *delivery) file(a *app.App, item *variable, place string) (path string, err error) {
	if place == "memory" {
		if _, err := os.Stat(descriptors); err != nil {
			text := fmt.Sprintf("cannot give the variable %q the path of a file in memory: %q: %s; use --file-via folder", item.name, descriptors, safefile.Reason(err))
			return "", &app.Failure{Exit: app.ExitConfig, Text: text, Hint: "postern help run"}
		}
		var f *os.File
		err := item.value.Expose(func(b []byte) (err error) {
			f, err = memoryFile(item.name, b)
			return err
		})
		if err != nil {
			return "", cannotDeliver(item, err)
		}
		d.files = append(d.files, f)
		return fmt.Sprintf("%s/%d", descriptors, d.first+len(d.files)-1), nil
	}
	if d.folder == nil {
		if d.folder, err = runfiles.New(a.Getenv("XDG_RUNTIME_DIR")); err != nil {
			return "", cannotDeliver(item, err)
		}
	}
	path = filepath.Join(d.folder.Path, filepath.Base(item.name))
	err = item.value.Expose(func(b []byte) error { return writeFile(path, b) })
	if broken := (*fs.PathError)(nil); errors.As(err, &broken) {
		broken.Path = d.folder.Path // which is removed with the file: the one above it is not
	}
	if err != nil {
		return "", cannotDeliver(item, err)
	}
	return path, nil
}

// cannotDeliver returns the error of a file that could not be created.
func cannotDeliver(item *variable, err error) error {
	if owner := (*safefile.OwnerError)(nil); errors.As(err, &owner) {
		text := fmt.Sprintf("cannot create the file for the variable %q: the folder %q %s (%s)", item.name, owner.Path, owner.Problem, owner.Details())
		return &app.Failure{Exit: app.ExitCantCreate, Text: text, Hint: owner.Fix()}
	}
	if coded := (*secret.Error)(nil); errors.As(err, &coded) {
		return err
	}
	text, folder := fmt.Sprintf("cannot create the file for the variable %q", item.name), ""
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		folder = filepath.Dir(path.Path)
		text += fmt.Sprintf(" in %q", folder)
	}
	return &app.Failure{Exit: app.ExitCantCreate, Text: text + ": " + safefile.Reason(err), Hint: app.WriteHint(err, folder)}
}

func writeFile(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, app.PrivateMode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// remove removes all files, and wipes the variables.
func (d *delivery) remove() {
	d.environ.wipe()
	for _, f := range d.files {
		_ = f.Close()
	}
	if d.folder != nil {
		d.folder.Remove()
	}
}
