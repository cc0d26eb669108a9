package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// Input is what a filter such as inject or redact reads. The caller closes it.
type Input struct {
	io.Reader
	Name  string // for messages: the path, or "standard input"
	Close func()

	file  *os.File    // if it is a regular file
	first fs.FileInfo // of it, before it was read
	help  string      // a command
}

// unchanged looks whether the path of the input still leads to the file that was
// opened, and whether nobody has written to it since. The error is a [Failure].
func (in *Input) unchanged() error {
	was, _ := safefile.Changed(in.first, in.file)
	now, err := in.file.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = os.Lstat(in.Name); err == nil && os.SameFile(there, now) && now.Size() == in.first.Size() && now.ModTime().Equal(in.first.ModTime()) {
			if at, _ := safefile.Changed(now, in.file); at.Equal(was) {
				return nil
			}
		}
	}
	return &Failure{Exit: ExitCantCreate, Code: secret.ErrConflict, Hint: in.help,
		Text: fmt.Sprintf("%q is not replaced: it was changed after it was opened, and what is new in it would be lost; try again when no program writes to it", in.Name)}
}

// OpenInput opens the file from, or standard input if from is "" or [IsStdin]. It
// refuses to read the file that the result goes to, without --in-place: path, or
// standard output if path is "".
func (a *App) OpenInput(cmd *cli.Command, from, path string) (*Input, error) {
	in := &Input{Reader: a.Stdin, Name: "standard input", Close: func() {}}
	switch {
	case from == "" || IsStdin(from):
	case isStream(from):
		s := &stream{path: from}
		in = &Input{Reader: s, Name: from, Close: s.close}
	default:
		f, err := safefile.Open(from)
		if err != nil {
			return nil, cannotRead(from, err, ExitNoInput)
		}
		in = &Input{Reader: f, Name: from, Close: func() { _ = f.Close() }, file: f, help: "postern help " + commandPath(cmd)}
		if in.first, err = f.Stat(); err != nil {
			in.Close()
			return nil, cannotRead(from, err, ExitNoInput)
		}
	}
	if path != "" && !cmd.Bool("in-place") && sameFile(in.Reader, path) {
		in.Close()
		return nil, &Failure{Exit: ExitUsage, Text: fmt.Sprintf("%q is also the input; use --in-place to replace it", path), Hint: "postern help " + commandPath(cmd)}
	}
	if path == "" && !cmd.Bool("in-place") && feeds(a.Stdout, in.Reader) {
		in.Close()
		return nil, &Failure{Exit: ExitUsage, Text: in.Name + ": standard output is the same file, and would be read as it is written; write to another file", Hint: "postern help " + commandPath(cmd)}
	}
	return in, nil
}

// feeds reports whether what is written to w comes again when r is read, or takes the
// place of what is not read yet: both are one regular file, and r is not at its end.
func feeds(w io.Writer, r io.Reader) bool {
	out, ok := w.(*os.File)
	if !ok {
		return false
	}
	in, ok := r.(*os.File)
	if !ok {
		return false
	}
	a, err := out.Stat()
	if err != nil || !a.Mode().IsRegular() {
		return false
	}
	b, err := in.Stat()
	if err != nil || !os.SameFile(a, b) {
		return false
	}
	at, err := in.Seek(0, io.SeekCurrent)
	return err == nil && at < b.Size()
}

// sameFile reports whether r reads the file at path.
func sameFile(r io.Reader, path string) bool {
	f, ok := r.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return false
	}
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

// IsStdin reports whether a FILE of the command line means standard input.
func IsStdin(path string) bool {
	return slices.Contains([]string{"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"}, path)
}

// isStdout reports whether a FILE of the command line means standard output.
func isStdout(path string) bool {
	return slices.Contains([]string{"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}, path)
}

// isStream reports whether path leads to something that is read or written as it
// comes: a pipe, such as a shell's <(command), or a device, such as a terminal.
func isStream(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice) != 0
}

// IsReplaceable reports whether a result may replace what path leads to: it is not a
// pipe or a device.
func IsReplaceable(path string) bool { return !IsStdin(path) && !isStream(path) }

// deviceAt returns the path to open if path leads to such a thing that the system or a
// shell gave: a device, or a descriptor of a process. Otherwise it returns "". A named
// pipe elsewhere may be anybody's, also in /dev/shm, and may have no other end. The
// folders of the path are followed here, and once: after a link that others made, ".."
// does not lead where the names say.
func deviceAt(path string) string {
	if !filepath.IsAbs(path) {
		wd, err := os.Getwd()
		if err != nil {
			return ""
		}
		path = wd + string(filepath.Separator) + path
	}
	folder, name := filepath.Split(path)
	folder, err := filepath.EvalSymlinks(folder)
	device := folder + string(filepath.Separator) + name
	if err != nil || name == "." || name == ".." || !ofSystem().MatchString(device) || !isStream(device) {
		return ""
	}
	return device
}

// ofSystem are the folders in which only the system makes files.
var ofSystem = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(/dev|/dev/fd|/dev/pts|/proc/(self|thread-self|[0-9]+)(/task/[0-9]+)?/fd)/[^/]+$`)
})

// stream reads a pipe or a device. It opens it when it is first read, because that
// may wait for the other end of the pipe.
type stream struct {
	path string
	mu   sync.Mutex
	file *os.File
}

// Read reads what has come.
func (s *stream) Read(b []byte) (int, error) {
	f, err := s.open()
	if err != nil {
		return 0, err
	}
	return f.Read(b)
}

func (s *stream) open() (*os.File, error) {
	s.mu.Lock()
	f := s.file
	s.mu.Unlock()
	if f != nil {
		return f, nil
	}
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file = f
	return f, nil
}

// close closes what was opened, perhaps while another goroutine waits in Read.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		_ = s.file.Close()
	}
}

// ReadFile reads a regular file, or a device or what a shell gave, of at most limit
// bytes, until ctx ends. The error is a [Failure]; for a larger file its exit code is
// tooLarge, and its code too_large.
func ReadFile(ctx context.Context, path string, limit int64, tooLarge int) ([]byte, error) {
	return readFile(ctx, path, deviceAt(path), limit, tooLarge)
}

// ReadStream is [ReadFile] for a file that may also be a named pipe: it waits for the
// other end.
func ReadStream(ctx context.Context, path string, limit int64, tooLarge int) ([]byte, error) {
	stream := ""
	if isStream(path) {
		stream = path
	}
	return readFile(ctx, path, stream, limit, tooLarge)
}

// readFile reads path, or stream if it is not "".
func readFile(ctx context.Context, path, stream string, limit int64, tooLarge int) ([]byte, error) {
	return Interruptible(ctx, func() ([]byte, error) {
		open := func() (*os.File, error) { return safefile.Open(path) }
		if stream != "" {
			open = func() (*os.File, error) { return os.Open(stream) }
		}
		f, err := open()
		if err != nil {
			return nil, cannotRead(path, err, ExitNoInput)
		}
		defer func() { _ = f.Close() }()
		b, err := safefile.ReadAll(f, limit)
		switch {
		case errors.Is(err, safefile.ErrTooLarge):
			f := cannotRead(path, err, tooLarge)
			f.Code = secret.ErrTooLarge
			return nil, f
		case err != nil:
			return nil, cannotRead(path, err, ExitIO)
		}
		return b, nil
	})
}

// cannotRead is the error of a file that cannot be read. Its hint shows the file, or if
// there is none, the files that there are.
func cannotRead(path string, err error, exit int) *Failure {
	return &Failure{Exit: exit, Text: fmt.Sprintf("cannot read %q: %s", path, safefile.Reason(err)), Hint: LookHint(path)}
}
