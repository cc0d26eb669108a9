package capability

import (
	"os"
	goruntime "runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/abi"
)

const (
	// maxName is the longest variable name or path in bytes that is looked at.
	maxName = 4096
	// fileSuffix marks a variable whose value is the path of the real one.
	fileSuffix = "_FILE"
)

// envFunctions returns postern_env_v1.
func envFunctions() map[string]function {
	return map[string]function{"get": result(envGet), "list": result(envList)}
}

func envGet(c *Call, m memory, args []uint64) int32 {
	name, ok := textOf(m.view(args[0], args[1]))
	m.view(args[2], args[3])
	switch {
	case !ok || name == "" || strings.Contains(name, "="):
		return refused(abi.InvalidKey)
	case !c.set.env.match(name):
		return refused(c.withhold("no env grant covers the variable", name))
	}
	if value, found := c.lookup(name); found {
		c.handText(name, value)
		return m.fillText(c, args[2], args[3], value)
	}
	value, found := c.lookup(name + fileSuffix)
	if !found {
		return refused(abi.NotFound)
	}
	path, ok := c.set.mayRead(value)
	if !ok {
		c.set.hinted.Do(func() { c.warn("no files grant covers the path in the variable: " + name + fileSuffix) })
		return refused(abi.NotFound)
	}
	data, status := c.read(path)
	if status != abi.OK {
		return refused(status)
	}
	if n := len(data); n > 0 && data[n-1] == '\n' {
		data = data[:n-1]
	}
	return m.fill(args[2], args[3], data)
}

func envList(c *Call, m memory, args []uint64) int32 {
	prefix, ok := textOf(m.view(args[0], args[1]))
	m.view(args[2], args[3])
	if !ok {
		return refused(abi.InvalidKey)
	}
	names := make([]string, 0, 16)
	for _, entry := range c.variables() {
		name, value := split(entry)
		if base, isFile := strings.CutSuffix(name, fileSuffix); isFile {
			if _, ok := c.set.mayRead(value); ok {
				names = c.set.appendGranted(names, base, prefix)
			}
		}
		names = c.set.appendGranted(names, name, prefix)
	}
	slices.Sort(names)
	list := newListing(c)
	for _, name := range slices.Compact(names) {
		if !list.room(len(name)) {
			return refused(abi.TooLarge)
		}
		list.buf = abi.Append(list.buf, abi.TagName, []byte(name))
	}
	return m.fill(args[2], args[3], list.done(c))
}

func (s *Set) appendGranted(names []string, name, prefix string) []string {
	if name == "" || !strings.HasPrefix(name, prefix) || !s.env.match(name) || !utf8.ValidString(name) {
		return names
	}
	return append(names, name)
}

// variables returns the environment as it was when the call first asked.
func (c *Call) variables() []string {
	if c.environ == nil {
		c.environ = c.set.opt.Environ()
	}
	return c.environ
}

// lookup returns a variable, whether it is granted or not. Of several entries in
// an environment that was given, the last one counts. The process's own is asked
// directly: copying it costs more than the rest of a call.
func (c *Call) lookup(name string) (value string, found bool) {
	if c.set.ownEnviron && c.environ == nil {
		return os.LookupEnv(name)
	}
	for _, entry := range slices.Backward(c.variables()) {
		if n, v := split(entry); n == name || goruntime.GOOS == "windows" && strings.EqualFold(n, name) {
			return v, true
		}
	}
	return "", false
}

// split returns the parts of NAME=VALUE. Windows has names that begin with an
// equals sign; they are left out.
func split(entry string) (name, value string) {
	name, value, _ = strings.Cut(entry, "=")
	return name, value
}

// mayRead returns path as an absolute one, and whether a files grant covers it.
func (s *Set) mayRead(path string) (string, bool) {
	full := absolute(s.opt.Dir, path)
	_, ok := s.find(full)
	return full, ok && path != ""
}

// textOf returns b as a string; ok is false for what can be no name or path.
func textOf(b []byte) (text string, ok bool) {
	if len(b) > maxName || !utf8.Valid(b) || slices.Contains(b, 0) {
		return "", false
	}
	return string(b), true
}

// fillText is fill for a string. Values longer than the cap are refused: no
// module can hand them on.
func (m memory) fillText(c *Call, buf, capacity uint64, text string) int32 {
	dst := m.view(buf, capacity)
	if int64(len(text)) > c.set.opt.MaxValue {
		return refused(abi.TooLarge)
	}
	if len(text) <= len(dst) {
		copy(dst, text)
	}
	return int32(len(text))
}
