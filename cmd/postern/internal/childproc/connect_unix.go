//go:build unix

package childproc

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// connection holds the descriptors 0, 1 and 2 of the child.
type connection struct {
	stdin, stdout, stderr *os.File
	ours                  []*os.File // those to close after the child was started
}

func (c *connection) closeChildEnds() {
	for _, f := range c.ours {
		_ = f.Close()
	}
}

// connect opens the child's ends of its streams. The caller closes those in ours,
// even after an error.
func (j *job) connect() (c connection, err error) {
	c.stdin = j.o.Stdin
	if c.stdin == nil {
		if c.stdin, err = os.Open(os.DevNull); err != nil {
			return c, err
		}
		c.ours = append(c.ours, c.stdin)
	}
	if out := terminal(j.o.Stdout); out != nil && j.o.Mask != nil && !j.o.Pipes {
		err = j.connectTerminal(&c, out)
		return c, err
	}
	if c.stdout, err = j.output(&c, j.o.Stdout); err != nil {
		return c, err
	}
	if j.o.Mask != nil && sameFile(j.o.Stdout, j.o.Stderr) {
		c.stderr = c.stdout // one pipe, so that the order of the output is kept
		return c, nil
	}
	c.stderr, err = j.output(&c, j.o.Stderr)
	return c, err
}

// connectTerminal gives the child a pseudo-terminal for each of its streams that
// is a terminal here.
func (j *job) connectTerminal(c *connection, out *os.File) (err error) {
	in := terminal(j.o.Stdin)
	var slave *os.File
	if j.pty, slave, err = openPTY(in, out, j.tty); err != nil {
		return err
	}
	s := newStream(j.pty.master, out, j.o.Mask)
	s.wrote = j.pty.notice
	j.streams = append(j.streams, s)
	c.stdout = slave
	if in != nil {
		c.stdin = slave
	}
	if terminal(j.o.Stderr) != nil {
		c.stderr = slave
		return nil
	}
	c.stderr, err = j.output(c, j.o.Stderr)
	return err
}

// output returns the child's end of an output stream: the destination itself if it
// is a file and is not masked, else a pipe.
func (j *job) output(c *connection, to io.Writer) (*os.File, error) {
	f, ok := to.(*os.File)
	if ok && j.o.Mask == nil {
		return f, nil
	}
	if to == nil {
		f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		c.ours = append(c.ours, f)
		return f, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.ours = append(c.ours, w)
	j.streams = append(j.streams, newStream(r, to, j.o.Mask))
	return w, nil
}

// terminal returns stream as a file if it is a terminal, else nil.
func terminal(stream any) *os.File {
	f, ok := stream.(*os.File)
	if !ok || f == nil || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return f
}

// readNow reads from a descriptor that does not block.
func readNow(fd uintptr, buf []byte) (int, error) { return unix.Read(int(fd), buf) }
